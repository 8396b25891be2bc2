"""
The differencing attack, on everything about cases that a stranger is told: whatever is taken from what, no figure about
fewer than eight households comes out, and no figure of hot spots about one or two reporters.

An atom is the least that an answer could be about: a building, or the street in a hexagon of a community. Each public
figure counts the cases of a set of atoms, which is found here from the ground and held against the number that was
told. Two atoms that are in the same sets all through cannot be told apart by sums and differences, nor by any other
work on sets; those that can be told apart must have eight households. That covers all pairs, and all sums of figures.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import chain, combinations
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Point
from django.core.cache import cache
from django.db.models import Q
from django.utils.timezone import localdate

from api.permissions import Politeness
from buildings.models import Area, Building, Household
from cases.models import Case, Category, Level, OpenPlace, Reporter, pk_of
from cases.places import LATTICE, public_places
from figures.openheat import periods
from geo.suppression import HOUSEHOLDS, REPORTERS

HEAT, LIST, STATISTICS = "/api/v1/hotspots/", "/api/v1/public/cases.geojson", "/api/v1/statistics/"
NOW = datetime(2026, 6, 15, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def stranger(town, client, monkeypatch):
    """Somebody who asks the demo town, in which some report from the street, and is in a hurry."""
    monkeypatch.setattr(Politeness, "LIMIT", 10**9)
    OpenPlace.objects.all().delete()
    cache.clear()
    report_from_the_street(300)
    return client


def report_from_the_street(many):
    chance, kinds = Random(1), list(Category.objects.filter(parent__isnull=False, sensitive=False))
    areas = list(Area.objects.communities().filter(boundary__isnull=False))
    made = []
    for _ in range(many):
        area, kind = chance.choice(areas), chance.choice(kinds)
        west, south, east, north = area.boundary.extent
        spot = Point(chance.uniform(west, east), chance.uniform(south, north), srid=4326)
        if area.boundary.covers(spot):
            at = NOW - timedelta(days=chance.uniform(0, 700))
            about = {"category": kind, "level": kind.level, "community": area, "reported_at": at}
            made.append(Case(point=spot, place_from="crosshair", coord_type="wgs84", **about))
    Case.objects.bulk_create(made)
    Reporter.objects.bulk_create(Reporter(case=case, mark=f"street{chance.randrange(40)}") for case in made)


class Ground:
    """Atoms, their households, and the cases in them, read from the tables."""

    def __init__(self):
        homes = Counter(Household.objects.values_list("dwelling__stairwell__building", flat=True))
        houses = list(Building.objects.annotate(spot=PointOnSurface("footprint")).select_related("community"))
        self.cases = list(counted().select_related("category__parent", "reporter", "community", "building"))
        streets = {atom_of(case): case for case in self.cases if case.building_id is None}
        self.atoms = [house.pk for house in houses] + list(streets)
        self.homes = np.array([homes[house.pk] for house in houses] + [0] * len(streets))
        self.area = np.array([house.community_id for house in houses] + [atom[0] for atom in streets])
        spots = [*(house.spot for house in houses), *(case.point for case in streets.values())]
        self.points = shapely.points([spot.coords for spot in spots])
        self.number = {atom: number for number, atom in enumerate(self.atoms)}
        self.of_case = np.array([self.number[atom_of(case)] for case in self.cases])
        self.of_number = {case.pk: atom for case, atom in zip(self.cases, self.of_case.tolist(), strict=True)}
        self.label, self.hexagons = self._labels(houses, streets), {}

    def _labels(self, houses, streets):
        """What the public list calls each atom, whether there is a case or not."""
        asked = [
            *(
                Case(pk=-n, building=house, community=house.community, point=house.spot)
                for n, house in enumerate(houses, 1)
            ),
            *streets.values(),
        ]
        found = public_places(asked)
        return [(found[case.pk].kind, found[case.pk].code) for case in asked]

    def inside(self, feature):
        """The atoms in a hexagon, whose corners are told to 10 cm."""
        if feature["id"] not in self.hexagons:
            polygon = shapely.geometry.shape(feature["geometry"]).buffer(1e-6)
            self.hexagons[feature["id"]] = shapely.covers(polygon, self.points)
        return self.hexagons[feature["id"]]

    def in_area(self, code):
        keys = list(Area.objects.communities().filter(code__startswith=code).values_list("pk", flat=True))
        return np.isin(self.area, keys)

    def count(self, atoms, chosen):
        return int((atoms[self.of_case] & chosen).sum())

    def people(self, chosen):
        return {who(self.cases[n]) for n in np.flatnonzero(chosen)}


def atom_of(case):
    at_cell = int(LATTICE.cells_of([case.point.x], [case.point.y])[0])
    return case.building_id or (case.community_id, at_cell)


def who(case):
    return case.reporter.mark if hasattr(case, "reporter") else ""


def counted(sensitive=False):
    kept = Case.objects.exclude(status__in=("rejected", "voided")).filter(community__isnull=False).order_by("pk")
    return kept if sensitive else kept.exclude(Q(category__sensitive=True) | Q(category__parent__sensitive=True))


# What is told


def questions():
    """Every question about hot spots that a stranger can ask."""
    classes = Category.objects.filter(parent=None, sensitive=False).values_list("code", flat=True)
    parts = [{}, *({"category": code} for code in classes), *({"level": level} for level in Level.values)]
    return [(period, part) for period in periods(localdate()) for part in parts]


def of_question(ground, period, part):
    """Which cases a question is about."""
    since, end = period.span
    return np.array(
        [
            since <= case.reported_at < end
            and part.get("category") in (None, case.category.code, case.category.parent and case.category.parent.code)
            and part.get("level") in (None, case.level)
            for case in ground.cases
        ]
    )


def heat_figures(stranger, ground):
    """Hexagons with a figure: period and hexagon, part, the atoms that it counts, the cases that it could count."""
    told = list(heat_answers(stranger, ground))
    of_hexagon = defaultdict(list)
    for _key, _part, feature, about in told:
        of_hexagon[feature["id"]].append((feature, about))
    atoms = {cell: counted_by(ground, figures) for cell, figures in of_hexagon.items()}
    return [(key, part, atoms[feature["id"]], about) for key, part, feature, about in told]


def heat_answers(stranger, ground):
    for period, part in questions():
        answer = stranger.get(HEAT, {"period": period.name, **part})
        assert answer.status_code == 200
        about = of_question(ground, period, part)
        for feature in answer.json()["features"]:
            if feature["properties"]["shown"]:
                yield (period.name, feature["id"]), part, feature, about


def counted_by(ground, figures):
    """The atoms in a hexagon, of those of its communities with which all that was told of it comes out."""
    here = ground.inside(figures[0][0])
    areas = sorted(set(ground.area[here]))
    for some in chain.from_iterable(combinations(areas, n) for n in range(len(areas) + 1)):
        atoms = here & np.isin(ground.area, some)
        if all(fits(ground, atoms, feature["properties"], about) for feature, about in figures):
            return atoms
    raise AssertionError(f"nothing in the hexagon gives {figures[0][0]}")


def fits(ground, atoms, told, about):
    return ground.homes[atoms].sum() == told["households"] and ground.count(atoms, about) == told["count"]


def list_figures(stranger, ground):
    """The single cases of the public list: each says of the atoms of one name that one of them has it."""
    before, names = "", set()
    while before is not None:
        document = stranger.get(LIST, {"size": 500} | ({"before": before} if before else {})).json()
        names |= {tell(feature, ground) for feature in document["features"]}
        before = document["next_before"]
    return [np.array([label == name for label in ground.label]) for name in sorted(names)]


def tell(feature, ground):
    told = (feature["properties"]["place"], feature["properties"]["place_code"])
    assert ground.label[ground.of_number[pk_of(feature["id"])]] == told
    return told


def statistics_figures(stranger, ground):
    for period in periods(localdate()):
        for by in ("district", "subdistrict", "community"):
            rows = stranger.get(STATISTICS, {"period": period.name, "by": by}).json()["rows"]
            for row in rows:
                if row["reported"] is not None:
                    yield ground.in_area(row["code"])


def smallest_group(ground, figures):
    """Households of the smallest set of atoms that the figures tell apart from all others."""
    rows = np.unique(np.array(figures), axis=0)
    columns, group = np.unique(rows.T, axis=0, return_inverse=True)
    homes = np.bincount(group.ravel(), ground.homes)
    return homes[columns.any(axis=1)].min()


def every_figure(stranger, ground):
    heat = [atoms for _key, _part, atoms, _about in heat_figures(stranger, ground)]
    return [*heat, *list_figures(stranger, ground), *statistics_figures(stranger, ground)]


def test_nothing_public_singles_out_fewer_than_eight_households(stranger):
    ground = Ground()
    figures = every_figure(stranger, ground)
    assert len(figures) > 500
    assert smallest_group(ground, figures) >= HOUSEHOLDS


@pytest.mark.parametrize("weakened", ["_few_households", "HOUSEHOLDS"])
def test_the_attack_finds_a_house_where_less_is_withheld(stranger, monkeypatch, weakened):
    without = {"_few_households": lambda tree, hidden: tree.households < 0, "HOUSEHOLDS": 1}
    monkeypatch.setattr(f"geo.suppression.{weakened}", without[weakened])
    ground = Ground()
    assert smallest_group(ground, list_figures(stranger, ground)) < HOUSEHOLDS


# Reporters, of hot spots


def fewest_reporters(stranger, ground):
    """
    Over all hexagons and periods, of whatever can be worked out: classes or levels that are shown, and what the shown
    ones leave of the whole. Sums of classes and of levels together give nothing more: a set of cases that is a sum of
    rows and columns of a table is one of rows or one of columns.
    """
    parts = defaultdict(lambda: defaultdict(list))
    whole = {}
    for key, part, atoms, about in heat_figures(stranger, ground):
        chosen = atoms[ground.of_case] & about
        if part:
            parts[key][next(iter(part))].append(chosen)
        else:
            whole[key] = chosen
    groups = [one for kinds in parts.values() for shown in kinds.values() for one in shown]
    rests = [whole[key] & ~np.any(shown, axis=0) for key, kinds in parts.items() for shown in kinds.values()]
    found = [ground.people(group) for group in [*whole.values(), *groups, *rests]]
    return min(len(people) for people in found if people)


def test_no_figure_of_hot_spots_is_about_one_or_two_reporters(stranger):
    assert fewest_reporters(stranger, Ground()) >= REPORTERS


def test_the_attack_finds_reporters_where_only_small_figures_are_withheld(stranger, monkeypatch):
    monkeypatch.setattr("geo.suppression._few_reporters", lambda tree, hidden: tree.counts < 0)
    assert fewest_reporters(stranger, Ground()) < REPORTERS


# What a stranger cannot ask


@pytest.mark.parametrize(
    "query",
    [
        {"period": "2026-05"},  # a month, of which quarters are made
        {"period": "2025"},
        {"period": "2099-Q4"},
        {"period": "2099-Q4", "date": "2199-12-31"},  # a quarter does not end because a day is named
        {"category": "3101"},  # a category, of which classes are made
        {"category": "3106"},  # a sensitive one
        {"category": "31", "level": "1"},
        {"places": "grids"},
        {"area": "350125100001"},
    ],
)
@pytest.mark.parametrize("address", [HEAT, "/hotspots/"])
def test_a_stranger_cannot_ask_for_more(stranger, address, query):
    assert stranger.get(address, query).status_code == 400


def test_the_page_tells_what_the_api_tells(stranger):
    rows = stranger.get("/hotspots/", {"period": "2026-Q1"}).context["page"].paginator.object_list
    features = stranger.get(HEAT, {"period": "2026-Q1"}).json()["features"]
    told = {str(one["id"]): one["properties"].get("count") for one in features}
    assert {row.key: row.count for row in rows} == told
