import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

WITHOUT_INDEX = """
    SELECT f_table_name || '.' || f_geometry_column
    FROM geometry_columns
    WHERE f_table_schema = 'public' AND NOT EXISTS (
        SELECT FROM pg_index
        JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        JOIN pg_class AS index ON index.oid = indexrelid
        JOIN pg_am ON pg_am.oid = index.relam
        WHERE indrelid = f_table_name::regclass AND attname = f_geometry_column AND amname = 'gist')
"""

# Read by their plan and never by place; an index would only make each step of a draft dearer.
NEVER_ASKED_BY_PLACE = {"grids_plancell.shape", "planning_note.place"}


def test_every_geometry_column_has_a_spatial_index():
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_INDEX)
        assert {name for (name,) in cursor.fetchall()} == NEVER_ASKED_BY_PLACE
