"""A list of 10,000 buildings by the API, in-process, beside the same text built in SQL and fetched as one value."""

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from bench.harness import compare

SAME_TEXT = """
    SELECT '{"type":"FeatureCollection","next":null,"features":[' || string_agg(
        '{"type":"Feature","id":' || to_json(b.code)::text || ',"geometry":' || ST_AsGeoJSON(b.footprint)
        || ',"properties":{"code":' || to_json(b.code)::text || ',"community":' || to_json(home.code)::text
        || ',"compound":' || COALESCE(to_json(estate.code)::text, 'null') || ',"number":' || to_json(b.number)::text
        || ',"name":' || to_json(b.name)::text || ',"address":' || to_json(b.address)::text
        || ',"aliases":' || to_json(b.aliases)::text || ',"kind":' || to_json(b.kind)::text
        || ',"floors":' || COALESCE(b.floors::text, 'null')
        || ',"gone_since":' || COALESCE(to_json(b.gone_since)::text, 'null') || '}}', ',') || ']}'
    FROM (SELECT * FROM buildings_building ORDER BY code LIMIT 10000) AS b
    JOIN buildings_area AS home ON home.id = b.community_id
    LEFT JOIN buildings_compound AS estate ON estate.id = b.compound_id
"""
ADDRESS = "/api/v1/buildings/?page_size=10000"


def main() -> None:
    with override_settings(SECURE_SSL_REDIRECT=False, ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"]):
        client = Client()
        compare("GeoJSON of 10,000 buildings | text built in SQL", lambda: listed(client), in_sql, aim=1.3)


def listed(client: Client) -> bytes:
    response = client.get(ADDRESS)
    if response.status_code != 200:
        raise SystemExit(f"{response.status_code} {ADDRESS}")
    return response.content


def in_sql() -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(SAME_TEXT)
        return cursor.fetchone()[0].encode()
