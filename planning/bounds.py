"""四至: the border of each grid in words, from the named lines that it runs along, and the buildings inside."""

from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db.models import F
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from buildings.models import Barrier, Road
from geo.abuttals import Abuttal, Line, Side, abuttals, ranges
from geo.coverage import dissolve
from geo.geos import to_geos
from grids.models import PlanCell
from planning.impact import Change, Door, Impact
from planning.plan_pairs import Side as PlanSide
from planning.site import read_shapes

MARGIN = 0.0005  # degrees, about 50 m: what lies farther from a grid does not bound it
MOST_NAMES = 2  # lines that name one side


def in_words(found: Impact) -> dict[str, str]:
    """Of each grid that is there after a change: 东至…，南至…，西至…，北至…，含1-7、9号楼. Three queries."""
    changes = [change for change in found.grids if change.shape is not None]
    if not changes:
        return {}
    extent = shapely.box(*shapely.total_bounds([change.shape for change in changes])).buffer(MARGIN, join_style="mitre")
    lines = [*_lines(Road, extent), *_lines(Barrier, extent)]
    around = _grids_in(found.sides.after, extent)
    return {change.identity: _sentence(found, change, lines, around) for change in changes}


def _lines(model: type[Any], extent: BaseGeometry) -> list[Line]:
    rows = model.objects.filter(line__intersects=to_geos(extent)).order_by("pk")
    found = list(rows.annotate(wkb=AsWKB(F("line"))).values_list("name", "kind", "wkb"))
    shapes = read_shapes(row[2] for row in found)
    return [Line(name, kind, shape) for (name, kind, _wkb), shape in zip(found, shapes, strict=True)]


def _grids_in(side: PlanSide, extent: BaseGeometry) -> dict[str, BaseGeometry]:
    """The grids of a plan by identity, as far as their cells meet an extent."""
    rows = PlanCell.objects.filter(plan=side.pk, shape__bboverlaps=to_geos(extent)).exclude(grid="").order_by("name")
    found = list(rows.annotate(wkb=AsWKB(F("shape"))).values_list("name", "grid", "wkb"))
    shapes = read_shapes(row[2] for row in found)
    cells = {name: shape for (name, _grid, _wkb), shape in zip(found, shapes, strict=True)}
    return dissolve(cells, {name: side.home(grid, None).grid or "" for name, grid, _wkb in found})


def _sentence(found: Impact, change: Change, lines: Iterable[Line], around: Mapping[str, BaseGeometry]) -> str:
    assert change.shape is not None
    others = {identity: shape for identity, shape in around.items() if identity != change.identity}
    sides = abuttals(change.shape, _near(lines, change.shape), others).sides
    parts = [_SIDES[side]() % {"what": _along(found, sides[side])} for side in _SIDES if sides[side].metres]
    has = [door for door in found.doors if door.after.grid == change.identity]
    return _("，").join([*parts, *contents(has)])


def _near(lines: Iterable[Line], shape: BaseGeometry) -> list[Line]:
    frame = shapely.box(*shape.bounds).buffer(MARGIN, join_style="mitre")
    return [line for line in lines if line.shape.intersects(frame)]


_SIDES: Mapping[Side, Any] = {
    "east": lambda: _("东至%(what)s"),
    "south": lambda: _("南至%(what)s"),
    "west": lambda: _("西至%(what)s"),
    "north": lambda: _("北至%(what)s"),
}


def _along(found: Impact, side: Abuttal) -> str:
    """What one side runs along: its lines, and the neighbour where they are less than half of it."""
    names = list(dict.fromkeys(each.name for each in side.along))[:MOST_NAMES]
    if sum(each.metres for each in side.along) < side.metres / 2 and side.rest:
        label = side.rest[0][0]
        names.append(found.name(label) if label else _("社区边界"))
    return "、".join(names) or _("空地")


def contents(doors: Iterable[Door]) -> list[str]:
    """The buildings in words, by compound: 含西苑1-7、9号楼."""
    numbers: dict[str, list[str]] = {}
    others: list[str] = []
    for door in {door.building: door for door in doors}.values():
        if door.number:
            numbers.setdefault(door.compound, []).append(door.number)
        elif door.name:
            others.append(door.name)
    parts = [
        _("%(where)s%(numbers)s号楼") % {"where": where, "numbers": ranges(each)} for where, each in numbers.items()
    ]
    parts += list(dict.fromkeys(others))
    return [_("含%(what)s") % {"what": "、".join(parts)}] if parts else []
