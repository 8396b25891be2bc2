"""
What a stroke of the planner's table costs, beside the one call that would only check the net it is drawn on.

The nets are synthetic: cells of about 48 vertices with wavy edges, a building in each, grids of five by five. An edit
must cost by its neighbourhood: the last lines say what ten times the net does to it.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from bench.harness import compare, measure
from geo.coverage import faults
from geo.difference import between
from geo.draft import Draft, start, step
from geo.edit import edit
from geo.errors import EditRefused
from geo.frontier import frontier, moved_on

WEST, SOUTH, SIDE = 119.3, 26.05, 4e-4  # degrees; cells of about 40 m
TURNS = 11  # vertices along each edge of a cell
HOUSEHOLDS = 20.0


def main() -> None:
    small, large = town(32), town(100)
    works = [{kind: stroke(net, each) for kind, each in strokes(net).items()} for net in (small, large)]
    for net, work in zip((small, large), works, strict=True):
        floor = partial(shapely.coverage_is_valid, np.array(list(net.fabric.cells.values()), dtype=object))
        for kind in work:
            compare(
                f"{kind}, checked; coverage_is_valid, {len(net.fabric.cells):,}", work[kind], floor, aim=1, seconds=2
            )
        measure(f"gate of {len(net.fabric.cells):,} buildings", gate(net), aim="<= 2 s")
    for kind in works[0]:
        compare(f"{kind} among 10,000 cells; among 1,024", works[1][kind], works[0][kind], aim=2, seconds=2)
    bench_impact(town(141))


def stroke(draft: Draft, operations: list[dict[str, Any]]) -> Callable[[], object]:
    """One operation after the other on the same draft, with the figures that follow the hand, undo and frontier."""
    turn = cycle(operations)
    known = frontier(draft)

    def work() -> None:
        after, delta = edit(draft, next(turn))
        for change in delta.labels.get("grid", {}).values():
            for label in change:
                after.measures("grid", str(label))
        moved_on(known, after, delta)
        step(after, delta.inverse)

    return work


def gate(draft: Draft) -> Callable[[], object]:
    grids, homes = draft.shapes("grid"), dict(draft.layers["grid"].label)
    parent = shapely.coverage_union_all(list(draft.fabric.cells.values()))
    return lambda: faults(grids, parent, footprints=draft.ground.footprints, assignment=homes)


def bench_impact(draft: Draft) -> None:
    """Who changes hands when one border moves, at 20,000 buildings, beside the bare SQL for the same."""
    (operation, *_) = strokes(draft)["a handover"]
    after = edit(draft, operation).draft
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE hands (unit text, households int, old text, new text) ON COMMIT PRESERVE ROWS"
        )
        rows = [(unit, 20, draft.label("grid", unit), after.label("grid", unit)) for unit in draft.ground.footprints]
        cursor.executemany("INSERT INTO hands VALUES (%s, %s, %s, %s)", rows)
        cursor.execute("ANALYZE hands")

    def bare() -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT old, new, count(*), sum(households) FROM hands WHERE old IS DISTINCT FROM new GROUP BY 1, 2"
            )
            return cursor.fetchall()

    assert sum(row[2] for row in bare()) == len(between(draft, after).units)
    compare(f"impact of one edge, {len(rows):,} buildings; bare SQL", lambda: impact(draft, after), bare, aim=4)


def impact(draft: Draft, after: Draft) -> dict[tuple[str | None, str | None], float]:
    """Households by giver and taker, and the ground that goes with them."""
    found: dict[tuple[str | None, str | None], float] = {}
    for unit, hands in between(draft, after).units.items():
        found[hands] = found.get(hands, 0.0) + draft.weight([unit], "households")
    return found


# A net


def town(count: int, seed: int = 1) -> Draft:
    """A draft of count x count cells, each with a building, in grids of five by five."""
    chance = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(count + 1), np.arange(count + 1), indexing="ij"), -1).astype(float)
    corner[1:-1, 1:-1] += chance.uniform(-0.1, 0.1, (count - 1, count - 1, 2))
    rows = [[_edge(corner[x, y], corner[x + 1, y], chance, y in (0, count)) for y in range(count + 1)]
            for x in range(count)]  # fmt: skip
    columns = [[_edge(corner[x, y], corner[x, y + 1], chance, x in (0, count)) for y in range(count)]
               for x in range(count + 1)]  # fmt: skip
    cells, footprints, grids = {}, {}, {}
    for x in range(count):
        for y in range(count):
            name = f"{x:03}{y:03}"
            ring = [rows[x][y], columns[x + 1][y], rows[x][y + 1][::-1], columns[x][y][::-1]]
            cells[name] = shapely.Polygon(np.concatenate([edge[:-1] for edge in ring]))
            footprints[name] = shapely.box(*_degrees(np.array([[x + 0.3, y + 0.3], [x + 0.7, y + 0.7]])).ravel())
            grids[name] = f"g{x // 5:02}{y // 5:02}"
    weights = {name: {"households": HOUSEHOLDS} for name in cells}
    draft = start(cells, grids, footprints=footprints, weights=weights)
    draft.fabric.learn(cells)
    draft.shapes("grid")
    return draft


def _edge(start: Any, end: Any, chance: np.random.Generator, is_outer: bool) -> Any:
    """An edge of a cell with waves in it; the outer edges are straight."""
    line = start + (end - start) * np.linspace(0, 1, TURNS + 2)[:, None]
    if not is_outer:
        line[1:-1] += (end - start)[::-1] * [1, -1] * chance.uniform(-0.04, 0.04, (TURNS, 1))
    return _degrees(line)


def _degrees(places: Any) -> Any:
    return np.round((np.array([WEST, SOUTH]) + places * SIDE) * 1e7) / 1e7


def strokes(draft: Draft, seed: int = 3, most: int = 25) -> dict[str, list[dict[str, Any]]]:
    """Operations that the draft takes, by what they are."""
    chance = random.Random(seed)
    kinds: Mapping[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "a handover": lambda: _handovers(draft, chance),
        "a moved vertex": lambda: _moves(draft, chance),
        "a redrawn stretch": lambda: _stretches(draft, chance),
    }
    return {kind: _taken(draft, make(), most) for kind, make in kinds.items()}


def _taken(draft: Draft, operations: Iterator[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for operation in operations:
        try:
            edit(draft, operation)
        except EditRefused:
            continue
        found.append(operation)
        if len(found) == most:
            return found
    return found


def _handovers(draft: Draft, chance: random.Random) -> Iterator[dict[str, Any]]:
    takers = frontier(draft).takers
    names = sorted(takers)
    for unit in chance.sample(names, len(names)):
        yield {"op": "assign", "units": [unit], "to": min(takers[unit])}


def _moves(draft: Draft, chance: random.Random) -> Iterator[dict[str, Any]]:
    names = sorted(draft.fabric.cells)
    for name in chance.sample(names, len(names)):
        x, y = chance.choice(shapely.get_coordinates(draft.fabric.cells[name]).tolist())
        yield {"op": "move", "moves": [[[x, y], [x + chance.uniform(-1e-5, 1e-5), y + chance.uniform(-1e-5, 1e-5)]]]}


def _stretches(draft: Draft, chance: random.Random) -> Iterator[dict[str, Any]]:
    labels = sorted(draft.layers["grid"].members)
    for label in chance.sample(labels, len(labels)) * 4:
        ring: BaseGeometry = draft.shape("grid", label).exterior
        begin = chance.uniform(0, ring.length)
        along = [ring.interpolate((begin + part * 3 * SIDE) % ring.length).coords[0] for part in (0, 0.5, 1)]
        far = (along[1][0] + chance.uniform(-0.15, 0.15) * SIDE, along[1][1] + chance.uniform(-0.15, 0.15) * SIDE)
        yield {"op": "reshape", "grid": label, "line": [along[0], far, along[2]]}


if __name__ == "__main__":
    main()
