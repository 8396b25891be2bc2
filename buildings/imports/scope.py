"""Whose ground an import touches, for callers who may write in one community only."""

from typing import Any

import shapely
from django.db.models import QuerySet

from buildings.imports.ground import GroundImport
from buildings.imports.matching import Change
from buildings.imports.planning import SIMPLE
from buildings.imports.refusals import Trespass
from buildings.models import Area
from geo.geos import to_shapely

HOME = {"compounds": "community", "buildings": "community", "stairwells": "building__community"}


def keep_within(plan: GroundImport, community: str) -> None:
    """
    Refuse a plan of import that would touch anything outside a community.

    Compounds, buildings and stairwells belong to one. Of roads, barriers, landcover and facilities each must reach
    into it, where it is and where it shall be. The outlines of communities are nobody's but an administrator's.

    Raises
    ------
    Trespass
        With the number of rows. Rows that disappear count, too.
    """
    found = len(plan.communities.new) + len(plan.communities.drawn)
    ground = Area.objects.filter(code=community).values_list("boundary", flat=True).first()
    for layer, change in plan.changes.items():
        stored = _touched(change)
        if layer in SIMPLE:
            found += _outside(change, ground)
            found += stored.exclude(**{f"{change.geometry}__intersects": ground}).count() if ground else stored.count()
        else:
            found += stored.exclude(**{f"{HOME[layer]}__code": community}).count()
    if found:
        raise Trespass(count=found, community=community)


def _touched(change: Change) -> QuerySet[Any]:
    """Stored rows that change or go."""
    keys = [*change.gone, *(record.pk for record in change.update)]
    return change.model._default_manager.filter(pk__in=keys)


def _outside(change: Change, ground: Any) -> int:
    """Shapes to be written that do not reach into a ground."""
    records = [*change.insert, *change.update]
    shapes = [record.values[change.geometry] for record in records if change.geometry in record.values]
    outline = to_shapely(ground)
    return len(shapes) if outline is None else int((~shapely.intersects(shapes, outline)).sum()) if shapes else 0
