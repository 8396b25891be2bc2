"""An invented hamlet as an OpenStreetMap extract: a dozen houses on two streets, far from any real one."""

from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

WEST, SOUTH = 104.5000, 30.9000


def write(path: Path) -> Path:
    """The hamlet as .osm.pbf (or .osm, by the name)."""
    with osmium.SimpleWriter(str(path)) as out:
        draft = _Draft()
        _streets(draft)
        for row in range(2):
            for column in range(6):
                _house(draft, 0.0004 + 0.0006 * column, 0.0003 + 0.0012 * row, number=row * 6 + column + 1)
        for number, (lon, lat, tags) in enumerate(draft.nodes, start=1):
            out.add_node(Node(id=number, location=(WEST + lon, SOUTH + lat), tags=tags))
        for number, (nodes, tags) in enumerate(draft.ways, start=1):
            out.add_way(Way(id=number, nodes=nodes, tags=tags))
    return path


class _Draft:
    """Nodes and ways by number, from 1."""

    def __init__(self) -> None:
        self.nodes: list[tuple[float, float, dict[str, str]]] = []
        self.ways: list[tuple[list[int], dict[str, str]]] = []

    def node(self, lon: float, lat: float, **tags: str) -> int:
        self.nodes.append((lon, lat, tags))
        return len(self.nodes)


def _streets(draft: _Draft) -> None:
    for lat, name in ((0.0, "柳溪南路"), (0.0011, "柳溪北路")):
        ends = [draft.node(0.0, lat), draft.node(0.0040, lat + 0.0001)]
        draft.ways.append((ends, {"highway": "residential", "name": name}))


def _house(draft: _Draft, lon: float, lat: float, *, number: int) -> None:
    wide, deep = 0.0004, 0.00012
    corners = [draft.node(lon, lat), draft.node(lon + wide, lat), draft.node(lon + wide, lat + deep)]
    corners.append(draft.node(lon, lat + deep))
    tags = {"building": "apartments", "building:levels": "6", "addr:housenumber": str(number), "ref": str(number)}
    draft.ways.append(([*corners, corners[0]], tags))
