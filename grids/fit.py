"""What somebody who draws a building should know: it crosses the net, or lies on another building."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import shapely
from django.utils.translation import gettext as _

from buildings.models import Building
from geo.geos import to_shapely
from grids.models import GridBoundary

SHARE = 0.001  # of the footprint; less is the rounding of shared walls


def warnings(building: Building, on: date) -> list[str]:
    """
    Sentences about a building that may be stored but should be looked at; none where all is well. Two queries.

    Publication refuses a plan that cuts a building, so a footprint over a grid line has time until the next redraw.
    """
    return [*_cut(building, on), *_overlaid(building)]


def _cut(building: Building, on: date) -> Iterator[str]:
    shapes = GridBoundary.objects.in_force(on).filter(grid__level=1, boundary__intersects=building.footprint)
    rows = shapes.order_by("grid__code").values_list("grid__name", "boundary")
    names = [name for name, boundary in rows if _share(building, boundary) > SHARE]
    if len(names) > 1:
        yield _("这栋楼跨在网格线上（%(grids)s）：下次调整网格时会整栋划入一个网格。") % {"grids": "、".join(names)}


def _overlaid(building: Building) -> Iterator[str]:
    others = Building.objects.standing().filter(footprint__intersects=building.footprint).exclude(pk=building.pk)
    found = [other for other in others.order_by("code") if _share(building, other.footprint) > SHARE]
    if found:
        names = "、".join(f"{other.title} {other.code}" for other in found)
        yield _("这栋楼与 %(buildings)s 重叠，请核对。") % {"buildings": names}


def _share(building: Building, ground: Any) -> float:
    """The part of the footprint that lies on some ground."""
    both = [to_shapely(building.footprint), to_shapely(ground)]
    return float(shapely.area(shapely.intersection(*both)) / shapely.area(both[0]))
