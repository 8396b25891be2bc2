"""What importing the rows of a file would change: compared with what is stored, nothing written."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from shapely.geometry.base import BaseGeometry

from buildings.imports import stairwells
from buildings.imports.communities import Communities, NewArea, gather
from buildings.imports.matching import (
    Box,
    Change,
    Record,
    Stored,
    area_m2s,
    check_mass_delete,
    compare,
    multi,
    stored,
    vanished,
)
from buildings.imports.report import Report, RowRefused
from buildings.imports.rows import LAYERS, Row
from buildings.imports.standing import Estates, StoredStairwells
from buildings.imports.survey import survey
from buildings.models import (
    Area,
    Barrier,
    Building,
    Compound,
    Facility,
    Landcover,
    Road,
    Stairwell,
)
from geo.crs import GRID_SIZE
from geo.geos import to_shapely
from geo.meet import same_ground

OUTSIDE = _noop("不在任何社区内，或大部分在社区之外。请先导入它所在的社区，或用 --new-community 新建。")
LIVED_IN = (Building.Kind.RESIDENTIAL, Building.Kind.MIXED)
OVERLAP_M2 = 1.0  # square metres that two buildings may share before somebody should look
Progress = Callable[[str, int, int], None]
AREAS = {6: "districts", 9: "subdistricts", 12: "communities"}  # by the length of a code
SIMPLE: dict[str, tuple[type[models.Model], str]] = {
    "roads": (Road, "line"),
    "barriers": (Barrier, "line"),
    "landcover": (Landcover, "extent"),
    "facilities": (Facility, "point"),
}


class Planner:
    """Compares the rows of one file with what is stored."""

    def __init__(
        self, label: str, rows: Mapping[str, list[Row]], report: Report, allow_mass_delete: bool, progress: Progress
    ):
        self.label, self.rows, self.report = label, rows, report
        self.allow_mass_delete, self.progress = allow_mass_delete, progress
        self.box = _box(rows)

    def communities(self, community: str, new_community: str, called: str) -> Communities:
        """Where the rows can belong; `called` is for a provisional one."""
        from_file = [
            NewArea(row.values["code"] or row.source_id, row.values["name"], multi(row.shape), row.source_id)
            for row in self.rows.get("communities", [])
        ]
        found = [row.shape for layer in ("buildings", "compounds") for row in self.rows.get(layer, [])]
        footprints = [shape for shape in found if shape is not None]
        communities = gather(
            community=community,
            new_community=new_community,
            from_file=self._sound_areas(from_file),
            footprints=footprints,
            called=called,
        )
        if (area := communities.provisional) is not None:
            self.report.provisional = area.code, area.name
        return communities

    def _sound_areas(self, areas: list[NewArea]) -> list[NewArea]:
        kept = []
        for number, area in enumerate(areas, 1):
            if len(area.code) in (6, 9, 12) and area.code.isdigit():
                kept.append(area)
                continue
            sentence = _noop("“%(found)s”不是区划编码：应为 6、9 或 12 位数字。")
            self.report.refuse(
                "communities",
                number,
                area.source_id,
                RowRefused("bad_code", sentence, field="code", found=area.code[:40]),
            )
        return kept

    def changes(self, communities: Communities) -> dict[str, Change]:
        changes = {}
        self._areas(communities)
        changes["compounds"] = compounds = self._compounds(communities)
        changes["buildings"], changes["stairwells"] = self._buildings(communities, compounds)
        for layer, (model, geometry) in SIMPLE.items():
            if layer in self.rows:
                self.progress(str(LAYERS[layer]), 0, 1)
                changes[layer] = self._simple(layer, model, geometry, communities)
        return changes

    # Communities

    def _areas(self, communities: Communities) -> None:
        if not (communities.new or communities.drawn or "communities" in self.rows):
            return
        codes = [area.code for area in communities.new]
        existing = dict(Area.objects.filter(code__in=codes).values_list("code", "boundary"))
        for area in communities.new:
            if area.code in existing and area.boundary is not None:
                before = to_shapely(existing[area.code])
                if before is None or not same_ground(before, area.boundary):
                    communities.drawn[area.code] = area.boundary
        communities.new = [area for area in communities.new if area.code not in existing]
        self._count_areas(communities, existing)
        if any(existing.get(code) for code in communities.drawn):
            self.report.warn(_("社区边界变了，它的网格方案需要按新边界重画后再公布。"))

    def _count_areas(self, communities: Communities, existing: Iterable[str]) -> None:
        """Districts and subdistricts beside the communities whose layer they came in, or for which they are made."""
        for area in communities.new:
            self.report.count(AREAS[len(area.code)]).new += 1
        for code in communities.drawn:
            self.report.count(AREAS[len(code)]).changed += 1
        for code in set(existing) - communities.drawn.keys():
            self.report.count(AREAS[len(code)]).unchanged += 1
        read = Counter(AREAS.get(len(row.values["code"] or row.source_id)) for row in self.rows.get("communities", []))
        for layer in ("districts", "subdistricts"):
            if read[layer]:
                self.report.count(layer).read += read[layer]
                self.report.count("communities").read -= read[layer]

    # Compounds

    def _compounds(self, communities: Communities) -> Change:
        change = Change(Compound, "boundary")
        if "compounds" not in self.rows:
            return change
        count = self.report.count("compounds")
        records = []
        for row, code in self._in_communities("compounds", communities):
            values = {"name": row.values["name"], "kind": row.values["kind"], "address": row.values["address"]}
            values |= {"community": code, "boundary": multi(row.shape)}
            records.append(Record(row.source_id, values))
        before = stored(Compound.objects.filter(source=self.label), ("name", "kind", "address"), "boundary")
        compare(change, records, before, count)
        self._gone("compounds", change, before, records)
        return change

    def _in_communities(self, layer: str, communities: Communities) -> list[tuple[Row, str]]:
        """The rows whose larger part lies in a community, with its code; the others are refused."""
        rows = self.rows[layer]
        kept = []
        for row, code in zip(rows, communities.of([row.shape for row in rows]), strict=True):
            if code is not None:
                kept.append((row, code))
                continue
            point = row.shape.representative_point()
            why = RowRefused(
                "outside_communities", OUTSIDE, field="geometry", place=(point.x, point.y),
            )  # fmt: skip
            self.report.refuse(layer, row.number, row.source_id, why)
        return kept

    # Buildings and their stairwells

    def _buildings(self, communities: Communities, compounds: Change) -> tuple[Change, Change]:
        change, doors = Change(Building, "footprint"), Change(Stairwell, "footprint")
        if "buildings" not in self.rows:
            if self.rows.get("stairwells"):
                self.report.warn(_("楼道要和它们的楼栋放在同一个文件里导入，这次没有导入。"))
            return change, doors
        self.progress(str(LAYERS["buildings"]), 0, 1)
        kept = self._in_communities("buildings", communities)
        kept = self._without_parts(kept)
        shapes = [row.shape for row, _code in kept]
        before = self._stored_buildings()
        entrances = self._entrances(shapes, known=[row.source_id in before for row, _code in kept])
        estates = Estates(compounds, self.rows.get("compounds", []), self.label)
        stairs = StoredStairwells(self.label)
        values = [
            _building_values(row, code, estate) for (row, code), estate in zip(kept, estates.of(shapes), strict=True)
        ]
        olds = [before.get(row.source_id) for row, _code in kept]
        found = stairwells.cut_all(
            shapes,
            residential=[value["kind"] in LIVED_IN for value in values],
            entrances=entrances,
            least=[max(1, stairs.least(old.pk)) if old else 1 for old in olds],
            progress=lambda done: self.progress(str(LAYERS["stairwells"]), done, len(kept)),
        )
        found = self._as_surveyed([row for row, _code in kept], olds, stairs, found)
        records, cuts = [], {}
        for (row, _code), value, result in zip(kept, values, found, strict=True):
            value["footprint"] = multi(result.footprint)
            records.append(Record(row.source_id, value))
            cuts[row.source_id] = result
        compare(change, records, before, self.report.count("buildings"))
        gone = self._gone("buildings", change, before, records)
        self._stairwells(doors, records, cuts, stairs, gone)
        self._warn_of_overlaps(records)
        return change, doors

    def _as_surveyed(
        self, rows: list[Row], olds: list[Stored | None], stairs: StoredStairwells, found: list[stairwells.Cut]
    ) -> list[stairwells.Cut]:
        """The cuts, but where stairwells were measured: in this file, or by hand since, which no rule overwrites."""
        drawn = survey(rows, self.rows.get("stairwells", []), self.report) if self.rows.get("stairwells") else {}
        result = dict(enumerate(found)) | drawn
        for index, (row, old) in enumerate(zip(rows, olds, strict=True)):
            if index not in drawn and old is not None and stairs.is_surveyed(old.pk):
                before = shapely.from_wkb(old.wkb)
                same = shapely.hausdorff_distance(before.boundary, row.shape.boundary) < 2 * GRID_SIZE
                result[index] = stairwells.Cut(before if same else row.shape, [])
        return [result[index] for index in range(len(rows))]

    def _stored_buildings(self) -> dict[str, Stored]:
        fields = ("number", "name", "address", "kind", "floors", "gone_since", "compound__source_id")
        return stored(Building.objects.filter(source=self.label), fields, "footprint")

    def _without_parts(self, kept: list[tuple[Row, str]]) -> list[tuple[Row, str]]:
        """Parts of buildings are none, unless GDAL merged the building's own outline into them (see `osm._areas`)."""
        whole = [row.shape for row, _code in kept if not row.values.get("part")]
        tree = shapely.STRtree(whole)
        result = []
        for row, code in kept:
            if row.values.get("part") and len(tree.query(row.shape.point_on_surface(), predicate="intersects")):
                self.report.count("buildings").left_out += 1
                continue
            result.append((row, code))
        return result

    def _entrances(
        self, shapes: Sequence[BaseGeometry], *, known: Sequence[bool]
    ) -> dict[int, list[stairwells.Entrance]]:
        """Entrances by the number of the building on whose outline they lie. Free-standing ones are left out."""
        rows = self.rows.get("entrances", [])
        found: dict[int, list[stairwells.Entrance]] = defaultdict(list)
        for row, at in zip(rows, stairwells.attach(shapes, [row.shape for row in rows]), strict=True):
            count = self.report.count("entrances")
            if at is None:
                count.left_out += 1
                continue
            count.unchanged += known[at]
            count.new += not known[at]
            found[at].append(stairwells.Entrance(row.shape, str(row.values.get("number", ""))))
        return found

    def _stairwells(
        self, change: Change, records: Sequence[Record], cuts: Mapping[str, stairwells.Cut],
        stairs: StoredStairwells, gone: Iterable[int],
    ) -> None:  # fmt: skip
        count = self.report.count("stairwells")
        wanted = []
        kept: set[str] = set()
        for record in records:
            cut = cuts[record.source_id]
            if record.pk is not None and not cut.parts:  # measured once, and left alone
                kept |= set(stairs.of.get(record.pk, ()))
                count.unchanged += len(stairs.of.get(record.pk, ()))
                continue
            for part in cut.parts:
                key = f"{record.source_id}#{part.number}"
                values = {
                    "number": part.number,
                    "footprint": multi(part.footprint), "entrance": part.entrance,
                    "floors": record.values["floors"],
                    "derived": cut.derived, "gone_since": None, "building": record.source_id,
                }  # fmt: skip
                wanted.append(Record(key, values))
        count.read = max(count.read, len(wanted))
        compare(change, wanted, stairs.by_key, count)
        standing = {key: row for key, row in stairs.by_key.items() if row.values["gone_since"] is None}
        seen = {record.source_id for record in wanted} | kept
        buildings, lost = {record.pk for record in records}, set(gone)
        change.gone = [
            row.pk for key, row in standing.items()
            if stairs.building[key] in lost or (stairs.building[key] in buildings and key not in seen)
        ]  # fmt: skip
        count.gone = len(change.gone)

    def _warn_of_overlaps(self, records: Sequence[Record]) -> None:
        shapes = np.array([record.values["footprint"] for record in records], dtype=object)
        if not len(shapes):
            return
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        pairs = np.flatnonzero(first < second)
        first, second = first[pairs], second[pairs]
        common = shapely.intersection(shapes[first], shapes[second])
        over = np.flatnonzero(area_m2s(common) > OVERLAP_M2)
        if len(over):
            names = "、".join(
                f"{records[first[at]].source_id}–{records[second[at]].source_id}" for at in over[:5].tolist()
            )
            sentence = _("%(count)s 对楼栋相互重叠超过 1 平方米，它们会划在同一个网格里：%(names)s")
            self.report.warn(sentence % {"count": len(over), "names": names + "…" * (len(over) > 5)})

    # Roads, barriers, landcover, facilities

    def _simple(self, layer: str, model: type[models.Model], geometry: str, communities: Communities) -> Change:
        change = Change(model, geometry)
        rows = self.rows[layer]
        fields = ("name", "kind") if layer != "facilities" else ("name", "kind", "address", "phone", "hours")
        codes = communities.of([row.shape for row in rows]) if layer == "facilities" else [None] * len(rows)
        records = []
        for row, code in zip(rows, codes, strict=True):
            for key, shape in _parts(row, geometry):
                values = {name: row.values[name] for name in fields} | {geometry: shape}
                if layer == "facilities":
                    values |= {"community": code, "name": _facility_name(values)}
                records.append(Record(key, values))
        before = stored(model._default_manager.filter(source=self.label), fields, geometry)
        compare(change, records, before, self.report.count(layer))
        self._gone(layer, change, before, records)
        return change

    def _gone(self, layer: str, change: Change, before: dict[str, Stored], records: Sequence[Record]) -> list[int]:
        standing = {key: row for key, row in before.items() if row.values.get("gone_since") is None}
        lost = vanished(standing, (record.source_id for record in records), self.box)
        in_scope = len(lost) + sum(record.source_id in standing for record in records)
        check_mass_delete(layer, in_scope, len(lost), allowed=self.allow_mass_delete)
        change.gone = [row.pk for row in lost.values()]
        self.report.count(layer).gone = len(lost)
        return change.gone


def _box(rows: Mapping[str, list[Row]]) -> Box | None:
    """The rectangle that a file covers, degrees."""
    shapes = [row.shape for found in rows.values() for row in found]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north


def _parts(row: Row, geometry: str) -> list[tuple[str, BaseGeometry]]:
    """A line of several parts as rows of one part each; polygons as multipolygons."""
    shape = row.shape
    if geometry == "extent":
        return [(row.source_id, multi(shape))]
    if shape.geom_type != "MultiLineString":
        return [(row.source_id, shape)]
    parts = shapely.get_parts(shape)
    if len(parts) == 1:
        return [(row.source_id, parts[0])]
    return [(f"{row.source_id}#{number}", part) for number, part in enumerate(parts, 1)]


def _building_values(row: Row, community: str, estate: str | None) -> dict[str, Any]:
    kind = row.values["kind"] or (Building.Kind.RESIDENTIAL if estate is not None else Building.Kind.OTHER)
    return {
        "number": row.values["number"], "name": row.values["name"], "address": row.values["address"], "kind": str(kind),
        "floors": _floors(row.values["floors"]), "gone_since": None, "community": community,
        "compound__source_id": estate,
    }  # fmt: skip


def _floors(text: str) -> int | None:
    try:
        floors = round(float(text))
    except (ValueError, OverflowError):
        return None
    return floors if 1 <= floors <= 200 else None


def _facility_name(values: Mapping[str, Any]) -> str:
    return values["name"] or str(Facility.Kind(values["kind"]).label)
