"""
The net's version: what every process agrees on, and what changes whenever a tile could.

It is a hash of the plans in force on a day, of when each was published, and of the number of acts that changed the
ground or a name. A plan that was called off and drawn on is published at another moment, and a change back is a new
publication, so the same version never means two nets. A day on which a
plan comes into force has another version than the day before, without anybody doing anything.
"""

from datetime import date

from django.db import connection

from buildings.models import GroundChange
from grids.models import Plan

# Numbers of rows, not the latest row: of two imports at once, the one begun first may be seen last.
VERSION = f"""
    substr(md5(concat_ws('|',
        (SELECT string_agg(id || '@' || extract(epoch FROM published_at), ',' ORDER BY id)
         FROM {Plan._meta.db_table} WHERE in_force @> %(day)s::date),
        (SELECT count(*) FROM {GroundChange._meta.db_table})
    )), 1, 12)
"""


MOST_DAYS = 60  # stops of the time slider; one can be told from the next


def turning_days(community: str = "") -> list[date]:
    """The days on which a plan came or comes into force, in order, the last `MOST_DAYS`; one query."""
    plans = Plan.objects.filter(in_force__isnull=False, community__code__startswith=community)
    days = plans.values_list("in_force__startswith", flat=True).order_by("-in_force__startswith").distinct()
    return sorted(days[:MOST_DAYS])


def net_version(day: date) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {VERSION}", {"day": day})
        return cursor.fetchone()[0]
