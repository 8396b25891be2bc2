"""What a comparison says as tables, for CSV, paper and pages. Counts only: no sheet names who lives anywhere."""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from buildings import tables
from planning.impact import Change, Door, Figures, Impact, Person

Value = str | int | float
NOT_TOLD = "—"  # of too few households


class Sheet(NamedTuple):
    """A table with a title; each row is as long as the head."""

    title: str
    head: list[str]
    rows: list[list[Value]]


def sheets(found: Impact) -> list[Sheet]:
    """All that a comparison says, in the order in which it is read."""
    return [handed_over(found), grids(found), people(found), brief_doors(found), cases(found), plates(found)]


def handed_over(found: Impact) -> Sheet:
    head = [_("原网格"), _("新网格"), _("楼栋"), *_counted()]
    rows = [
        [name(found, each.giver), name(found, each.taker), "、".join(each.buildings), *_counts(each.counts)]
        for each in found.handings
    ]
    return Sheet(_("换网格的楼栋"), head, rows)


def grids(found: Impact) -> Sheet:
    """Figures of each grid, before and after."""
    head = [_("网格"), _("变化"), *_counted(), _("公顷"), _("网格编码")]
    return Sheet(_("网格前后对照"), head, [_grid(change) for change in found.grids])


def _grid(change: Change) -> list[Value]:
    counts = zip(_counts(change.before), _counts(change.after), strict=True)
    areas = [round(area / 10_000, 2) for area in (change.area_before, change.area_after)]
    pairs: list[Value] = [arrow(before, after) for before, after in [*counts, (areas[0], areas[1])]]
    return [change.name, fate(change), *pairs, change.code or ""]


def arrow(before: Value, after: Value) -> str:
    """A figure that changes; one that does not is said once."""
    return f"{before} → {after}" if before != after else str(after)


def people(found: Impact) -> Sheet:
    head = [_("人员"), _("岗位"), _("看住户"), _("新增楼道"), _("移出楼道"), *_counted()]
    return Sheet(_("人员的变化"), head, [_person(person) for person in found.people])


def _person(person: Person) -> list[Value]:
    sees = _("是") if person.sees else ""
    doors: list[Value] = [len(person.gained), len(person.lost)]
    counts = zip(_counts(person.before), _counts(person.after), strict=True)
    return [person.name, "、".join(person.roles), sees, *doors, *(arrow(*pair) for pair in counts)]


def brief_doors(found: Impact) -> Sheet:
    """The same for those who read: without the codes of grids and buildings."""
    whole = doors(found)
    kept = [0, 2, 4, 6, 7, 8, 9]
    return Sheet(whole.title, [whole.head[at] for at in kept], [[row[at] for at in kept] for row in whole.rows])


def doors(found: Impact) -> Sheet:
    """A row for each stairwell that changes grid."""
    hands = [_("原网格编码"), _("原网格"), _("新网格编码"), _("新网格")]
    head = [_("楼道编码"), _("楼栋编码"), _("楼道"), *hands, *_counted()[1:]]
    return Sheet(_("换网格的楼道"), head, [_door(found, door) for door in found.moved])


def _door(found: Impact, door: Door) -> list[Value]:
    old, new = door.before.grid, door.after.grid
    grids = [found.code(old) or "", name(found, old), found.code(new) or "", name(found, new)]
    return [door.code, door.building, door.title, *grids, *_counts(door.counts)[1:]]


def cases(found: Impact) -> Sheet:
    """The open cases that go to another grid, by number: what they are about is for those who handle them."""
    rows: list[list[Value]] = [
        [each.case.number, each.case.status, name(found, each.giver), name(found, each.taker)] for each in found.cases
    ]
    return Sheet(_("换网格的未办结诉求"), [_("编号"), _("状态"), _("原网格"), _("新网格")], rows)


def plates(found: Impact) -> Sheet:
    head = [_("楼道编码"), _("楼道"), _("网格"), _("原因")]
    rows: list[list[Value]] = [
        [plate.door.code, plate.door.title, name(found, plate.door.after.grid), reasons(plate.reasons)]
        for plate in found.plates
    ]
    return Sheet(_("要重新印的公示牌和楼道单"), head, rows)


def reasons(codes: Iterable[str]) -> str:
    words = {"grid": _("换网格"), "segment": _("换楼段"), "name": _("网格改名")}
    return "、".join(words[code] for code in codes)


def fate(change: Change) -> str:
    words = {"added": _("新设"), "removed": _("撤销"), "changed": _("调整"), "renamed": _("改名")}
    word = words.get(change.fate, "")
    is_renamed = change.old_name and change.old_name != change.name and change.fate != "removed"
    return f"{word}（{_('原名')}{change.old_name}）" if is_renamed else word


def name(found: Impact, identity: str | None) -> str:
    """What people call a grid, or that it is none."""
    return found.name(identity) or _("不在网格里")


def _counted() -> list[str]:
    return [_("楼道"), _("户"), _("人"), _("独居")]


def _counts(figures: Figures) -> list[Value]:
    return [NOT_TOLD if count is None else count for count in figures.told.values()]


def as_csv(sheet: Sheet) -> bytes:
    return tables.as_csv(sheet.head, sheet.rows)


def sentence(found: Impact) -> str:
    """The first thing to know: how many households change hands, and how many people of them live alone."""
    if not found.moved:
        return _("没有住户换网格。")
    counts = found.counts
    said = counts.told | {"doors": counts.stairwells}
    if found.is_estimated:
        return _("约 %(households)d 户（按楼面估算）换网格，%(doors)d 个楼道。") % said
    if said["alone"] is None:
        return _("%(households)d 户换网格，%(doors)d 个楼道。") % said
    return _("%(households)d 户 %(people)d 人换网格，其中独居 %(alone)d 人。") % said
