"""Write what a plan of import says: one transaction, the caller's."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from accounts.models import User
from buildings.imports import writing
from buildings.imports.communities import NewArea
from buildings.imports.matching import Change, multi
from buildings.imports.planning import SIMPLE
from buildings.imports.refusals import FullSerial
from buildings.imports.rows import LAYERS
from buildings.models import (
    Area,
    Building,
    Compound,
    GroundChange,
    Stairwell,
)
from geo.coverage import label_point
from geo.geos import to_geos

if TYPE_CHECKING:
    from buildings.imports.ground import GroundImport

Progress = Callable[[str, int, int], None]


class Writer:
    def __init__(self, plan: "GroundImport", progress: Progress):
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
        GroundChange.objects.create(what=what[:200], counts=counts, by=by, credit=self.plan.credit)

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
                "kind": record.values["kind"], "address": record.values["address"],
                "boundary": record.values["boundary"],
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
                "code": f"{code}{last[building]:02d}", "building": building,
                "number": record.values["number"], "name": "",
                "floors": record.values["floors"], "footprint": record.values["footprint"],
                "entrance": record.values["entrance"], "derived": record.values["derived"], "gone_since": None,
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
    """Make an area, and the areas above it that are missing; those are called by their code for now."""
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
