"""What already stands: the compounds around a building, and its stairwells."""

from collections import defaultdict
from collections.abc import Sequence

import shapely
from django.contrib.gis.geos import Point
from django.db.models import Count as SqlCount
from shapely.geometry.base import BaseGeometry

from buildings.imports.communities import larger_part
from buildings.imports.matching import Change, Stored, stored
from buildings.imports.rows import Row
from buildings.models import (
    Compound,
    Stairwell,
)


class Estates:
    """The compound that holds more than half of a building, among those of the file and those that are stored."""

    def __init__(self, change: Change, rows: Sequence[Row], label: str):
        self.keys: list[str] = []
        self.shapes: list[BaseGeometry] = []
        refused = {row.source_id for row in rows} - {record.source_id for record in (*change.insert, *change.update)}
        known = stored(Compound.objects.filter(source=label), (), "boundary")
        for row in rows:
            if row.geometry is not None and (row.source_id not in refused or row.source_id in known):
                self.keys.append(row.source_id)
                self.shapes.append(row.geometry)
        for key, old in known.items():
            if key not in self.keys and old.pk not in change.gone:
                self.keys.append(key)
                self.shapes.append(shapely.from_wkb(old.wkb))

    def of(self, shapes: Sequence[BaseGeometry]) -> list[str | None]:
        if not self.shapes or not len(shapes):
            return [None] * len(shapes)
        best, share = larger_part(shapes, self.shapes)
        return [self.keys[at] if at >= 0 and part > 0.5 else None for at, part in zip(best, share, strict=True)]


class StoredStairwells:
    """The stairwells of the buildings of one source, by their key and by their building."""

    def __init__(self, label: str):
        rows = Stairwell.objects.filter(building__source=label)
        fields = ("number", "entrance", "floors", "derived", "gone_since", "building_id", "source_id")
        found = stored(rows, fields, "footprint", key="code")
        self.by_key: dict[str, Stored] = {}
        self.building: dict[str, int] = {}
        self.of: dict[int, list[str]] = defaultdict(list)
        self.surveyed: set[int] = set()
        for code, row in found.items():
            key = row.values["source_id"] or code
            entrance: Point | None = row.values["entrance"]
            row.values["entrance"] = shapely.Point(entrance.coords) if entrance is not None else None
            self.by_key[key] = row
            self.building[key] = row.values["building_id"]
            self.of[row.values["building_id"]].append(key)
            if not row.values["derived"] and row.values["gone_since"] is None:
                self.surveyed.add(row.values["building_id"])
        lived_in = rows.annotate(doors=SqlCount("dwellings")).filter(doors__gt=0, gone_since=None)
        self._least: dict[int, int] = defaultdict(int)
        for building, number in lived_in.values_list("building_id", "number"):
            if number.isdigit():
                self._least[building] = max(self._least[building], int(number))

    def is_surveyed(self, building: int) -> bool:
        """Whether its stairwells were measured or drawn by hand: a rule does not overwrite those."""
        return building in self.surveyed

    def least(self, building: int) -> int:
        """How many stairwells a new cut must leave, so that nobody's door disappears."""
        return self._least.get(building, 0)
