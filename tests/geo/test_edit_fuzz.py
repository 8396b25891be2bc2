"""
What a stranger may send to `geo.edit.apply`: it is done or refused, soon, and nothing else ever comes out.

FUZZ_SECONDS and FUZZ_SEED choose a longer run and another one; the seed is printed with each failure.
"""

import json
import math
import os
import random
import time
from collections import Counter

import shapely

from geo.edit import _READERS, edit
from geo.errors import GeometryRefused
from tests.geo.nets import at, outline, town
from tests.geo.test_edit_machine import Planner

SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))
SOON = 0.2  # seconds of the processor
DRAFT = town(1)

HOSTILE = [
    None, True, False, 0, -1, 1, 2, 10**400, -(10**30), 0.0, -0.0, 1e-320, 1e308, math.nan, math.inf, -math.inf, "",
    "a", "g0", "\0", "\ud800", "g0\n", "x" * 5000, "; DROP TABLE plans", "__class__", "../../etc", [], [[]], [[[]]],
    [None], [""], [0, 0], [119.3, 26.05], [26.05, 119.3], [math.nan, math.nan], [1e308, 1e308], [180, 90],
    [True, False],
    ["119.3", "26.05"], [119.3, 26.05, 3], [[119.3, 26.05]], [[119.3, 26.05], [119.3, 26.05]], {}, {"a": 1}, {"": {}},
    {"type": "Polygon", "coordinates": []}, [{}], [[{}, {}]], b"bytes", {1, 2}, object(), (119.3, 26.05), 3 + 4j,
    ["g0"] * 60_000, [[119.3, 26.05]] * 3_000, list(range(100)),
]  # fmt: skip


class Stranger:
    """Sends operations of a planner with something in them exchanged, left out, added or made far too large."""

    def __init__(self, seed):
        self.chance, self.planner = random.Random(seed), Planner(seed)

    def operation(self):
        self.planner.level = self.chance.choice(("grid", "segment"))
        op = self.planner.operation(DRAFT) if self.chance.random() < 0.4 else self.meant()
        for _ in range(self.chance.choice((0, 1, 1, 2))):
            op = self.chance.choice((self.exchanged, self.bent, self.bent, self.bent, self.bent, self.shuffled))(op)
        return op

    def meant(self):
        """Operations with lines that go anywhere."""
        ring = [at(self.chance.uniform(-1, 4), self.chance.uniform(-1, 4)) for _ in range(self.chance.randint(2, 60))]
        if self.chance.random() < 0.5:
            ring = sorted(ring)
        polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        grid = self.chance.choice(sorted(DRAFT.layers["grid"].members))
        return self.chance.choice([
            {"op": "adopt", "polygons": {"p": polygon, "q": polygon}, "follow": self.chance.random() < 0.5},
            {"op": "adopt", "polygons": {"p": polygon}, "follow": self.chance.random() < 0.5},
            {"op": "snap", "grid": grid, "start": ring[0], "end": ring[1], "along": ring},
            {"op": "allow", "grid": grid, "pieces": self.chance.randint(-2, 10**20)},
            {"op": "reshape", "grid": grid, "line": ring},
            {"op": "split", "grid": grid, "line": ring, "new": "n", "cut_ground": self.chance.random() < 0.5},
            {"op": "simplify", "grids": [grid], "tolerance": self.chance.uniform(0, 1000)},
            {"op": "move", "moves": [[self.planner.vertex(DRAFT), place] for place in ring]},
            {"op": "revert", "delta": self.delta(), "linear": self.chance.random() < 0.5},
        ])  # fmt: skip

    def delta(self):
        """The delta of an earlier operation, with a cell in it that may be anything."""
        data = json.loads(json.dumps(edit(DRAFT, {"op": "assign", "units": ["b00"], "to": None}).delta.as_json()))
        shape = DRAFT.fabric.cells["b00"]
        data["cells"]["b00"] = [self.chance.choice([None, shape.boundary.wkb_hex, "", "00", *HOSTILE]), shape.wkb_hex]
        return {**data, "labels": {}}

    def exchanged(self, op):
        return {**op, self.chance.choice(sorted(map(str, op))): self.chance.choice(HOSTILE)} if op else op

    def bent(self, op):
        """Somewhere deep inside a number or a name is another one."""
        try:
            data = json.loads(json.dumps(op))
        except (TypeError, ValueError):
            return op
        here = data
        while isinstance(here, dict | list) and here:
            names = [key for key in sorted(here) if key not in ("op", "level")] if isinstance(here, dict) else []
            key = self.chance.choice(names or range(len(here))) if not isinstance(here, dict) or names else "op"
            if not isinstance(here[key], dict | list) or self.chance.random() < 0.2:
                here[key] = self.chance.choice(HOSTILE)
                break
            here = here[key]
        return data

    def shuffled(self, op):
        """A field left out, or one too many."""
        gone = self.chance.choice(sorted(map(str, op))) if op else ""
        more = self.chance.choice([*sorted(_READERS), "edit", "self", "", 7])
        return {key: value for key, value in op.items() if key != gone} | {more: self.chance.choice(HOSTILE)}


def test_what_a_stranger_sends_is_done_or_refused_and_soon():
    stranger, end, count = Stranger(SEED), time.monotonic() + SECONDS, Counter()
    before, ground = DRAFT.fingerprint(), outline(DRAFT)
    while time.monotonic() < end:
        op = stranger.operation()
        begun = time.process_time()
        try:
            after = edit(DRAFT, op).draft
        except GeometryRefused as refused:
            count[refused.code] += 1
        except Exception as error:
            raise AssertionError(f"FUZZ_SEED={SEED}, after {count.total()}: {str(op)[:2000]}") from error
        else:
            count["done"] += 1
            assert shapely.coverage_is_valid(list(after.fabric.cells.values())), op
            assert shapely.area(shapely.symmetric_difference(outline(after), ground)) < 1e-11, op
        took = time.process_time() - begun
        assert took < SOON, f"FUZZ_SEED={SEED}, after {count.total()}: {took:.2f} s for {str(op)[:2000]}"
    print(f"seed {SEED}: {count.total()} operations, {dict(count)}")
    assert DRAFT.fingerprint() == before
    assert len(count) > 10


def test_whatever_is_no_operation_at_all_is_refused():
    for op in [*HOSTILE, {"op": []}, {"op": {}}, {"op": None}, {None: None}, {"op": "apply"}, {"op": "edit"}]:
        try:
            edit(DRAFT, op)
        except GeometryRefused:
            continue
        raise AssertionError(f"{str(op)[:100]} was taken for an operation")
