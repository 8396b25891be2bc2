"""
What an extract cuts off. Ten nodes in a row; ways name some that are not in the file.

    1---2---3 ... 10    104.5, 30.9 and 0.001 degrees apart
"""

import osmium
import pytest
from osmium.osm.mutable import Node, Relation, Way

from buildings.imports.pbf import incomplete

pytestmark = pytest.mark.filterwarnings("ignore")
WEST, SOUTH = 104.5, 30.9


@pytest.fixture
def extract(tmp_path):
    """Write ways and relations over the ten nodes; returns what of them is incomplete."""

    def write(ways, relations=(), suffix=".osm.pbf"):
        path = tmp_path / f"cut{suffix.replace(',', '_')}"
        header = osmium.io.Header()
        with osmium.SimpleWriter(osmium.io.File(str(path), suffix.removeprefix(".osm.")), header=header) as out:
            for number in range(1, 11):
                out.add_node(Node(id=number, location=(WEST + number / 1000, SOUTH + number / 1000)))
            for number, nodes in enumerate(ways, start=1):
                out.add_way(Way(id=number, nodes=nodes, tags={"building": "yes"}))
            for number, members in enumerate(relations, start=1):
                out.add_relation(Relation(id=number, members=[("w", way, "outer") for way in members]))
        return incomplete(path)

    return write


@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm.pbf,pbf_dense_nodes=false", ".osm.pbf,pbf_compression=none"])
def test_a_way_without_some_of_its_nodes_is_named_with_a_place_that_is_known(extract, suffix):
    ways, relations = extract([[1, 2, 3, 1], [98, 4, 99, 98], [97, 98, 97]], suffix=suffix)
    assert ways.keys() == {2, 3}
    assert ways[2] == pytest.approx((104.504, 30.904), abs=1e-7)
    assert ways[3] is None
    assert relations == {}


def test_a_relation_is_whole_when_all_its_ways_are(extract):
    _ways, relations = extract([[1, 2, 3, 1], [98, 4, 98]], [[1], [1, 2], [77, 1], [77]])
    assert relations.keys() == {2, 3, 4}
    assert relations[2] == pytest.approx((104.501, 30.901), abs=1e-7)
    assert relations[4] is None


def test_south_and_west_are_read_with_their_sign(tmp_path):
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf")) as out:
        out.add_node(Node(id=1, location=(-68.1, -16.5)))
        out.add_way(Way(id=1, nodes=[1, 2]))
    assert incomplete(tmp_path / "a.osm.pbf")[0][1] == pytest.approx((-68.1, -16.5), abs=1e-7)
