"""
A cold tile of three layers (buildings, stairwells, grids) beside the plain SQL of the same tile.

The plain one is what a manual shows, and what tile servers send: the columns of the table, shapes in EPSG:4326
transformed and clipped for each tile. Ours is the statement that the service runs, version of the net included. Both
are asked on one connection, without parallel workers: starting one costs more than all of a tile, and falls on either
side by the planner's mood. At zoom 16 a tile of this city holds so little that planning the query is most of it, hence
without an aim. The second line takes from the plain one the columns that we do not send.
"""

from datetime import date
from functools import partial

from django.contrib.gis.db.models import GeometryField
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.city import city
from bench.harness import compare, print_row
from buildings.models import Area
from maps import tiles
from maps.layers import Buildings, Grids, Layer, Stairwells
from maps.version import net_version

LAYERS: tuple[type[Layer], ...] = (Buildings, Stairwells, Grids)
AIM = 0.5
Parameters = dict[str, date | float]


def main() -> None:
    with city(), connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        for z in (14, 15, 16):
            bench_zoom(z)


def bench_zoom(z: int) -> None:
    day, (x, y) = timezone.localdate(), middle(z)
    parameters: Parameters = {"day": day, **tiles.frame(z, x, y)}
    full, few = plain(all_columns=True), plain(all_columns=False)
    ours = partial(tiles.tile, z, x, y, day, LAYERS)
    compare(
        f"cold tile z{z}, three layers, {counted(full, parameters)}",
        ours,
        partial(run, full, parameters),
        aim=AIM if z < 16 else None,
    )
    compare("  beside the plain SQL of our few columns", ours, partial(run, few, parameters))
    client, path = Client(headers={"host": "127.0.0.1"}), f"/tiles/{net_version(day)}/{z}/{x}/{y}.mvt"
    compare(f"  all {len(shown(z))} layers, by the view", partial(client.get, path), partial(run, full, parameters))


def middle(z: int) -> tuple[int, int]:
    """The tile under the label of the community in the middle of the list."""
    areas = Area.objects.communities().exclude(label=None).order_by("code")
    point = areas[areas.count() // 2].label.transform(3857, clone=True)
    side = tiles.WORLD / 2**z
    return int((point.x + tiles.WORLD / 2) / side), int((tiles.WORLD / 2 - point.y) / side)


def plain(*, all_columns: bool) -> str:
    """ST_AsMVT(ST_AsMVTGeom(ST_Transform(geom))) of each layer, the buffer included, side by side."""
    return "SELECT " + " || ".join(f"({plain_layer(layer, all_columns)})" for layer in LAYERS)


def plain_layer(layer: type[Layer], all_columns: bool) -> str:
    shape = layer.geometry.removesuffix("_mercator")
    columns = (
        table_columns(layer) if all_columns else ", ".join(f"{sql} AS {name}" for name, sql in layer.columns.items())
    )
    return f"""
        SELECT ST_AsMVT(feature, '{layer.name}', {tiles.EXTENT}, 'geom') FROM (
            SELECT ST_AsMVTGeom(ST_Transform(row.{shape}, 3857), {tiles.FRAME}, {tiles.EXTENT}, {tiles.BUFFER}) AS geom,
                   {columns}
            FROM {layer.model._meta.db_table} AS row {layer.joins}
            WHERE row.{shape} && ST_Transform({tiles.REACH}, 4326) AND {layer.where}
        ) AS feature
    """


def table_columns(layer: type[Layer]) -> str:
    """What a table holds beside shapes and arrays."""
    fields = [field for field in layer.model._meta.concrete_fields if not field.generated]
    names = [field.column for field in fields if not isinstance(field, GeometryField | ArrayField)]
    return ", ".join(f"row.{name}" for name in names)


def run(sql: str, parameters: Parameters) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return bytes(cursor.fetchone()[0])


def counted(sql: str, parameters: Parameters) -> str:
    try:
        from mapbox_vector_tile import decode
    except ImportError:  # a development library
        return f"{len(run(sql, parameters)):,} bytes"
    return f"{sum(len(layer['features']) for layer in decode(run(sql, parameters)).values()):,} features"


def shown(z: int) -> list[type[Layer]]:
    return [layer for layer in tiles.LAYERS if layer.min_zoom <= z <= layer.max_zoom]


if __name__ == "__main__":
    print_row("what", "ours", "floor", "ratio", "aim")
    main()
