"""
A planner who does anything at all, for thousands of steps: what comes out is a plan each time.

The walk is random and its seed is printed with each failure; EDIT_SEED and EDIT_STEPS choose another one.
"""

import json
import os
import random
import time
from collections import Counter

import pytest
import shapely

from geo.arcs import place_of, ring_vertices, vertex, without
from geo.crs import metres_per_degree
from geo.draft import Delta, step
from geo.edit import apply, edit, replay
from geo.errors import EditRefused
from geo.outline import outline_vertices
from tests.geo.nets import faults_of, outline, town, unsegmented

SEED = int(os.environ.get("EDIT_SEED", "20260615"))
STEPS = int(os.environ.get("EDIT_STEPS", "2000"))
MINUTE = 55.0  # seconds of the processor, after which a walk is too slow to be run with the tests


class Planner:
    """Draws operations from a draft, mostly such that might be meant, some that cannot be."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.names = 0

    def operation(self, draft):
        kinds = {
            self.assign: 8, self.draw: 2, self.split: 3, self.divide: 1, self.merge: 2, self.dissolve: 1, self.move: 8,
            self.insert: 6, self.delete: 3, self.reshape: 8, self.simplify: 1, self.lock: 1, self.unlock: 2,
        }  # fmt: skip
        self.level = "segment" if self.chance.random() < 0.3 else "grid"
        if not draft.layers["segment"].members:
            self.level = "grid"
        op = self.chance.choices(list(kinds), list(kinds.values()))[0](draft)
        return {**op, "level": self.level}

    def new(self):
        self.names += 1
        return f"n{self.names}"

    def label(self, draft):
        return self.chance.choice(sorted(draft.layers[self.level].members))

    def cell(self, draft):
        return self.chance.choice(sorted(draft.fabric.cells))

    def frontier(self, draft):
        """A cell and a label that it borders on; any label now and then."""
        cell = self.cell(draft)
        labels = {draft.label(self.level, near) for near in draft.fabric.around(cell)}
        beyond = sorted(label for label in labels - {draft.label(self.level, cell)} if label)
        return cell, self.chance.choice(beyond) if beyond and self.chance.random() < 0.9 else self.label(draft)

    def assign(self, draft):
        cell, to = self.frontier(draft)
        more = [cell, *self.chance.sample(sorted(draft.fabric.around(cell)), k=min(1, len(draft.fabric.around(cell))))]
        units = more if self.chance.random() < 0.3 else [cell]
        return {"op": "assign", "units": units, "to": to, "intermediate": self.chance.random() < 0.5}

    def draw(self, draft):
        cell = self.cell(draft)
        if self.level == "segment" and draft.label("segment", cell) is None:  # a first segment, of the whole grid
            return {"op": "draw", "units": sorted(draft.members("grid", draft.label("grid", cell))), "new": self.new()}
        return {"op": "draw", "units": [cell, *list(draft.fabric.around(cell))[:2]], "new": self.new()}

    def split(self, draft):
        grid = self.label(draft)
        west, south, east, north = draft.shape(self.level, grid).bounds
        x, y = self.chance.uniform(west, east), self.chance.uniform(south, north)
        line = [(x, south), (self.chance.uniform(west, east), north)]
        if self.chance.random() < 0.5:
            line = [(west, y), (self.chance.uniform(west, east), y), (east, self.chance.uniform(south, north))]
        return {"op": "split", "grid": grid, "line": line, "new": self.new(), "cut_ground": self.chance.random() < 0.6}

    def divide(self, draft):
        names = [self.new() for _ in range(self.chance.choice((1, 1, 2)))]
        return {"op": "divide", "grid": self.label(draft), "names": names}

    def merge(self, draft):
        cell, to = self.frontier(draft)
        return {"op": "merge", "grids": [draft.label(self.level, cell) or to, to], "into": to}

    def dissolve(self, draft):
        return {"op": "dissolve", "grid": self.label(draft)}

    def vertex(self, draft):
        """A vertex of a border between two labels, mostly."""
        shape = draft.shape(self.level, self.label(draft)) if self.chance.random() < 0.8 else outline(draft)
        ring = self.chance.choice(list(shapely.get_rings(shapely.get_parts(shape))))
        return place_of(self.chance.choice(ring_vertices(ring)))

    def beside(self, place, metres):
        """A place so many metres away at the most."""
        east, north = metres_per_degree(place[1])
        away = self.chance.uniform(-metres, metres), self.chance.uniform(-metres, metres)
        return (round(place[0] + away[0] / east, 7), round(place[1] + away[1] / north, 7))

    def move(self, draft):
        places = {self.vertex(draft) for _ in range(self.chance.choice((1, 1, 1, 2)))}
        reach = self.chance.choice((0.05, 2, 2, 10, 60))
        return {"op": "move", "moves": [[place, self.beside(place, reach)] for place in sorted(places)]}

    def insert(self, draft):
        at = self.beside(self.vertex(draft), 4)
        return {"op": "insert", "at": at} | ({"onto": self.beside(at, 3)} if self.chance.random() < 0.7 else {})

    def delete(self, draft):
        return {"op": "delete", "places": [self.vertex(draft)]}

    def reshape(self, draft):
        grid = self.label(draft)
        ring = draft.shape(self.level, grid).exterior if draft.shape(self.level, grid).geom_type == "Polygon" else None
        if ring is None:
            return self.delete(draft)
        start, along = self.chance.random() * ring.length, self.chance.choice((0.02, 0.1, 0.3)) * ring.length
        bend = self.chance.choice((1, 8, 30))
        far = [self.beside(self.on(ring, start + along * part), bend) for part in (0.2, 0.5, 0.8)]
        ends = [self.on(ring, start), self.on(ring, start + along)]
        return {"op": "reshape", "grid": grid, "line": [ends[0], *far[: self.chance.choice((1, 2, 3))], ends[1]]}

    def on(self, ring, distance):
        return ring.interpolate(distance % ring.length).coords[0]

    def simplify(self, draft):
        return {"op": "simplify", "grids": [self.label(draft)], "tolerance": self.chance.choice((0.3, 1.0, 3.0))}

    def lock(self, draft):
        return {"op": "lock", "grids": [self.label(draft)]}

    def unlock(self, draft):
        locked = [name for level, name in sorted(draft.locked) if level == self.level]
        return {"op": "unlock", "grids": locked or [self.label(draft)]}


class Walk:
    """One walk, with what is asked after each step."""

    def __init__(self, draft, seed):
        self.first = self.draft = draft
        self.planner = Planner(seed)
        self.ground = outline(draft)
        self.log, self.deltas, self.prints = [], [], [draft.fingerprint()]
        self.count = Counter()

    def step(self):
        op = json.loads(json.dumps(self.planner.operation(self.draft)))
        before = self.draft.fingerprint()
        try:
            after, delta = edit(self.draft, op)
        except EditRefused as refused:
            self.count[op["op"], refused.code] += 1
            after = None
        if after is None:
            assert self.draft.fingerprint() == before == self.prints[-1]
            return
        self.count[op["op"], "done"] += 1
        self.look(op, after, delta)
        self.draft = after
        self.log.append(op)
        self.deltas.append(json.loads(json.dumps(delta.as_json())))
        self.prints.append(after.fingerprint())

    def look(self, op, after, delta):
        before = self.draft
        assert faults_of(after, self.ground) == []
        self.keeps_the_outline(after)
        apart = {name for name in before.fabric.cells if before.fabric.cells[name] is not after.fabric.cells.get(name)}
        assert {name for name in apart if name in delta.cells} >= {
            name for name in apart
            if name not in after.fabric.cells or before.fabric.cells[name].wkb != after.fabric.cells[name].wkb
        }  # fmt: skip
        assert not unsegmented(after)
        self.is_near(op, before, delta)
        assert step(before, delta).fingerprint() == after.fingerprint()
        assert step(after, delta.inverse).fingerprint() == before.fingerprint()
        assert all(after.members(level, name) for level, name in after.locked)
        for level, name in before.locked & after.locked:
            assert before.units(before.members(level, name)) == after.units(after.members(level, name))

    def keeps_the_outline(self, after):
        """But for the vertices in which new borders end, and that it names, it is the outline of the first day."""
        new = {vertex(at) for at in outline_vertices(self.first, after)}
        bare = without({"": outline(after)}, new).get("", outline(after))
        assert bare.normalize().equals_exact(self.ground.normalize(), 0)
        assert shapely.area(shapely.symmetric_difference(outline(after), self.ground)) < 1e-11  # 0.1 m2

    def is_near(self, op, before, delta):
        """What an edit of a line changes are the cells around the place that it names."""
        if op["op"] in ("move", "insert", "delete"):
            places = [place for move in op.get("moves", []) for place in move[:1]] + op.get("places", [])
            places = places or [op["at"]]
            spots = shapely.MultiPoint(places)
            assert all(before.fabric.cells[name].distance(spots) < 6e-5 for name in delta.cells)

    def back_and_forth(self, chance):
        """Undo some steps and do them again; or go on from there."""
        depth = chance.randint(1, min(6, len(self.deltas)))
        draft = self.draft
        for at in range(1, depth + 1):
            draft = apply(draft, {"op": "revert", "delta": self.deltas[-at], "linear": True})
            assert draft.fingerprint() == self.prints[-1 - at]
        again = replay(draft, self.log[len(self.log) - depth :])
        assert again.fingerprint() == self.prints[-1]
        if chance.random() < 0.3:
            self.draft = draft
            del self.log[-depth:], self.deltas[-depth:], self.prints[-depth:]


@pytest.mark.parametrize("number", range(2))
def test_whatever_is_done_it_is_a_plan(number):
    seed, begun, steps = SEED + number, time.process_time(), STEPS // 2
    walk, chance = Walk(town(number), seed), random.Random(seed)
    for at in range(steps):
        try:
            walk.step()
            if at % 25 == 24 and walk.deltas:
                walk.back_and_forth(chance)
        except Exception as error:
            raise AssertionError(f"EDIT_SEED={SEED}, walk {number}, step {at}, log of {len(walk.log)}") from error
        if time.process_time() - begun > MINUTE:
            pytest.fail(f"only {at} of {steps} steps in {MINUTE} s")
    assert replay(walk.first, walk.log).fingerprint() == walk.draft.fingerprint()
    done = {kind for (kind, outcome), n in walk.count.items() if outcome == "done" and n}
    print(f"seed {seed}: {len(walk.log)} steps kept, {dict(sorted(walk.count.items()))}")
    assert done >= {"assign", "draw", "split", "divide", "merge", "dissolve", "move", "insert", "delete", "reshape"}


def test_split_then_merge_is_the_identity():
    """On cells: with the ground left whole byte for byte; with the ground cut the grid is the same ground again."""
    done = 0
    planner = Planner(SEED)
    for number in range(120):
        draft = town(number % 3)
        planner.level = "grid"
        op = planner.split(draft) | {"cut_ground": number % 2 == 0, "level": "grid"}
        try:
            parts = apply(draft, op)
        except EditRefused:
            continue
        done += 1
        whole = apply(parts, {"op": "merge", "grids": [op["grid"], op["new"]], "into": op["grid"]})
        assert faults_of(parts) == faults_of(whole) == []
        assert whole.units(whole.members("grid", op["grid"])) == draft.units(draft.members("grid", op["grid"]))
        off = shapely.symmetric_difference(whole.shape("grid", op["grid"]), draft.shape("grid", op["grid"]))
        assert off.area < 1e-13
        if not op["cut_ground"]:
            assert whole.layers["grid"].members == draft.layers["grid"].members
            assert whole.shape("grid", op["grid"]).wkb == draft.shape("grid", op["grid"]).wkb
            assert {name: cell.wkb for name, cell in whole.fabric.cells.items()} == {
                name: cell.wkb for name, cell in draft.fabric.cells.items()
            }
    assert done > 40


def test_a_delta_survives_the_log():
    draft = town()
    after, delta = edit(draft, {"op": "lock", "grids": ["g0"]})
    assert Delta.from_json(json.loads(json.dumps(delta.as_json()))) == delta
    assert step(after, delta.inverse).fingerprint() == draft.fingerprint()


def test_edits_that_touch_different_things_go_together_in_any_order():
    """Two people on one draft: what does not conflict is done after the other, and neither loses anything."""
    both = Counter()
    for number in range(150):
        draft, planners = town(number % 3), (Planner(SEED + number), Planner(-number))
        try:
            (first, a), (_, b) = [(op := planner.operation(draft), edit(draft, op).delta) for planner in planners]
            second = Planner(-number).operation(draft)
        except EditRefused:
            continue
        if not a or not b:
            continue
        if a.touched.conflict(b.touched):
            both["conflict"] += 1
            continue
        try:
            after = apply(apply(draft, first), second)
        except EditRefused:
            both["refused"] += 1
            continue
        both["merged"] += 1
        assert faults_of(after, outline(draft)) == []
        for delta in (a, b):
            for level, changes in delta.labels.items():
                assert {cell: after.label(level, cell) for cell in changes} == {
                    cell: new for cell, (_, new) in changes.items()
                }
        assert apply(apply(draft, second), first).fingerprint() == after.fingerprint()
    print(dict(both))
    assert both["merged"] > 20
    assert both["conflict"] > 2
