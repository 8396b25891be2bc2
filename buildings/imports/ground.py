"""
The one way in for the ground: `plan_import` reads a file and says what it would do, `commit` does it.

A command on a server, a file dropped in a browser and a call from a program all come through here (law 13).
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import IntegrityError, models, transaction
from django.db.models import Count as SqlCount
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from accounts.models import PHONE, User
from buildings.imports import shift, stairwells, writing
from buildings.imports.communities import Communities, NewArea, gather, larger_part
from buildings.imports.files import Source, open_source
from buildings.imports.matching import Box, Change, Record, Stored, check_mass_delete, compare, multi, stored, vanished
from buildings.imports.reading import Choices, read, source_label
from buildings.imports.refusals import ChangedMeanwhile, FullSerial, RowsRefused
from buildings.imports.report import Report, RowRefused
from buildings.imports.rows import LAYERS, Row
from buildings.models import (
    Area,
    Barrier,
    Building,
    Compound,
    Facility,
    GroundChange,
    Landcover,
    Road,
    Stairwell,
)
from geo.coverage import label_point
from geo.geos import to_geos

Progress = Callable[[str, int, int], None]
SIMPLE: dict[str, tuple[type[models.Model], str]] = {
    "roads": (Road, "line"),
    "barriers": (Barrier, "line"),
    "landcover": (Landcover, "extent"),
    "facilities": (Facility, "point"),
}
OVERLAP_M2 = 1.0  # square metres that two buildings may share before somebody should look


@dataclass
class GroundImport:
    """A file that was read and compared; nothing is written before `commit`."""

    source: Source
    label: str
    report: Report
    communities: Communities
    changes: dict[str, Change]
    version: int
    new_areas: list[NewArea] = field(default_factory=list)
    stairwells_of: dict[int, str] = field(default_factory=dict)  # id of an inserted record -> its building

    def commit(
        self, *, by: User | None = None, leave_refused: bool = True, progress: Progress = lambda what, done, total: None
    ) -> Report:
        """
        Write everything in one transaction, or nothing.

        Raises `RowsRefused` when rows were refused and may not be left out, and `ChangedMeanwhile` when somebody else
        wrote to the ground since this was planned.
        """
        if self.report.refused and not leave_refused:
            raise RowsRefused(count=len(self.report.refused))
        if not self.report.changes:
            return self.report
        try:
            with transaction.atomic():
                writing.lock()
                if _version() != self.version:
                    raise ChangedMeanwhile
                _Writer(self, progress).write(by)
        except IntegrityError as error:
            raise ChangedMeanwhile from error
        return self.report


def plan_import(
    path: Path,
    *,
    name: str = "",
    community: str = "",
    new_community: str = "",
    choices: Choices = Choices(),
    source: str = "",
    allow_mass_delete: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> GroundImport:
    """
    What importing a file would do.

    Raises
    ------
    ImportRefused
        Nothing of the file can be used, or it would take away more than 40 % of a layer. Single rows that cannot be
        used stand in the report instead.
    """
    report, version = Report(), _version()
    progress(_("读取文件"), 0, 1)
    opened = open_source(path, encoding=choices.encoding, name=name)
    label = source_label(opened, choices, source)
    progress(_("检查图形"), 0, 1)
    rows = read(opened, choices, report)
    plan = _Planner(label, rows, report, allow_mass_delete, progress)
    for warning in shift.warnings(rows, choices.coord_type or "wgs84"):
        report.warn(warning)
    communities = plan.communities(community, new_community)
    return GroundImport(
        opened, label, report, communities, plan.changes(communities), version, communities.new, plan.stairwells_of
    )


def _version() -> int:
    return GroundChange.objects.aggregate(last=Max("pk"))["last"] or 0


class _Planner:
    """Compares the rows of one file with what is stored."""

    def __init__(
        self, label: str, rows: Mapping[str, list[Row]], report: Report, allow_mass_delete: bool, progress: Progress
    ):
        self.label, self.rows, self.report = label, rows, report
        self.allow_mass_delete, self.progress = allow_mass_delete, progress
        self.box = _box(rows)
        self.stairwells_of: dict[int, str] = {}

    def communities(self, community: str, new_community: str) -> Communities:
        from_file = [
            NewArea(row.values["code"] or row.source_id, row.values["name"], multi(row.geometry), row.source_id)
            for row in self.rows.get("communities", [])
            if row.geometry is not None
        ]
        found = [row.geometry for layer in ("buildings", "compounds") for row in self.rows.get(layer, [])]
        footprints = [shape for shape in found if shape is not None]
        return gather(
            community=community,
            new_community=new_community,
            from_file=self._sound_areas(from_file),
            footprints=footprints,
        )

    def _sound_areas(self, areas: list[NewArea]) -> list[NewArea]:
        kept = []
        for number, area in enumerate(areas, 1):
            if len(area.code) in (6, 9, 12) and area.code.isdigit():
                kept.append(area)
                continue
            sentence = "“%(code)s”不是区划编码：应为 6、9 或 12 位数字。"
            self.report.refuse(
                "communities",
                number,
                area.source_id,
                RowRefused("bad_code", sentence, field="code", code=area.code[:40]),
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
        count = self.report.count("communities")
        existing = set(
            Area.objects.filter(code__in=[area.code for area in communities.new]).values_list("code", flat=True)
        )
        communities.new = [area for area in communities.new if area.code not in existing]
        count.new = len(communities.new)
        count.changed = len(communities.drawn)
        count.unchanged = max(0, len(self.rows.get("communities", [])) - count.new)

    # Compounds

    def _compounds(self, communities: Communities) -> Change:
        change = Change(Compound, "boundary")
        if "compounds" not in self.rows:
            return change
        count = self.report.count("compounds")
        records = []
        for row, code in self._in_communities("compounds", communities):
            values = {"name": row.values["name"], "kind": row.values["kind"], "address": row.values["address"]}
            values |= {"community": code, "boundary": multi(row.geometry)}
            records.append(Record(row.source_id, values))
        before = stored(Compound.objects.filter(source=self.label), ("name", "kind", "address"), "boundary")
        compare(change, records, before, count)
        self._gone("compounds", change, before, records)
        return change

    def _in_communities(self, layer: str, communities: Communities) -> list[tuple[Row, str]]:
        """The rows whose larger part lies in a community, with its code; the others are refused."""
        rows = self.rows[layer]
        kept = []
        for row, code in zip(rows, communities.of([row.geometry for row in rows]), strict=True):
            if code is not None:
                kept.append((row, code))
                continue
            point = row.geometry.representative_point()
            why = RowRefused(
                "outside_communities", "不在任何社区内，或大部分在社区之外。请先导入它所在的社区，或用 --new-community 新建。",
                field="geometry", place=(point.x, point.y),
            )  # fmt: skip
            self.report.refuse(layer, row.number, row.source_id, why)
        return kept

    # Buildings and their stairwells

    def _buildings(self, communities: Communities, compounds: Change) -> tuple[Change, Change]:
        change, doors = Change(Building, "footprint"), Change(Stairwell, "footprint")
        if "buildings" not in self.rows:
            return change, doors
        self.progress(str(LAYERS["buildings"]), 0, 1)
        kept = self._in_communities("buildings", communities)
        kept = self._without_parts(kept)
        shapes = [row.geometry for row, _code in kept]
        entrances = self._entrances(shapes)
        estates = _Estates(compounds, self.rows.get("compounds", []), self.label)
        before = self._stored_buildings()
        stairs = _StoredStairwells(self.label)
        records, cuts = [], {}
        for index, ((row, code), estate) in enumerate(zip(kept, estates.of(shapes), strict=True)):
            values = _building_values(row, code, estate)
            old = before.get(row.source_id)
            count = stairs.least(old.pk) if old else None
            result = stairwells.cut(
                row.geometry, residential=values["kind"] in (Building.Kind.RESIDENTIAL, Building.Kind.MIXED),
                entrances=entrances.get(index, ()), least=count or 1,
            )  # fmt: skip
            values["footprint"] = multi(result.footprint)
            records.append(Record(row.source_id, values))
            cuts[row.source_id] = result
            if index % 2000 == 0:
                self.progress(str(LAYERS["buildings"]), index, len(kept))
        compare(change, records, before, self.report.count("buildings"))
        gone = self._gone("buildings", change, before, records)
        self._stairwells(doors, records, cuts, stairs, gone)
        self._warn_of_overlaps(records)
        return change, doors

    def _stored_buildings(self) -> dict[str, Stored]:
        fields = ("number", "name", "address", "kind", "floors", "gone_since", "compound__source_id")
        return stored(Building.objects.filter(source=self.label), fields, "footprint")

    def _without_parts(self, kept: list[tuple[Row, str]]) -> list[tuple[Row, str]]:
        """Parts of buildings are none, unless GDAL merged the building's own outline into them (see `osm._areas`)."""
        whole = [row.geometry for row, _code in kept if not row.values.get("part")]
        tree = shapely.STRtree(whole)
        result = []
        for row, code in kept:
            if row.values.get("part") and len(tree.query(row.geometry.point_on_surface(), predicate="intersects")):
                self.report.count("buildings").left_out += 1
                continue
            result.append((row, code))
        return result

    def _entrances(self, shapes: Sequence[BaseGeometry]) -> dict[int, list[stairwells.Entrance]]:
        """Entrances by the number of the building on whose outline they lie. Free-standing ones are left out."""
        rows = self.rows.get("entrances", [])
        found: dict[int, list[stairwells.Entrance]] = defaultdict(list)
        for row, at in zip(rows, stairwells.attach(shapes, [row.geometry for row in rows]), strict=True):
            count = self.report.count("entrances")
            if at is None:
                count.left_out += 1
                continue
            count.unchanged += 1
            found[at].append(stairwells.Entrance(row.geometry, str(row.values.get("number", ""))))
        return found

    def _stairwells(
        self, change: Change, records: Sequence[Record], cuts: Mapping[str, stairwells.Cut],
        stairs: "_StoredStairwells", gone: Iterable[int],
    ) -> None:  # fmt: skip
        count = self.report.count("stairwells")
        wanted = []
        kept: set[str] = set()
        for record in records:
            if record.pk is not None and stairs.is_surveyed(record.pk):
                kept |= set(stairs.of.get(record.pk, ()))
                count.unchanged += len(stairs.of.get(record.pk, ()))
                continue
            for part in cuts[record.source_id].parts:
                key = f"{record.source_id}#{part.number}"
                values = {
                    "number": part.number, "footprint": multi(part.footprint), "entrance": part.entrance,
                    "floors": record.values["floors"], "derived": True, "gone_since": None, "building": record.source_id,
                }  # fmt: skip
                wanted.append(Record(key, values))
        count.read = len(wanted)
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
        metres = shapely.area(common) * 111_000**2 * np.cos(np.radians(shapely.bounds(shapes[first])[:, 1]))
        over = np.flatnonzero(metres > OVERLAP_M2)
        if len(over):
            names = "、".join(
                f"{records[first[at]].source_id}–{records[second[at]].source_id}" for at in over[:5].tolist()
            )
            sentence = _("%(count)s 对楼栋相互重叠超过 1 平方米，它们会划在同一个网格里：%(names)s…")
            self.report.warn(sentence % {"count": len(over), "names": names})

    # Roads, barriers, landcover, facilities

    def _simple(self, layer: str, model: type[models.Model], geometry: str, communities: Communities) -> Change:
        change = Change(model, geometry)
        rows = self.rows[layer]
        fields = ("name", "kind") if layer != "facilities" else ("name", "kind", "address", "phone", "hours")
        codes = communities.of([row.geometry for row in rows]) if layer == "facilities" else [None] * len(rows)
        records = []
        for row, code in zip(rows, codes, strict=True):
            for key, shape in _parts(row, geometry):
                values = {name: row.values[name] for name in fields} | {geometry: shape}
                if layer == "facilities":
                    values |= {"community": code, "phone": _phone(values["phone"]), "name": _facility_name(values)}
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
    shapes = [row.geometry for found in rows.values() for row in found]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return west, south, east, north


def _parts(row: Row, geometry: str) -> list[tuple[str, BaseGeometry]]:
    """A line of several parts as rows of one part each; polygons as multipolygons."""
    shape = row.geometry
    assert shape is not None
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


def _phone(text: str) -> str:
    """A phone number that our fields take; another is left out, since a wrong number helps nobody."""
    text = text.split(";")[0].strip()
    try:
        PHONE(text)
    except Exception:
        return ""
    return text


def _facility_name(values: Mapping[str, Any]) -> str:
    return values["name"] or str(Facility.Kind(values["kind"]).label)


class _Estates:
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


class _StoredStairwells:
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
            entrance: GEOSGeometry | None = row.values["entrance"]
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


# Writing


class _Writer:
    def __init__(self, plan: GroundImport, progress: Progress):
        self.plan, self.progress = plan, progress
        self.today: datetime.date = timezone.localdate()

    def write(self, by: User | None) -> None:
        areas = self._areas()
        estates = self._compounds(areas)
        self._buildings(areas, estates)
        for layer in SIMPLE:
            if layer in self.plan.changes:
                self._simple(layer, areas)
        counts = {layer: [count.new, count.changed, count.gone] for layer, count in self.plan.report.counts.items()}
        what = _("导入 %(name)s") % {"name": self.plan.source.name}
        GroundChange.objects.create(what=what[:200], counts=counts, by=by)

    def _areas(self) -> dict[str, int]:
        """Primary keys of communities by code, the new ones and their missing parents made."""
        for area in sorted(self.plan.communities.new, key=lambda area: len(area.code)):
            _make_area(area, self.plan.label)
        for code, ground in self.plan.communities.drawn.items():
            Area.objects.filter(code=code).update(boundary=to_geos(multi(ground)), label=to_geos(label_point(ground)))
        return dict(Area.objects.communities().values_list("code", "pk"))

    def _compounds(self, areas: Mapping[str, int]) -> dict[str, int]:
        change = self.plan.changes["compounds"]
        serial = _Serials(Compound, "code", lambda code: int(code.rsplit("-", 1)[1]) if "-" in code else 0)
        rows = []
        for record, pk in zip(change.insert, writing.new_ids(Compound, len(change.insert)), strict=True):
            record.pk = pk
            code = record.values["community"]
            number = serial.next(code, 9999, "小区")
            name = record.values["name"] or _("未命名小区%(number)s") % {"number": number}
            rows.append({
                "id": pk, "code": f"{code}-{number:03d}", "community": areas[code], "name": name, "aliases": [],
                "kind": record.values["kind"], "address": record.values["address"], "boundary": record.values["boundary"],
                "property_company": "", "property_phone": "", "source": self.plan.label, "source_id": record.source_id,
            })  # fmt: skip
        writing.copy(Compound, rows)
        self._update(change)
        for pk in change.gone:
            _delete_or_keep(Compound, pk)
        known = Compound.objects.filter(source=self.plan.label).values_list("source_id", "pk")
        return dict(known)

    def _buildings(self, areas: Mapping[str, int], estates: Mapping[str, int]) -> None:
        change = self.plan.changes["buildings"]
        serial = _Serials(Building, "code", lambda code: int(code[12:]))
        rows, codes = [], {}
        for record, pk in zip(change.insert, writing.new_ids(Building, len(change.insert)), strict=True):
            record.pk = pk
            values = record.values
            code = f"{values['community']}{serial.next(values['community'], 99_999, '楼栋'):05d}"
            codes[record.source_id] = (pk, code)
            rows.append({
                "id": pk, "code": code, "community": areas[values["community"]],
                "compound": estates.get(values["compound__source_id"] or ""), "number": values["number"],
                "name": values["name"], "address": values["address"], "aliases": [], "kind": values["kind"],
                "floors": values["floors"], "footprint": values["footprint"], "gone_since": None,
                "source": self.plan.label, "source_id": record.source_id,
            })  # fmt: skip
        self._copy("buildings", Building, rows)
        self._update(change, estates)
        Building.objects.filter(pk__in=change.gone).update(gone_since=self.today)
        self._stairwells(codes)

    def _stairwells(self, codes: dict[str, tuple[int, str]]) -> None:
        change = self.plan.changes["stairwells"]
        changed = {record.values["building"] for record in change.insert} - codes.keys()
        known = Building.objects.filter(source=self.plan.label, source_id__in=changed)
        codes |= {source_id: (pk, code) for source_id, pk, code in known.values_list("source_id", "pk", "code")}
        last = _last_stairwells([pk for source_id, (pk, _code) in codes.items() if source_id in changed])
        # Stairwells that go give up nothing: a number stays with its row, and a new one gets the next serial.
        Stairwell.objects.filter(pk__in=change.gone).update(gone_since=self.today)
        self._update(change)
        rows = []
        for record in change.insert:
            building, code = codes[record.values["building"]]
            last[building] = last.get(building, 0) + 1
            rows.append({
                "code": f"{code}{last[building]:02d}", "building": building, "number": record.values["number"], "name": "",
                "floors": record.values["floors"], "footprint": record.values["footprint"],
                "entrance": record.values["entrance"], "derived": True, "gone_since": None,
                "source": self.plan.label, "source_id": record.source_id,
            })  # fmt: skip
        self._copy("stairwells", Stairwell, rows)

    def _simple(self, layer: str, areas: Mapping[str, int]) -> None:
        change = self.plan.changes[layer]
        rows = []
        for record in change.insert:
            row = record.values | {"source": self.plan.label, "source_id": record.source_id}
            if layer == "facilities":
                row["community"] = areas.get(row["community"] or "")
            rows.append(row)
        self._copy(layer, change.model, rows)
        self._update(change)
        change.model._default_manager.filter(pk__in=change.gone).delete()

    def _copy(self, layer: str, model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
        done = 0

        def step(count: int) -> None:
            nonlocal done
            done += count
            self.progress(str(LAYERS[layer]), done, len(rows))

        writing.copy(model, rows, progress=step)

    def _update(self, change: Change, estates: Mapping[str, int] | None = None) -> None:
        """Write what differs, row by row: changes are few, and each touches other columns."""
        for record in change.update:
            values = dict(record.values)
            if "compound__source_id" in values:
                values["compound_id"] = (estates or {}).get(values.pop("compound__source_id") or "")
            for name, value in values.items():
                if isinstance(value, BaseGeometry):
                    values[name] = to_geos(value)
            values.pop("community", None)
            values.pop("building", None)
            change.model._default_manager.filter(pk=record.pk).update(**values)


def _make_area(area: NewArea, label: str) -> None:
    """Make an area, and the areas above it that are missing, which are called by their code until somebody names them."""
    parent = None
    if len(area.code) > 6:
        above = area.code[: 9 if len(area.code) == 12 else 6]
        if not Area.objects.filter(code=above).exists():
            _make_area(NewArea(above, above), label)
        parent = Area.objects.get(code=above)
    level = {6: Area.Level.DISTRICT, 9: Area.Level.SUBDISTRICT, 12: Area.Level.COMMUNITY}[len(area.code)]
    drawn = area.boundary is not None
    Area.objects.create(
        code=area.code, name=area.name or area.code, level=level, parent=parent, source=label if area.source_id else "",
        source_id=area.source_id, kind=Area.Kind.COMMUNITY if level == Area.Level.COMMUNITY else "",
        boundary=to_geos(multi(area.boundary)) if drawn else None,
        label=to_geos(label_point(area.boundary)) if drawn else None,
    )  # fmt: skip


class _Serials:
    """The next serial within a community; rows are never deleted while a code is in use, so no code comes twice."""

    def __init__(self, model: type[models.Model], column: str, serial_of: Callable[[str], int]):
        self.model, self.column, self.serial_of = model, column, serial_of
        self.last: dict[str, int] = {}

    def next(self, community: str, most: int, what: str) -> int:
        if community not in self.last:
            codes = self.model._default_manager.filter(**{f"{self.column}__startswith": community})
            self.last[community] = max(map(self.serial_of, codes.values_list(self.column, flat=True)), default=0)
        self.last[community] += 1
        if self.last[community] > most:
            raise FullSerial(community=community, what=what)
        return self.last[community]


def _last_stairwells(buildings: Sequence[int]) -> dict[int, int]:
    rows = Stairwell.objects.filter(building__in=buildings).values_list("building_id").annotate(last=Max("code"))
    return {building: int(code[-2:]) for building, code in rows}


def _delete_or_keep(model: type[models.Model], pk: int) -> None:
    """Delete a row that nobody refers to; one that has appointments stays."""
    try:
        with transaction.atomic():
            model._default_manager.get(pk=pk).delete()
    except (models.ProtectedError, models.RestrictedError):
        pass


__all__ = ["Choices", "GroundImport", "plan_import"]
