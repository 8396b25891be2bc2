"""The log of a draft: what is acknowledged is kept, what fails is not, and nobody's step undoes another's."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.chequer import CODE, chequer
from buildings.models import GroundChange, Household
from geo.errors import BadOperation, EditRefused, Locked, Severed
from grids.models import Plan, PlanCell
from planning import engine
from planning.base import Wish, begin
from planning.models import DraftGrid, Operation
from planning.refusals import NotADraft, NothingToRedo, NothingToUndo, Overtaken, UnknownVersion
from planning.table import shelf
from tests.planning.conftest import anew, door

STEP_QUERIES = 8  # two of them for the savepoint of a test
TABLE_QUERIES = 11


def label_in_database(plan: Plan, unit: str) -> str:
    return PlanCell.objects.get(plan=plan, name=unit).grid


def test_a_step_is_in_the_database_when_it_is_acknowledged(draft, planner, labels, hand):
    step = hand(planner, 0, "B", door(1, 0))
    assert (step.table.version, step.own.author, step.own.version) == (1, planner, 1)
    assert label_in_database(draft, door(1, 0)) == labels["B"]
    assert anew(draft).state.fingerprint() == step.table.state.fingerprint()


def test_the_plan_in_force_is_left_alone(board, draft, planner, labels, hand):
    hand(planner, 0, "B", door(1, 0))
    assert label_in_database(board, door(1, 0)) == labels["A"]


def test_undo_leads_back_byte_for_byte(draft, planner, hand):
    before = engine.fingerprint(draft)
    hand(planner, 0, "B", door(1, 0))
    engine.undo(plan=draft, by=planner, version=1)
    assert engine.fingerprint(draft) == before
    after = engine.redo(plan=draft, by=planner, version=2)
    assert after.table.label("grid", door(1, 0)) == after.table.label("grid", door(2, 0))


def test_every_kind_of_step_is_undone_and_redone(draft, planner, labels):
    west, south = 119.0, 26.0
    ops = [
        {"op": "split", "grid": labels["A"], "line": [[west - 1, south + 0.0004], [west + 1, south + 0.0004]]},
        {"op": "draw", "units": [door(3, 3), door(4, 3)]},
        {"op": "divide", "grid": labels["C"], "parts": 2},
        {"op": "merge", "grids": [labels["C"], labels["D"]], "into": labels["D"]},
        {"op": "dissolve", "grid": labels["B"]},
        {"op": "rename", "grid": labels["D"], "name": "东头网格"},
        {"op": "lock", "grids": [labels["D"]]},
        {"op": "insert", "at": [west + 0.0004, south + 0.0005], "onto": [west + 0.000401, south + 0.0005]},
    ]
    prints = [engine.fingerprint(draft)]
    for version, op in enumerate(ops):
        engine.apply(plan=draft, by=planner, version=version, op=op)
        prints.append(engine.fingerprint(draft))
    names = DraftGrid.objects.filter(draft__plan=draft, label=labels["D"]).values_list("name", flat=True)
    assert names.get() == "东头网格"
    version = len(ops)
    for expected in reversed(prints[:-1]):
        version = engine.undo(plan=draft, by=planner, version=version).table.version
        assert engine.fingerprint(draft) == expected
    assert names.get() != "东头网格"
    for expected in prints[1:]:
        version = engine.redo(plan=draft, by=planner, version=version).table.version
        assert engine.fingerprint(draft) == expected
    assert names.get() == "东头网格"


def test_undo_outlives_the_process_and_the_login(draft, planner, hand):
    before = engine.fingerprint(draft)
    for version in range(3):
        hand(planner, version, "B", door(1, version))
    shelf.clear()
    for version in range(3, 6):
        engine.undo(plan=draft, by=planner, version=version)
    assert engine.fingerprint(draft) == before
    with pytest.raises(NothingToUndo):
        engine.undo(plan=draft, by=planner, version=6)


def test_after_another_step_there_is_nothing_to_redo(draft, planner, hand):
    hand(planner, 0, "B", door(1, 0))
    engine.undo(plan=draft, by=planner, version=1)
    hand(planner, 2, "B", door(1, 1))
    assert engine.turns_of(draft, planner) == (True, False)
    with pytest.raises(NothingToRedo):
        engine.redo(plan=draft, by=planner, version=3)


def test_undo_takes_back_ones_own_steps_only(draft, planner, other, labels, hand):
    hand(planner, 0, "B", door(1, 0))
    hand(other, 1, "C", door(5, 0), door(6, 0))
    engine.undo(plan=draft, by=planner, version=2)
    table = anew(draft)
    assert table.label("grid", door(1, 0)) == labels["A"]
    assert table.label("grid", door(6, 0)) == labels["C"]


def test_undo_tears_a_grid_only_where_nothing_happened_since(draft, planner, other, labels, hand):
    """B may be in two parts, loses its middle and gets it back; then somebody wants it in one part again."""
    allow = {"op": "allow", "grid": labels["B"], "pieces": 2}
    engine.apply(plan=draft, by=planner, version=0, op=allow)
    hand(planner, 1, None, door(2, 1), door(3, 1))
    hand(planner, 2, "B", door(2, 1), door(3, 1))
    engine.apply(plan=draft, by=other, version=3, op={**allow, "pieces": 1})
    with pytest.raises(Severed):
        engine.undo(plan=draft, by=planner, version=4)
    engine.undo(plan=draft, by=other, version=4)
    assert engine.undo(plan=draft, by=planner, version=5).table.state.pieces("grid", labels["B"]) == 2


# Two people


def test_steps_on_different_ground_merge(draft, planner, other, labels, hand):
    hand(planner, 0, "B", door(1, 0))
    step = hand(other, 0, "C", door(6, 3))
    assert step.table.version == 2
    assert [row.author for row in step.operations] == [planner, other]
    table = anew(draft)
    assert (table.label("grid", door(1, 0)), table.label("grid", door(6, 3))) == (labels["B"], labels["C"])


def test_the_same_building_is_a_conflict_that_says_by_whom(draft, planner, other, labels, hand):
    hand(planner, 0, "B", door(1, 0))
    with pytest.raises(Overtaken) as refused:
        hand(other, 0, "B", door(1, 0), door(1, 1))
    assert (refused.value.by, refused.value.version) == ("王规划", 1)
    assert refused.value.at is not None
    assert refused.value.words in str(refused.value)
    assert refused.value.place is not None
    table = anew(draft)
    assert table.version == 1
    assert table.label("grid", door(1, 0)) == labels["B"]
    assert table.label("grid", door(1, 1)) == labels["A"]


def test_a_step_that_others_made_impossible_is_a_conflict(draft, planner, other, labels, hand):
    """Each takes one of the two doors by which the corner hangs on its grid: together they would cut it off."""
    hand(planner, 0, "B", door(1, 1), door(1, 2), door(1, 3))
    hand(planner, 1, "A", door(1, 2))
    hand(planner, 2, "A", door(1, 1), door(1, 3))
    hand(planner, 3, "B", door(1, 3))
    with pytest.raises(Overtaken):
        engine.apply(plan=draft, by=other, version=0, op={"op": "dissolve", "grid": labels["A"]})
    with pytest.raises(Overtaken):
        hand(other, 3, "B", door(1, 3))


def test_what_others_took_away_again_is_not_put_back_unseen(draft, planner, other, labels, hand):
    """The other sees the door in B and wants it there; the planner, meanwhile, brings it home."""
    hand(planner, 0, "B", door(1, 0))
    hand(planner, 1, "A", door(1, 0))
    with pytest.raises(Overtaken):
        hand(other, 1, "B", door(1, 0))
    assert anew(draft).label("grid", door(1, 0)) == labels["A"]


def test_a_name_given_twice_is_a_conflict(draft, planner, other, labels):
    engine.apply(plan=draft, by=planner, version=0, op={"op": "rename", "grid": labels["A"], "name": "西头"})
    with pytest.raises(Overtaken):
        engine.apply(plan=draft, by=other, version=0, op={"op": "rename", "grid": labels["A"], "name": "西边"})
    engine.apply(plan=draft, by=other, version=0, op={"op": "rename", "grid": labels["B"], "name": "第二"})


def test_a_locked_grid_is_kept_by_all(draft, planner, other, labels, hand):
    engine.apply(plan=draft, by=planner, version=0, op={"op": "lock", "grids": [labels["A"]]})
    with pytest.raises(Locked):
        hand(other, 1, "B", door(1, 0))
    engine.apply(plan=draft, by=other, version=1, op={"op": "unlock", "grids": [labels["A"]]})
    hand(other, 2, "B", door(1, 0))


def test_a_version_that_never_was_is_refused(draft, planner, hand):
    with pytest.raises(UnknownVersion):
        hand(planner, 5, "B", door(1, 0))


def test_labels_are_given_once_whoever_asks(draft, planner, other, labels):
    first = engine.apply(plan=draft, by=planner, version=0, op={"op": "draw", "units": [door(1, 0)], "new": "mine"})
    second = engine.apply(plan=draft, by=other, version=0, op={"op": "draw", "units": [door(6, 3)]})
    assert (first.own.op["new"], second.own.op["new"]) == ("n1", "n2")
    engine.undo(plan=draft, by=other, version=2)
    third = engine.apply(plan=draft, by=other, version=3, op={"op": "draw", "units": [door(7, 0)]})
    assert third.own.op["new"] == "n3"


# What fails


@pytest.mark.parametrize("part", ["_append", "_keep_state", "_keep_infos", "_keep_labels", "_keep_shapes"])
def test_what_breaks_in_the_middle_leaves_nothing(draft, planner, hand, monkeypatch, part):
    before = engine.fingerprint(draft)

    def break_off(*args, **more):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(engine, part, break_off)
        with pytest.raises(RuntimeError):
            hand(planner, 0, "B", door(1, 0))
    assert Operation.objects.count() == 0
    assert engine.fingerprint(draft) == before
    assert hand(planner, 0, "B", door(1, 0)).table.version == 1


def test_a_refusal_leaves_nothing(draft, planner, labels, hand):
    before = engine.fingerprint(draft)
    with pytest.raises(EditRefused):
        hand(planner, 0, "D", door(1, 0))
    assert (Operation.objects.count(), engine.fingerprint(draft)) == (0, before)


def test_a_step_that_changes_nothing_is_not_kept(draft, planner, hand):
    assert hand(planner, 0, "A", door(1, 0)).own is None
    assert Operation.objects.count() == 0


def test_a_frozen_plan_is_not_edited(draft, planner, hand):
    Plan.objects.filter(pk=draft.pk).update(status=Plan.Status.IN_REVIEW)
    with pytest.raises(NotADraft):
        hand(planner, 0, "B", door(1, 0))
    with pytest.raises(NotADraft):
        engine.undo(plan=draft, by=planner, version=0)


def test_what_is_sent_twice_is_done_once(draft, planner, other, hand):
    key = uuid4()
    first = hand(planner, 0, "B", door(1, 0), key=key)
    hand(other, 1, "C", door(6, 0))
    again = hand(planner, 0, "B", door(1, 0), key=key)
    assert again.own.pk == first.own.pk
    assert again.table.version == 2
    assert Operation.objects.count() == 2


@pytest.mark.parametrize(
    "op",
    [
        {"op": "revert", "delta": {}, "linear": True},
        {"op": "divide", "grid": "n1", "parts": 10**9},
        {"op": "divide", "grid": "n1"},
        {"op": "rename", "grid": "n1", "name": 5},
        {"op": "rename", "names": {}},
        {"op": "rename", "names": ["n1"]},
        {"op": "rename", "names": {"n1": "新名"}, "name": "新名"},
        {"op": "nothing"},
    ],
)
def test_an_operation_that_is_none_is_refused(draft, planner, op):
    with pytest.raises(BadOperation):
        engine.apply(plan=draft, by=planner, version=0, op=op)


def test_a_preview_writes_nothing(draft, planner, labels):
    before = engine.fingerprint(draft)
    op = {"op": "split", "grid": labels["A"], "line": [[118, 26.0004], [120, 26.0004]]}
    step = engine.preview(plan=draft, version=0, op=op)
    assert step.table.figures("grid", "n1")["stairwells"] == 4
    assert (engine.fingerprint(draft), Operation.objects.count()) == (before, 0)
    assert engine.current(draft).version == 0


# What it costs


@pytest.mark.parametrize("side", [4, 20])
def test_a_step_asks_the_database_as_often_whatever_the_size(db, side):
    plan = chequer(side, side, wide=2, high=side)
    planner = User.objects.create(username="规划", name="规划")
    draft = begin(community=plan.community, by=planner, base="in_force", wish=Wish())
    table = engine.current(draft)
    grid = table.label("grid", f"{CODE}0000301")

    def step(version: int) -> None:
        door = f"{CODE}{version * side + 2:05d}01"
        engine.apply(plan=draft, by=planner, version=version, op={"op": "assign", "units": [door], "to": grid})

    step(0)
    with CaptureQueriesContext(connection) as asked:
        step(1)
    assert len(asked) == STEP_QUERIES, [query["sql"][:90] for query in asked]


@pytest.mark.parametrize("side", [4, 20])
def test_a_table_is_read_in_as_many_queries_whatever_the_size(db, side):
    draft = begin(community=chequer(side, side, wide=2, high=side).community, by=None, base="in_force", wish=Wish())
    shelf.clear()
    with CaptureQueriesContext(connection) as asked:
        engine.current(draft)
    assert len(asked) == TABLE_QUERIES, [query["sql"][:90] for query in asked]


def test_a_table_is_read_anew_when_the_ground_changed(draft, planner, labels, hand):
    """Another process imported households; nobody cleared the shelf of this one."""
    assert hand(planner, 0, "B", door(1, 0)).table.figures("grid", labels["B"])["households"] == 18
    Household.objects.filter(dwelling__stairwell__code=door(1, 0)).delete()
    GroundChange.objects.create(what="导入 住户.csv")
    assert engine.current(draft).figures("grid", labels["B"])["households"] == 16
    assert hand(planner, 1, "B", door(1, 1)).table.figures("grid", labels["B"])["households"] == 18


def test_a_table_is_read_anew_when_the_plan_goes_on(draft, planner, labels, hand):
    hand(planner, 0, "B", door(1, 0))
    known = engine.current(draft)
    Plan.objects.filter(pk=draft.pk).update(status=Plan.Status.IN_REVIEW)
    draft.refresh_from_db()
    assert engine.current(draft) is not known


def test_undo_goes_past_what_others_have_changed_since(draft, planner, other, labels, hand):
    first = hand(planner, 0, "C", door(6, 3))
    mine = hand(planner, 1, "B", door(1, 0))
    theirs = hand(other, 2, "A", door(1, 0))
    step = engine.undo(plan=draft, by=planner, version=3)
    assert step.own.of_id == first.own.pk
    with pytest.raises(Overtaken) as refused:  # all that is left of mine was changed by somebody
        engine.undo(plan=draft, by=planner, version=4)
    assert (refused.value.by, refused.value.version) == (str(other), theirs.own.version)
    assert not Operation.objects.get(pk=mine.own.pk).is_undone


def test_a_plan_that_never_was_a_draft_is_not_edited(board, planner):
    for step in (engine.undo, engine.redo):
        with pytest.raises(NotADraft):
            step(plan=board, by=planner, version=0)
    with pytest.raises(NotADraft):
        engine.apply(plan=board, by=planner, version=0, op={"op": "lock", "grids": []})


def test_undo_goes_past_what_the_kernel_refuses(draft, planner, other, labels, hand):
    """The newest step of mine leads back into a grid that somebody locked; the one before it does not."""
    first = hand(planner, 0, "C", door(6, 3))
    mine = hand(planner, 1, "B", door(1, 0))
    engine.apply(plan=draft, by=other, version=2, op={"op": "lock", "grids": [labels["A"]]})
    step = engine.undo(plan=draft, by=planner, version=3)
    assert step.own.of_id == first.own.pk
    assert step.table.label("grid", door(6, 3)) == labels["D"]
    assert step.table.label("grid", door(1, 0)) == labels["B"]
    with pytest.raises(EditRefused) as refused:  # what is left is refused for what it is, and stands
        engine.undo(plan=draft, by=planner, version=4)
    assert refused.value.code == "locked"
    assert not Operation.objects.get(pk=mine.own.pk).is_undone
    unlocked = engine.apply(plan=draft, by=other, version=4, op={"op": "unlock", "grids": [labels["A"]]})
    assert engine.undo(plan=draft, by=planner, version=unlocked.table.version).own.of_id == mine.own.pk
