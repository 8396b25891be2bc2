"""
The borders of the grids of the square in words, after building 1 went from the west to the east.

          北街
    +-----------+-----------+
    |  b1       |  b2       |
    +-----------+           |  江堤
    |  b3       |  b4       |
    +-----------+-----------+
        west        east
"""

import pytest
from django.contrib.gis.geos import LineString

from buildings.models import Barrier, Compound, Road
from planning.bounds import in_words
from planning.impact import impact
from tests.grids.conftest import CODE, SIDE, SOUTH, box, cells, community, draft, multi  # noqa: F401
from tests.grids.conftest import WEST as LEFT
from tests.planning.test_impact import B1, EAST, WEST, base, do, planner, redraw  # noqa: F401


def line(*ends: tuple[float, float]) -> LineString:
    """From end to end, in parts of the community's side."""
    return LineString(*[(LEFT + SIDE * x, SOUTH + SIDE * y) for x, y in ends], srid=4326)


@pytest.fixture
def named(redraw, planner):  # noqa: F811
    Road.objects.create(name="北街", kind="street", line=line((0, 1), (1, 1)))
    Barrier.objects.create(name="江堤", kind="river", line=line((1, 0), (1, 1)))
    do(redraw, planner, op="assign", units=B1, to=EAST)
    return redraw


def test_each_side_is_named_by_its_line_its_neighbour_or_the_edge_of_the_community(named):
    words = in_words(impact(named))
    assert words[WEST] == "东至东格，南至社区边界，西至社区边界，北至东格，含3号楼"
    assert words[EAST].startswith("东至江堤，")
    assert words[EAST].endswith("，北至北街，含1、2、4号楼")


def test_buildings_are_told_by_compound(named):
    outline = multi(box(0, 0, 1, 1))
    west = Compound.objects.create(code=f"{CODE}-1", community=named.community, name="西苑", boundary=outline)
    named.community.buildings.update(compound=west)
    assert in_words(impact(named))[EAST].endswith("含西苑1、2、4号楼")


def test_what_changed_nothing_needs_no_words(redraw, django_assert_num_queries):  # noqa: F811
    found = impact(redraw)
    with django_assert_num_queries(0):
        assert in_words(found) == {}
