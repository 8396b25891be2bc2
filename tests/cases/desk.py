"""A case in the square community of tests/grids, and a unit that handles some."""

from datetime import timedelta
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone

from accounts.models import User
from buildings.models import Area, Building
from cases.models import Case, Category, HandlingUnit, Move, Reporter
from grids.models import Grid
from tests.grids.test_contact import IN_B1

PHONE, NAME, EMAIL = "13912345678", "陈秀英", "xiuying@example.org"


def a_category(**more: Any) -> Category:
    known = Category.objects.filter(code=more.get("code", "t1")).first()
    return known or Category.objects.create(**({"code": "t1", "name": "楼道照明"} | more))


def a_case(net: Area, *, point: Point = IN_B1, **more: Any) -> Case:
    """A case as the intake leaves it, in the west grid's first building."""
    now = timezone.now()
    said = {
        "category": more.pop("category", None) or a_category(),
        "text": "三楼的灯不亮",
        "place_from": "door",
        "coord_type": "wgs84",
        "building": Building.objects.get(number="1"),
        "community": net,
        "grid": Grid.objects.get(name="西格"),
        "reported_at": now - timedelta(hours=1),
        "due_at": now + timedelta(hours=3),
        "handle_due_at": now + timedelta(days=2),
        "version": 1,
    }
    case = Case.objects.create(point=point, **(said | more))
    Move.objects.create(
        case=case, at=case.reported_at, act="report", status=case.status, level=case.level, grid=case.grid,
        person=case.person, due_at=case.due_at,
    )  # fmt: skip
    return case


def reported_by(case: Case) -> Reporter:
    return Reporter.objects.create(case=case, name=NAME, phone=PHONE, email=EMAIL, mark="m" * 43)


def a_unit(net: Area, *members: User, name: str = "照明公司") -> HandlingUnit:
    unit = HandlingUnit.objects.create(name=name, area=net, phone="0591-2248 7777")
    unit.members.add(*members)
    return unit
