"""
The table's own log: a step is made, and kept with its author, in one transaction that holds the draft's row.

The cells of a draft are its state, so nobody ever replays the log; a process that has an older table steps it on by
what the log says changed. What was acknowledged is in the database; what failed left nothing there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from geo.draft import LEVELS, step
from geo.errors import ChangedSince, EditRefused
from geo.geos import to_geos
from grids.models import Plan, PlanCell
from planning.base import adopt
from planning.models import Draft, DraftGrid, Editor, Operation
from planning.recut import see_to_cells
from planning.refusals import NotADraft, NothingToRedo, NothingToUndo, Overtaken, UnknownVersion
from planning.site import LAST_CHANGE
from planning.steps import Change, Made, make, place_of, take_back
from planning.table import Info, Key, Table, load, read_infos, shelf, stamp
from planning.words import words_of

FAR = 200  # operations; a process that is further behind reads the plan anew, a client must
HERE = timedelta(minutes=2)  # who asked that lately has the draft open


@dataclass(frozen=True)
class Step:
    """What a client is told: the table now, what changed since the version it had, and its own operation."""

    table: Table
    changes: list[Change]
    operations: list[Operation]
    own: Operation | None = None


# Reading


def current(plan: Plan) -> Table:
    """The newest table of a plan."""
    draft = draft_of(plan)
    if draft is None:
        known = shelf.get(plan.pk)
        fits = known is not None and known.stamp == stamp(plan)
        if known is not None and fits:
            return known
        see_to_cells(plan)
        return _shelved(load(plan, None))
    known = _kept(plan, draft)
    if known is not None:
        return _shelved(_caught_up(known, draft))
    with transaction.atomic():  # nobody may write between the version and the cells that we read
        return _shelved(load(plan, hold(plan)))


def _kept(plan: Plan, draft: Draft) -> Table | None:
    """The table that this process has, where it can be stepped on to the version of the draft."""
    known, ground = shelf.get(plan.pk), getattr(draft, "ground", None)
    if known is None or known.stamp != (ground, plan.status):
        return None
    return known if known.version <= draft.version <= known.version + FAR else None


def draft_of(plan: Plan) -> Draft | None:
    """The draft of a plan, made where a plan was drafted elsewhere; None of a plan that never was on the table."""
    draft = Draft.objects.annotate(ground=LAST_CHANGE).filter(plan=plan).first()
    if draft is None and plan.status == Plan.Status.DRAFT:
        return adopt(plan)
    return draft


def since(plan: Plan, version: int) -> Step:
    """What happened to a plan after a version."""
    table = current(plan)
    rows = _log_after(plan, version, table.version)
    return Step(table, [Change.from_json(row.delta) for row in rows], rows)


def _shelved(table: Table) -> Table:
    shelf.put(table)
    return table


def _caught_up(table: Table, draft: Draft) -> Table:
    """A table stepped on to the version of the draft by what the log says changed."""
    if table.version == draft.version:
        return table
    rows = draft.operations.filter(version__gt=table.version, version__lte=draft.version)
    infos = read_infos(draft)
    for data in rows.order_by("version").values_list("delta", flat=True):
        delta = Change.from_json(data).delta
        table = table.after(step(table.state, delta), delta, infos=infos)
    return table


def _log_after(plan: Plan, version: int, newest: int) -> list[Operation]:
    if not newest - FAR <= version <= newest:
        raise UnknownVersion
    if version == newest:
        return []
    rows = Operation.objects.filter(draft__plan=plan, version__gt=version, version__lte=newest)
    return list(rows.select_related("author", "of").order_by("version"))


# Writing


def apply(*, plan: Plan, by: User, version: int, op: Mapping[str, Any], key: UUID | None = None) -> Step:
    """
    Do an operation that was meant for a version of the draft, on the newest one, and keep it.

    Raises `EditRefused` where it cannot be, `Overtaken` where somebody changed the same after that version.
    """
    return _write(plan, by, version, key, lambda draft: iter([_Task(lambda table: make(table, op))]))


def carry_out(*, plan: Plan, by: User, version: int, run: Callable[[Table], Made]) -> Step:
    """Make a step that is no operation of the kernel by itself, and keep it; raises what `apply` raises."""
    return _write(plan, by, version, None, lambda draft: iter([_Task(run)]))


def undo(*, plan: Plan, by: User, version: int, key: UUID | None = None) -> Step:
    """
    Take back the last operation of a person that can be taken back; what others built on since is passed over.

    Raises `Overtaken` or `EditRefused` where nothing that is left can.
    """
    return _write(plan, by, version, key, lambda draft: _undoing(draft, by))


def redo(*, plan: Plan, by: User, version: int, key: UUID | None = None) -> Step:
    """Bring back what a person took back last, as long as they have done nothing else since."""
    return _write(plan, by, version, key, lambda draft: _redoing(draft, by))


def preview(*, plan: Plan, version: int, op: Mapping[str, Any]) -> Step:
    """What an operation would do; nothing is written."""
    table = current(plan)
    if plan.status != Plan.Status.DRAFT:
        raise NotADraft
    rows = _log_after(plan, version, table.version)
    made = make(table, op)
    return Step(made.table, [*(Change.from_json(row.delta) for row in rows), made.change], rows)


@dataclass(frozen=True)
class _Task:
    """A step to make: how, and what it turns, and the name of the state that it leads to where that is known."""

    run: Callable[[Table], Made]
    kind: Operation.Kind = Operation.Kind.DO
    of: Operation | None = None
    state: int | None = None


def _undoing(draft: Draft, by: User) -> Iterator[_Task]:
    standing = list(_done_by(draft, by).filter(is_undone=False).order_by("-version")[:FAR])
    if not standing:
        raise NothingToUndo
    for target in standing:
        yield _turning(target, Change.from_json(target.delta), Operation.Kind.UNDO, draft.state == target.after)


def _redoing(draft: Draft, by: User) -> Iterator[_Task]:
    done = _done_by(draft, by)
    last = done.filter(is_undone=False).aggregate(last=Max("version"))["last"] or 0
    target = done.filter(is_undone=True, version__gt=last).order_by("version").first()
    if target is None:
        raise NothingToRedo
    change = Change.from_json(target.delta).inverse
    yield _turning(target, change, Operation.Kind.REDO, draft.state == target.before)


def _turning(target: Operation, change: Change, kind: Operation.Kind, linear: bool) -> _Task:
    """Turn an operation round; with `linear` the draft is as it left it, and gets its name of before again."""
    before = target.before if kind == Operation.Kind.UNDO else target.after
    return _Task(lambda table: take_back(table, change, linear=linear), kind, target, before if linear else None)


def _done_by(draft: Draft, by: User) -> QuerySet[Operation]:
    return draft.operations.filter(author=by, kind=Operation.Kind.DO)


def _write(plan: Plan, by: User, version: int, key: UUID | None, tasks_for: Callable[[Draft], Iterator[_Task]]) -> Step:
    if draft_of(plan) is None:
        raise NotADraft
    with transaction.atomic():
        draft = hold(plan)
        table = _held(plan, draft)
        rows = _log_after(plan, version, draft.version)
        again = draft.operations.filter(author=by, key=key).first() if key else None
        if again is not None:
            return Step(table, [Change.from_json(row.delta) for row in rows], rows, again)
        task, made = _first_possible(draft, table, rows, tasks_for(draft))
        changes = [Change.from_json(row.delta) for row in rows]
        if not made.change:
            return Step(table, changes, rows)
        own = _append(draft, by, key, task, made)
        _keep_state(draft, table, made)
    shelf.put(made.table)  # only now: what was rolled back is nobody's
    return Step(made.table, [*changes, made.change], [*rows, own], own)


def hold(plan: Plan) -> Draft:
    """The draft, held until the end of the transaction: no step is made and no decision taken meanwhile."""
    Draft.objects.select_for_update().get(
        plan=plan
    )  # by itself: what is joined would be read as it was before the wait
    return Draft.objects.annotate(ground=LAST_CHANGE).select_related("plan__community").get(plan=plan)


def _held(plan: Plan, draft: Draft) -> Table:
    """The table at the version of a draft that we hold."""
    if draft.plan.status != Plan.Status.DRAFT or draft.deleted_at is not None:
        raise NotADraft
    known = _kept(draft.plan, draft)
    return load(draft.plan, draft) if known is None else _caught_up(known, draft)


def _first_possible(draft: Draft, table: Table, rows: list[Operation], tasks: Iterator[_Task]) -> tuple[_Task, Made]:
    """The first task that can still be done. Raises why the first of them cannot."""
    why: Exception | None = None
    for task in tasks:
        try:
            return task, _made(table, rows, task)
        except EditRefused as refusal:
            if task.of is None:
                raise
            changed = isinstance(refusal, ChangedSince)
            why = why or (_overtaken(draft, table, task.of) if changed else None) or refusal
    raise why or NothingToUndo


def _overtaken(draft: Draft, table: Table, target: Operation) -> Overtaken | None:
    """By whom an operation was changed since, where it was."""
    wanted = Change.from_json(target.delta)
    later = draft.operations.filter(version__gt=target.version).select_related("author", "of").order_by("-version")
    for row in later[:FAR]:
        change = Change.from_json(row.delta)
        if wanted.clashes(change):
            return Overtaken.through(row, words_of(table, row), place_of(table, wanted, change))
    return None


def _made(table: Table, rows: list[Operation], task: _Task) -> Made:
    """
    The step on the newest table. Where others came in between, it must make sense on the table that its author saw,
    still be possible, and neither then nor now touch what they touched.
    """
    if not rows:
        return task.run(table)
    meant = task.run(_back(table, rows)).change
    _refuse_overtaken(table, meant, rows)
    try:
        made = task.run(table)
    except EditRefused as refusal:
        raise Overtaken.through(rows[-1], words_of(table, rows[-1]), refusal.place) from None
    _refuse_overtaken(table, made.change, rows)
    return made


def _refuse_overtaken(table: Table, wanted: Change, rows: list[Operation]) -> None:
    for row in rows:
        change = Change.from_json(row.delta)
        if wanted.clashes(change):
            raise Overtaken.through(row, words_of(table, row), place_of(table, wanted, change))


def _back(table: Table, rows: list[Operation]) -> Table:
    """The table before some operations of the log."""
    for row in reversed(rows):
        back = Change.from_json(row.delta).inverse
        table = table.after(step(table.state, back.delta), back.delta)
    return table


def _append(draft: Draft, by: User, key: UUID | None, task: _Task, made: Made) -> Operation:
    version = draft.version + 1
    after = version if task.state is None else task.state
    own = draft.operations.create(
        version=version,
        kind=task.kind,
        of=task.of,
        author=by,
        key=key,
        op=dict(made.op),
        delta=made.change.as_json(),
        before=draft.state,
        after=after,
    )
    if task.of is not None:
        task.of.is_undone = task.kind == Operation.Kind.UNDO
        task.of.save(update_fields=["is_undone"])
    draft.version, draft.state = version, after
    return own


def _keep_state(draft: Draft, before: Table, made: Made) -> None:
    """Write the state that a step led to: cells, labels, names, locks."""
    state = made.table.state
    draft.locked = sorted(map(list, state.locked))
    draft.allowed = sorted([level, label, pieces] for (level, label), pieces in state.allowed.items())
    draft.saved_at = timezone.now()
    draft.save(update_fields=["version", "state", "locked", "allowed", "saved_at"])
    _keep_infos(draft, before.infos, made.table.infos)
    _keep_labels(draft, made)
    _keep_shapes(draft, made)


def _keep_infos(draft: Draft, before: Mapping[Key, Info], after: Mapping[Key, Info]) -> None:
    if before is after:
        return
    changed = [info for key, info in after.items() if before.get(key) is not info]
    rows = [
        DraftGrid(
            draft=draft, level=info.level, label=info.label, name=info.name, kind=info.kind, grid_id=info.grid,
            colour=info.colour, before=info.before,
        )
        for info in changed
    ]  # fmt: skip
    unique = ["draft", "level", "label"]
    DraftGrid.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=["name", "colour"])


def _keep_labels(draft: Draft, made: Made) -> None:
    """Cells that only got another label, in one statement."""
    state, shapes = made.table.state, made.change.delta.cells
    names = sorted(made.change.cells() - shapes.keys())
    if not names:
        return
    grids, segments = ([state.label(level, name) or "" for name in names] for level in LEVELS)
    sql = """
        UPDATE grids_plancell AS cell SET grid = new.grid, segment = new.segment
        FROM unnest(%s::text[], %s::text[], %s::text[]) AS new(name, grid, segment)
        WHERE cell.plan_id = %s AND cell.name = new.name"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [names, grids, segments, draft.plan_id])


def _keep_shapes(draft: Draft, made: Made) -> None:
    """Cells that got another shape, those that came, and those that went."""
    state = made.table.state
    names = sorted(made.change.delta.cells)
    if not names:
        return
    rows = [
        PlanCell(
            plan_id=draft.plan_id,
            name=name,
            shape=to_geos(state.fabric.cells[name]),
            grid=state.label("grid", name) or "",
            segment=state.label("segment", name) or "",
        )
        for name in names
        if name in state.fabric.cells
    ]
    PlanCell.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["plan", "name"], update_fields=["shape", "grid", "segment"]
    )
    gone = [name for name in names if name not in state.fabric.cells]
    if gone:
        PlanCell.objects.filter(plan_id=draft.plan_id, name__in=gone).delete()


# Who is there


def turns_of(plan: Plan, by: User) -> tuple[bool, bool]:
    """Whether a person has something to undo, and something to redo. One query."""
    done = Operation.objects.filter(draft__plan=plan, author=by, kind=Operation.Kind.DO)
    last = done.aggregate(
        stands=Max("version", filter=Q(is_undone=False)), undone=Max("version", filter=Q(is_undone=True))
    )
    return last["stands"] is not None, (last["undone"] or 0) > (last["stands"] or 0)


def seen(plan: Plan, by: User, label: str = "") -> list[Editor]:
    """Note that a person has the draft open; who else has. Two queries."""
    now = timezone.now()
    draft = Draft.objects.filter(plan=plan).values("pk")
    sql = """
        INSERT INTO planning_editor (draft_id, person_id, at, label) SELECT id, %s, %s, %s FROM planning_draft
        WHERE plan_id = %s ON CONFLICT (draft_id, person_id) DO UPDATE SET at = EXCLUDED.at,
        label = CASE WHEN EXCLUDED.label = '' THEN planning_editor.label ELSE EXCLUDED.label END"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [by.pk, now, label, plan.pk])
    rows = Editor.objects.filter(draft__in=draft, at__gt=now - HERE).exclude(person=by)
    return list(rows.select_related("person").order_by("-at"))


def fingerprint(plan: Plan) -> str:
    """SHA-256 of the state of a plan as the database has it, past what this process keeps."""
    return load(plan, Draft.objects.filter(plan=plan).first()).state.fingerprint()
