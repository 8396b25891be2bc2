"""
The one way in for households: a list with Chinese headings, each row to its stairwell or named as unplaced.

By address first; by coordinate where the address is missing or leaves the stairwell open; never by a guess. The report
names rows by line and reason and repeats no name and no phone number.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _noop

from accounts.models import PHONE, User
from buildings.address import Address, number, spelling
from buildings.imports import writing
from buildings.imports.addresses import Directory, Door, read_address
from buildings.imports.ground import refusal_of
from buildings.imports.matching import check_mass_delete
from buildings.imports.refusals import (
    ChangedMeanwhile,
    CoordTypeNeeded,
    ImportRefused,
    MissingColumn,
    RowsRefused,
    UnknownCommunity,
)
from buildings.imports.report import Report, RowRefused
from buildings.imports.spreadsheet import Sheet, key_of, read_sheet
from buildings.imports.text import is_garbled
from buildings.models import Area, Dwelling, GroundChange, Household, Stairwell
from geo.crs import flatten, to_wgs84

HEADINGS = {
    "id": "编号 户号 户编号 住户编号 户籍编号 household_id id",
    "address": "地址 住址 家庭住址 现住址 居住地址 详细地址 住所 家庭地址 门牌 address",
    "community": "社区 所属社区 社区编码 村居 community",
    "compound": "小区 小区名称 院落 所属小区 居民区 楼院 compound",
    "building": "楼栋 楼号 栋 幢 栋号 幢号 楼栋号 楼 楼幢 building",
    "stairwell": "单元 单元号 楼门 楼道 门洞 梯 unit",
    "floor": "楼层 层 floor",
    "room": "室 室号 房号 房间号 门牌号 户室 门号 room",
    "head": "户主 户主姓名 姓名 住户 居民姓名 head",
    "phone": "电话 联系电话 手机 手机号 手机号码 联系方式 户主电话 phone",
    "people": "人数 家庭人数 人口 人口数 常住人口 居住人数 家庭人口 people",
    "status": "使用情况 居住情况 房屋状态 房屋性质 入住情况 status",
    "lon": "经度 lon lng longitude x",
    "lat": "纬度 lat latitude y",
}
STATUS = {
    Dwelling.Status.OWNER_OCCUPIED: "自住 自有 常住 业主 owner_occupied",
    Dwelling.Status.RENTED: "租赁 出租 租住 租户 承租 rented",
    Dwelling.Status.VACANT: "空置 空房 空 无人 vacant",
}
LAYERS = {"households": gettext_lazy("住户"), "dwellings": gettext_lazy("户室")}
MOST_PEOPLE = 50
NEAR = 5.0  # metres from a stairwell's outline within which a coordinate still means it: half a phone's best error
Progress = Callable[[str, int, int], None]
NO_ROOM = "无"  # what forms say for "none"; a house with one door has no room number

_MOBILE_OR_LANDLINE = re.compile(r"(?:\+?86)?1[3-9][0-9]{9}|0[0-9]{2,3}[0-9]{7,8}(?:-?[0-9]{1,6})?|[2-9][0-9]{6,7}")
_PAIR = re.compile(r"[0-9]+-[0-9]+")
_SUFFIX = {
    "building": re.compile(r"(?:号楼栋?|栋楼?|幢楼?|座|#楼?|号|楼)$"),
    "stairwell": re.compile(r"(?:单元楼?|楼门|门洞|楼道|梯|门|号)$"),
    "room": re.compile(r"(?:号房|室|房间?|户|号)$"),
}


def _index(words: Mapping[Any, str]) -> dict[str, Any]:
    return {key_of(word): name for name, line in words.items() for word in line.split()}


_HEADINGS, _STATUS = _index(HEADINGS), _index(STATUS)


@dataclass(slots=True)
class Entry:
    """One row of the list that found its door."""

    line: int
    key: str
    stairwell: int
    room: str
    floor: int | None
    status: str
    head: str
    phone: str
    people: int


@dataclass
class HouseholdImport:
    """A list that was read and compared; nothing is written before `commit`."""

    name: str
    label: str
    report: Report
    version: int
    insert: list[Entry] = field(default_factory=list)
    update: list[tuple[int, Entry]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def commit(
        self, *, by: User | None = None, leave_refused: bool = True, progress: Progress = lambda what, done, total: None
    ) -> Report:
        """Write everything in one transaction, or nothing. See `GroundImport.commit`."""
        if self.report.refused and not leave_refused:
            raise RowsRefused(count=len(self.report.refused))
        if not self.report.changes:
            return self.report
        try:
            with transaction.atomic():
                writing.lock()
                if _version() != self.version:
                    raise ChangedMeanwhile
                _write(self, progress)
                self._tell(by)
        except IntegrityError as error:
            raise refusal_of(error) from error
        return self.report

    def _tell(self, by: User | None) -> None:
        """Another list that was compared before this one is stale now, and so is what processes keep of the ground."""
        counts = {layer: [count.new, count.changed, count.gone] for layer, count in self.report.counts.items()}
        what = _("导入 %(name)s") % {"name": self.name}
        GroundChange.objects.create(what=what[:200], counts=counts, by=by)


def plan_households(
    path: Path,
    *,
    name: str = "",
    community: str = "",
    coord_type: str = "",
    encoding: str = "",
    columns: Mapping[str, str] | None = None,
    source: str = "",
    allow_mass_delete: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> HouseholdImport:
    """What importing a list of households would do. Raises `ImportRefused` when nothing of it can be used."""
    if community and not Area.objects.communities().filter(code=community).exists():
        raise UnknownCommunity(community=community)
    name, version, report = name or path.name, _version(), Report()
    known = _HEADINGS | {key_of(column): name for column, name in (columns or {}).items()}
    progress(_("读取文件"), 0, 1)
    sheet = read_sheet(path, headings=known, encoding=encoding, name=name)
    at = _columns(sheet, known)
    if "lon" in at and not coord_type:
        raise CoordTypeNeeded
    plan = HouseholdImport(name, (source or Path(name).name.split(".")[0])[:60], report, version)
    reader = _Reader(at, community, coord_type, report)
    try:
        _compare(plan, list(reader.entries(sheet, progress)), community, allow_mass_delete)
    except ImportRefused as why:
        why.report = report
        raise
    return plan


def _version() -> int:
    return GroundChange.objects.aggregate(last=Max("pk"))["last"] or 0


def _columns(sheet: Sheet, known: Mapping[str, str]) -> dict[str, int]:
    """Field -> number of its column; the first of several."""
    found: dict[str, int] = {}
    for index, heading in enumerate(sheet.headings):
        if (name := known.get(key_of(heading))) is not None:
            found.setdefault(name, index)
    if not found.keys() & {"address", "building", "lon"}:
        raise MissingColumn(column="地址", field="address", found="、".join(filter(None, sheet.headings))[:200])
    if ("lon" in found) != ("lat" in found):
        missing = "lat" if "lon" in found else "lon"
        raise MissingColumn(column=missing, field=missing, found="、".join(filter(None, sheet.headings))[:200])
    return found


class _Reader:
    """Turns rows into entries; refused rows stand in the report."""

    def __init__(self, at: Mapping[str, int], community: str, coord_type: str, report: Report):
        self.at, self.community, self.coord_type, self.report = at, community, coord_type, report
        self.standing = Stairwell.objects.standing().filter(building__gone_since=None)
        if community:
            self.standing = self.standing.filter(building__community__code=community)
        self.directory = Directory(self.standing)
        self.map = _Map(self.standing) if "lon" in at else None
        self.doors: Counter[str] = Counter()
        self.seen: dict[tuple[str, ...], int] = {}
        self.unsaid = 0

    def entries(self, sheet: Sheet, progress: Progress) -> Iterator[Entry]:
        count = self.report.count("households")
        for done, (line, cells) in enumerate(sheet.rows):
            count.read += 1
            if done % 1000 == 0:
                progress(_("住户"), done, len(sheet.rows))
            row = {name: cells[index] if index < len(cells) else "" for name, index in self.at.items()}
            try:
                yield self._entry(line, row)
            except RowRefused as why:
                self.report.refuse("households", line, row.get("id", ""), why)
        for said, meant in sorted(self.directory.shortened.items()):
            self.report.warn(_("“%(said)s”按“%(meant)s”归入，请核对。") % {"said": said, "meant": meant})
        if self.unsaid:
            self.report.warn(_("%(count)s 行没有写人数，按 1 人计。") % {"count": self.unsaid})

    def _entry(self, line: int, row: Mapping[str, str]) -> Entry:
        _check_cells(row)
        address = _address(row)
        phone, people = _phone(row.get("phone", "")), self._people(row.get("people", ""))
        door = self._door(address, row)
        room = address.room or NO_ROOM
        head = row.get("head", "")[:40]
        key = self._key(line, row, door, room, head, phone)
        status = _STATUS.get(key_of(row.get("status", "")), Dwelling.Status.OTHER)
        return Entry(line, key, door.pk, room[:20], _floor(address), str(status), head, phone, people)

    def _key(self, line: int, row: Mapping[str, str], door: Door, room: str, head: str, phone: str) -> str:
        """Its own number, else its door and how many households came before it there."""
        same = (door.code, room, head, phone) if not row.get("id") else (row["id"],)
        if (first := self.seen.setdefault(same, line)) != line:
            raise RowRefused("duplicate", _noop("与第 %(first)s 行重复。"), field="id", first=first)
        if row.get("id"):
            return row["id"][:80]
        place = f"{door.code}/{room}"
        self.doors[place] += 1
        return f"{place}/{self.doors[place]}"

    def _people(self, text: str) -> int:
        if not text:
            self.unsaid += 1
            return 1
        text = text.removesuffix("人")
        if not text.isdecimal() or int(text) > MOST_PEOPLE:
            raise RowRefused("bad_people", _noop("人数应是 0 到 %(most)s 的整数。"), field="people", most=MOST_PEOPLE)
        return int(text)

    def _door(self, address: Address, row: Mapping[str, str]) -> Door:
        """By address, else by coordinate."""
        community = row.get("community", "") if row.get("community", "").isdigit() else ""
        doors = self.directory.find(address, community)
        if len(doors) == 1:
            return doors[0]
        point = self._point(row)
        if point is not None and self.map is not None:
            door = self.map.at(point, among=[door.pk for door in doors])
            if door is not None:
                return door
            raise RowRefused(
                "unplaced", _noop("地址没有对上楼栋，坐标 %(near)s 米内也没有楼道。"), place=point, near=int(NEAR)
            )
        raise self._unplaced(address, doors)

    def _unplaced(self, address: Address, doors: list[Door]) -> RowRefused:
        if len({door.building for door in doors}) > 1:
            sentence = _noop("地址对上了 %(count)s 栋楼，请补充社区或楼号。")
            return RowRefused("ambiguous_building", sentence, field="address", count=len({d.building for d in doors}))
        if doors:
            sentence = _noop("这栋楼有 %(count)s 个单元，请写明单元。")
            return RowRefused("ambiguous_stairwell", sentence, field="stairwell", count=len(doors))
        if address.stairwell and self.directory.is_known(address):
            sentence = _noop("这栋楼没有 %(number)s 单元，请核对。")
            return RowRefused("unknown_stairwell", sentence, field="stairwell", number=address.stairwell)
        if not address:
            return RowRefused("unplaced", _noop("没有地址，也没有坐标，无法归到楼道。"), field="address")
        sentence = _noop("没有叫“%(what)s”的楼栋，请核对小区和楼号，或先导入这栋楼。")
        what = f"{address.compound or address.street}{address.building and address.building + '号楼'}"
        return RowRefused("unplaced", sentence, field="address", what=what[:40])

    def _point(self, row: Mapping[str, str]) -> tuple[float, float] | None:
        lon, lat = row.get("lon", ""), row.get("lat", "")
        if not lon or not lat:
            return None
        try:
            x, y = float(lon), float(lat)
        except ValueError:
            raise RowRefused("bad_coordinate", _noop("经纬度不是数字。"), field="lon") from None
        if not (abs(x) <= 180 and abs(y) <= 85):  # also refuses NaN
            raise RowRefused("bad_coordinate", _noop("经纬度超出范围，或经度和纬度写反了。"), field="lon")
        return to_wgs84(x, y, self.coord_type)


class _Map:
    """Standing stairwells by place."""

    def __init__(self, stairwells: models.QuerySet[Stairwell]):
        fields = ("pk", "code", "number", "building_id", "building__community__code")
        rows = list(stairwells.annotate(wkb=AsWKB("footprint")).order_by("code").values_list(*fields, "wkb"))
        self.doors = [Door(*row[:-1]) for row in rows]
        shapes = shapely.from_wkb([bytes(row[-1]) for row in rows]) if rows else np.array([])
        self.origin = tuple(shapely.get_coordinates(shapes)[0].tolist()) if rows else (0.0, 0.0)
        self.shapes = flatten(shapes, self.origin)
        self.tree = shapely.STRtree(self.shapes)
        self.number = {door.pk: index for index, door in enumerate(self.doors)}

    def at(self, point: tuple[float, float], *, among: list[int]) -> Door | None:
        """The door whose footprint holds a point or is nearest within `NEAR`; among some doors if any are given."""
        spot = flatten([shapely.Point(point)], self.origin)[0]
        near = self.tree.query(spot, predicate="dwithin", distance=NEAR).tolist()
        wanted = {self.number[pk] for pk in among}
        near = [index for index in near if index in wanted] if wanted else near
        distance = shapely.distance(self.shapes[near], spot).tolist() if near else []
        return self.doors[min(zip(distance, near, strict=True))[1]] if near else None


# Cells


def _check_cells(row: Mapping[str, str]) -> None:
    for name, value in row.items():
        if value.startswith(("=", "@")) or (value.startswith(("+", "-")) and name in ("head", "address", "room")):
            raise RowRefused("formula", _noop("单元格里是公式，请改成文字。"), field=name)
        if is_garbled(value):
            raise RowRefused("garbled", _noop("这一格是乱码，请用 --encoding 说明文件的编码，或更正。"), field=name)


def _address(row: Mapping[str, str]) -> Address:
    """What the address column says, and over it what the columns for its parts say."""
    address = read_address(row.get("address", ""))
    if row.get("compound"):
        said = read_address(row["compound"])
        address = replace(address, compound=said.compound or said.street or row["compound"])
    address = _building(address, row)
    for name in ("stairwell", "room"):
        if value := spelling(row.get(name, "")):
            address = replace(address, **{name: number(_SUFFIX[name].sub("", value))})
    return replace(address, floor=row["floor"].rstrip("层楼")) if row.get("floor") else address


def _building(address: Address, row: Mapping[str, str]) -> Address:
    """The column of the building over the address: 3, 3號樓, 9-1; or 3栋2单元, where the stairwell has no column."""
    value = spelling(row.get("building", ""))
    if not value:
        return address
    said = read_address(value)
    plain = number(_SUFFIX["building"].sub("", value))
    if not said.building or (row.get("stairwell") and _PAIR.fullmatch(plain)):
        return replace(address, building=plain)
    more = {name: part for name in ("compound", "stairwell", "room") if (part := getattr(said, name))}
    kept = {name: getattr(address, name) or part for name, part in more.items()}
    return replace(address, building=said.building, **kept)


def _floor(address: Address) -> int | None:
    """The floor as said, else by the room's number: 501 and 1203 have theirs in front."""
    text = address.floor.replace("B", "-")
    if re.fullmatch(r"-?[0-9]{1,3}", text):
        return int(text)
    return int(address.room[:-2]) if re.fullmatch(r"[1-9][0-9]{2,3}", address.room) else None


def _phone(text: str) -> str:
    """A phone number of the shape that numbers in China have; blank stays blank."""
    plain = re.sub(r"[\s\-()]", "", text)
    if not plain:
        return ""
    text = text.replace("(", "").replace(")", "-").strip()
    if not _MOBILE_OR_LANDLINE.fullmatch(plain) or not _is_phone(text):
        raise RowRefused("bad_phone", _noop("电话号码的格式不对：手机 11 位，座机带区号。"), field="phone")
    return text


def _is_phone(text: str) -> bool:
    try:
        PHONE(text)
    except ValidationError:
        return False
    return True


# Comparing and writing


def _compare(plan: HouseholdImport, entries: list[Entry], community: str, allow_mass_delete: bool) -> None:
    count = plan.report.count("households")
    stored = {row.source_id: row for row in Household.objects.filter(source=plan.label).select_related("dwelling")}
    for entry in entries:
        old = stored.get(entry.key)
        if old is None:
            plan.insert.append(entry)
            count.new += 1
        elif _same(entry, old):
            count.unchanged += 1
        else:
            plan.update.append((old.pk, entry))
            count.changed += 1
    seen = {entry.key for entry in entries}
    in_scope = _in_scope(plan.label, community, entries)
    plan.gone = [row.pk for key, row in stored.items() if key not in seen and row.pk in in_scope]
    check_mass_delete(str(LAYERS["households"]), len(in_scope), len(plan.gone), allowed=allow_mass_delete)
    count.gone = len(plan.gone)
    _count_dwellings(plan)


def _count_dwellings(plan: HouseholdImport) -> None:
    """The dry run names what the commit will do, doors included."""
    doors = _doors_of(plan)
    known = _known_dwellings(doors)
    if doors:
        count = plan.report.count("dwellings")
        count.new = len(doors.keys() - known.keys())
        count.changed = sum(_update_status(row, doors[door].status) for door, row in known.items())


def _doors_of(plan: HouseholdImport) -> dict[tuple[int, str], Entry]:
    """The last entry for each door that is written to."""
    entries = [*plan.insert, *(entry for _pk, entry in plan.update)]
    return {(entry.stairwell, entry.room): entry for entry in entries}


def _known_dwellings(doors: Mapping[tuple[int, str], Entry]) -> dict[tuple[int, str], Dwelling]:
    stored = Dwelling.objects.filter(stairwell__in={stairwell for stairwell, _room in doors})
    known = {(row.stairwell_id, row.room): row for row in stored}
    return {door: row for door, row in known.items() if door in doors}


def _in_scope(label: str, community: str, entries: list[Entry]) -> set[int]:
    """Stored households that the list speaks about: of its source, in the communities that it names."""
    rows = Household.objects.filter(source=label)
    place = "dwelling__stairwell__building__community"
    if community:
        return set(rows.filter(**{f"{place}__code": community}).values_list("pk", flat=True))
    doors = {entry.stairwell for entry in entries}
    named = Stairwell.objects.filter(pk__in=doors).values_list("building__community", flat=True)
    return set(rows.filter(**{f"{place}__in": set(named)}).values_list("pk", flat=True))


def _same(entry: Entry, old: Household) -> bool:
    dwelling = old.dwelling
    return (
        (entry.stairwell, entry.room) == (dwelling.stairwell_id, dwelling.room)
        and (entry.head or old.head, entry.phone or old.phone, entry.people) == (old.head, old.phone, old.people)
        and entry.status in (dwelling.status, Dwelling.Status.OTHER)
    )


def _write(plan: HouseholdImport, progress: Progress) -> None:
    progress(_("写入"), 0, len(plan.insert))
    dwellings = _dwellings(plan)
    rows = [
        {
            "dwelling": dwellings[entry.stairwell, entry.room], "head": entry.head, "phone": entry.phone,
            "people": entry.people, "source": plan.label, "source_id": entry.key,
        }
        for entry in plan.insert
    ]  # fmt: skip
    writing.copy(Household, rows)
    progress(_("写入"), len(rows), len(rows))
    stored = Household.objects.in_bulk([pk for pk, _entry in plan.update])
    for pk, entry in plan.update:
        row = stored[pk]
        row.dwelling_id = dwellings[entry.stairwell, entry.room]
        row.head, row.phone, row.people = entry.head or row.head, entry.phone or row.phone, entry.people
    Household.objects.bulk_update(stored.values(), ["dwelling", "head", "phone", "people"], batch_size=2000)
    Household.objects.filter(pk__in=plan.gone).delete()


def _dwellings(plan: HouseholdImport) -> dict[tuple[int, str], int]:
    """Primary keys of the dwellings of entries, made where they are missing."""
    doors = _doors_of(plan)
    known = _known_dwellings(doors)
    missing = [entry for door, entry in doors.items() if door not in known]
    pks = writing.new_ids(Dwelling, len(missing))
    rows = [
        {"id": pk, "stairwell": entry.stairwell, "floor": entry.floor, "room": entry.room, "status": entry.status}
        for pk, entry in zip(pks, missing, strict=True)
    ]
    writing.copy(Dwelling, rows)
    changed = [row for door, row in known.items() if _update_status(row, doors[door].status)]
    Dwelling.objects.bulk_update(changed, ["status"], batch_size=2000)
    made = {(entry.stairwell, entry.room): pk for entry, pk in zip(missing, pks, strict=True)}
    return made | {door: row.pk for door, row in known.items()}


def _update_status(row: Dwelling, status: str) -> bool:
    if status in (row.status, Dwelling.Status.OTHER):
        return False
    row.status = status
    return True
