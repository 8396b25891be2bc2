import re
from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from buildings.models import Area, Building, Household
from grids.admin import in_words
from grids.models import Appointment, GridBoundary, Leave, Plan
from tests.pages.conftest import on_leave

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client, net, worker):
    client.force_login(User.objects.create_superuser("root", name="管理员"))
    return client


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: str(model)))
def test_each_list_and_each_row_can_be_opened_and_searched(administrator, model):
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    assert administrator.get(reverse(f"{name}_changelist"), {"q": "西"}).status_code == 200
    row = model._default_manager.first()
    if row is not None:
        assert administrator.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


def test_people_behind_doors_are_not_in_the_administration():
    assert Household not in admin.site._registry


def test_a_shape_can_be_seen_and_not_typed(administrator):
    community = Area.objects.communities().get()
    page = administrator.get(reverse("admin:buildings_area_change", args=[community.pk])).content.decode()
    assert "MULTIPOLYGON" in page
    assert 'name="boundary"' not in page
    assert "openlayers" not in page.lower()


def test_a_published_boundary_cannot_be_changed(administrator):
    boundary = GridBoundary.objects.first()
    url = reverse("admin:grids_gridboundary_change", args=[boundary.pk])
    assert administrator.post(url, {"pieces": 7}).status_code == 403
    assert administrator.post(reverse("admin:grids_gridboundary_delete", args=[boundary.pk])).status_code == 403


def test_a_name_can_be_mended(administrator):
    building = Building.objects.first()
    url = reverse("admin:buildings_building_change", args=[building.pk])
    data = {"code": building.code, "community": building.community_id, "number": "1", "name": "一号楼", "kind": "other"}
    assert administrator.post(url, data).status_code == 302
    building.refresh_from_db()
    assert building.name == "一号楼"


def test_a_plan_whose_successor_begins_next_week_is_listed_as_in_force(administrator, net):
    next_week = timezone.localdate() + timedelta(days=7)
    old = Plan.objects.get()
    Plan.objects.filter(pk=old.pk).update(in_force=DateRange(old.in_force.lower, next_week))
    later = {"status": Plan.Status.PUBLISHED, "in_force": (next_week, None), "published_at": timezone.now()}
    Plan.objects.create(community=net, number=2, **later)
    page = administrator.get(reverse("admin:grids_plan_changelist")).content.decode()
    assert re.findall(r'class="field-stage">([^<]+)<', page) == ["待施行", "施行中"]


SPANS = [
    ((date(2026, 1, 1), None), "自2026-01-01起"),
    ((date(2026, 1, 1), date(2026, 7, 1)), "2026-01-01 至 2026-06-30"),
    ((None, date(2026, 7, 1)), "至2026-06-30"),
    ((None, None), ""),
]


@pytest.mark.parametrize(("span", "words"), SPANS)
def test_a_span_of_dates_is_said_as_people_say_it(span, words):
    assert in_words(DateRange(*span)) == words


@pytest.mark.parametrize("model", [Appointment, Leave, Plan, GridBoundary])
def test_no_page_of_the_administration_shows_a_span_as_python_writes_it(administrator, worker, model):
    on_leave(worker, date(2026, 1, 1))
    name = f"admin:grids_{model._meta.model_name}"
    row = model.objects.exclude(in_force=None).first() if model is not Leave else model.objects.get()
    for url in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])):
        page = administrator.get(url).content.decode()
        assert "None)" not in page
        assert "datetime.date" not in page
        is_form = model in (Appointment, Leave) and url.endswith("/change/")
        assert re.search("自20..-..-..起|2026-01-01", page) or is_form
