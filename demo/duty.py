"""Who was on duty where in the demo, asked of the database once, and who puts things right: the invented units."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from django.contrib.auth.hashers import make_password

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area, Facility
from cases.models import Category, DispatchRule, HandlingUnit
from demo.diary import Door
from demo.matters import HANDLERS, MATTERS
from geo.geos import to_shapely
from grids.models import Appointment, Assignment, GridBoundary, Leave

EDGE = 16 / 111_320 / 0.77  # degrees: a little more than the 15 m within which a person decides, at 39 degrees north
LOGIN = ("350125100", "water")  # the unit whose member may log in
MEMBERS = ("周师傅", "吴师傅", "何师傅", "蔡师傅", "沈师傅", "魏师傅")


@dataclass(frozen=True)
class Duty:
    doors: list[Door]
    markets: list[tuple[float, float]]  # lon/lat
    inner: dict[int, Any]  # grid: its ground without a strip along the edge
    workers: dict[int, list[tuple[int, int | None]]]  # grid: person and deputy, full time first
    away: dict[int, list[Any]]  # person: ranges of dates
    staff: dict[int, int]  # community: person
    dispatchers: dict[str, int]  # subdistrict's code: person
    secretaries: dict[int, int]  # community: person
    units: dict[tuple[str, str], tuple[int, int]]  # subdistrict's code and trade: unit, member
    names: dict[int, str]  # of the units
    rules: dict[tuple[int, str], str]  # category and subdistrict's code: number and words of the rule

    @classmethod
    def read(cls, since: date, units: dict[tuple[str, str], tuple[int, int]]) -> "Duty":
        posts = Appointment.objects.in_force(since)

        def holders(role: Role, key: str) -> dict[Any, int]:
            """Of those who hold a role at one place the first."""
            return dict(posts.filter(role=role).order_by("-pk").values_list(key, "person_id"))

        return cls(
            doors=_doors(since),
            markets=[_lonlat(spot) for spot in _markets()],
            inner=_inner(since),
            workers=_workers(posts),
            away=_away(),
            staff=holders(Role.COMMUNITY_STAFF, "area_id"),
            secretaries=holders(Role.COMMUNITY_SECRETARY, "area_id"),
            dispatchers=holders(Role.DISPATCHER, "area__code"),
            units=units,
            names=dict(HandlingUnit.objects.values_list("pk", "name")),
            rules={(rule.category_id, rule.area.code): f"{rule.pk}（{rule}）" for rule in _rules_here()},
        )

    def worker(self, grid: int, on: date) -> int | None:
        """Who answers for a grid on a day: its worker; on leave, the deputy."""
        for person, deputy in self.workers.get(grid, ()):
            holder = deputy if self._is_away(person, on) else person
            if holder is not None:
                return holder
        return None

    def _is_away(self, person: int, on: date) -> bool:
        return any(span.lower <= on < span.upper for span in self.away.get(person, ()))

    def well_inside(self, door: Door, lon: float, lat: float) -> bool:
        return bool(shapely.contains_xy(self.inner[door.grid], lon, lat))


def _rules_here() -> Any:
    return DispatchRule.objects.exclude(area=None).exclude(category=None).select_related("area", "category")


def _doors(since: date) -> list[Door]:
    rows = Assignment.objects.filter(plan__in_force__contains=since).values_list(
        "stairwell_id", "stairwell__code", "stairwell__entrance", "stairwell__building_id",
        "stairwell__building__floors", "stairwell__building__compound__kind", "plan__community_id", "plan_id",
        "boundary__parent__grid_id", "boundary__grid_id",
    )  # fmt: skip
    return [
        Door(pk, code, *_lonlat(entrance), building, floors or 1, compound or "", community, plan, grid or alone)
        for pk, code, entrance, building, floors, compound, community, plan, grid, alone in rows
    ]


def _lonlat(point: Any) -> tuple[float, float]:
    return point.x, point.y


def _markets() -> Any:
    """Markets, and the neighbourhood centre of 宝翠花都, where the stalls stand."""
    kinds = ("market", "neighborhood_center")
    return Facility.objects.filter(kind__in=kinds).order_by("pk").values_list("point", flat=True)


def _inner(since: date) -> dict[int, Any]:
    shapes = GridBoundary.objects.in_force(since).filter(grid__level=1).values_list("grid_id", "boundary")
    inner = {grid: to_shapely(boundary).buffer(-EDGE) for grid, boundary in shapes}  # type: ignore[union-attr]
    shapely.prepare(list(inner.values()))
    return inner


def _workers(posts: Any) -> dict[int, list[tuple[int, int | None]]]:
    found: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    rows = posts.filter(role=Role.GRID_WORKER).order_by("employment", "pk")
    for grid, person, deputy in rows.values_list("grid_id", "person_id", "deputy_id"):
        found[grid].append((person, deputy))
    return found


def _away() -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for person, span in Leave.objects.values_list("person_id", "away"):
        found[person].append(span)
    return found


def set_up_units(prefix: str, password: str) -> dict[tuple[str, str], tuple[int, int]]:
    """The units of both places with a member each, and what goes to them. Unit and member by place and trade."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for area in Area.objects.filter(code__in=HANDLERS):
        for member, (trade, name) in zip(MEMBERS, HANDLERS[area.code].items(), strict=True):
            unit = HandlingUnit.objects.create(name=name, area=area, phone="1990000" + str(9900 + len(found)))
            login = "unit" if (area.code, trade) == LOGIN else f"unit-{len(found) + 1}"
            user = User.objects.create(
                username=prefix + login, name=member, password=password if login == "unit" else make_password(None)
            )
            unit.members.add(user)
            found[area.code, trade] = unit.pk, user.pk
        _rules(area, {trade: found[area.code, trade][0] for trade in HANDLERS[area.code]})
    return found


def _rules(area: Area, units: dict[str, int]) -> None:
    """In this place these categories go to these units; all others go by the general rules."""
    categories = {category.code: category for category in Category.objects.all()}
    rules = [
        DispatchRule(category=category, level=category.level, area=area, handling_unit_id=units[matter.unit])
        for matter in MATTERS
        if matter.unit and (category := categories[matter.code])
    ]
    DispatchRule.objects.bulk_create(rules)
