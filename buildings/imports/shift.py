"""
Whether a file's coordinates look shifted.

GCJ-02 lies some 600 m off and BD-09 some 1.2 km, and files seldom say which they are. The rule: take up to 400 places
of the file (a point inside each building, the middle of each road), say of them in turn that they are WGS 84, GCJ-02
and BD-09, and count how many then lie in a stored building or within 10 m of a stored road; where fewer than 20 of
those are stored around, how many lie in a community. A reading that fits at least half of the places and twice as many
as the one that was asked for is named in a warning. Nothing is changed.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.contrib.gis.geos import Polygon
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from buildings.imports.rows import Row
from buildings.models import Area, Building, Road
from geo.crs import Floats, from_wgs84, to_wgs84

SAMPLE = 400
AROUND = 0.02  # degrees; 2 km, more than BD-09 is off
NEAR_ROAD = 0.0001  # degrees; about 10 m
FEW = 20  # stored features below which they prove nothing
FITS, TIMES = 0.5, 2.0
READINGS = ("wgs84", "gcj02", "bd09")


def warnings(rows: Mapping[str, Sequence[Row]], coord_type: str) -> Iterator[str]:
    """A sentence where another reading of the file's coordinates fits what is stored better than the one asked for."""
    asked = "wgs84" if coord_type == "cgcs2000" else coord_type
    for layer, fits in (("buildings", _in_buildings), ("roads", _near_roads), ("buildings", _in_communities)):
        places = _places(rows.get(layer, ()))
        shares = {name: fits(_reread(places, asked, name)) for name in READINGS} if len(places) else {}
        known = {name: share for name, share in shares.items() if share is not None}
        if not known:
            continue
        best = max(known, key=lambda name: (known[name], name == asked))
        if best != asked and known[best] >= FITS and known[best] >= TIMES * known.get(asked, 0.0):
            sentence = _(
                "坐标可能不是 %(asked)s：按 %(best)s 理解时 %(share)d%% 与已有数据吻合，按 %(asked)s 只有 %(given)d%%。"
                "如确是，请加 --coord-type %(best)s。"
            )
            percent = {"share": round(100 * known[best]), "given": round(100 * known.get(asked, 0.0))}
            yield sentence % {"asked": asked, "best": best, **percent}
        return


def _places(rows: Sequence[Row]) -> Floats:
    step = max(1, len(rows) // SAMPLE)
    points = [shapely.point_on_surface(row.shape) for row in rows[::step]]
    return shapely.get_coordinates(points)


def _reread(places: Floats, asked: str, instead: str) -> Floats:
    """Where the places would be if the file's numbers were of another type than was said."""
    raw = from_wgs84(places[:, 0], places[:, 1], asked)
    return np.stack(to_wgs84(*raw, instead), axis=1)


def _box(places: Floats) -> Polygon:
    west, south = places.min(axis=0) - AROUND
    east, north = places.max(axis=0) + AROUND
    return Polygon.from_bbox((west, south, east, north))


def _stored(model: type[Building | Road | Area], geometry: str, places: Floats) -> NDArray[np.object_]:
    rows = model._default_manager.filter(**{f"{geometry}__bboverlaps": _box(places)}).annotate(wkb=AsWKB(geometry))
    return shapely.from_wkb(np.array([bytes(wkb) for wkb in rows.values_list("wkb", flat=True)], dtype=object))


def _in_buildings(places: Floats) -> float | None:
    shapes = _stored(Building, "footprint", places)
    return None if len(shapes) < FEW else _share(shapes, places, "intersects")


def _near_roads(places: Floats) -> float | None:
    shapes = _stored(Road, "line", places)
    return None if len(shapes) < FEW else _share(shapes, places, "dwithin", NEAR_ROAD)


def _in_communities(places: Floats) -> float | None:
    shapes = _stored(Area, "boundary", places)
    return _share(shapes, places, "intersects") if len(shapes) else None


def _share(shapes: NDArray[np.object_], places: Floats, predicate: str, distance: float | None = None) -> float:
    hits = shapely.STRtree(shapes).query(shapely.points(places), predicate=predicate, distance=distance)[0]
    return len(np.unique(hits)) / len(places)
