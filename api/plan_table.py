"""The planner's table: its state, its log, undo and redo, what is wrong, and lines and notes beside it."""

from collections.abc import Callable
from typing import Any

from django.contrib.gis.geos import Point
from django.http import Http404, HttpResponse
from rest_framework.exceptions import PermissionDenied
from rest_framework.views import APIView

from api import asking, plan_answers
from api.errors import Conflict, Refused
from api.http import compressed
from api.plan_schema import documented
from api.plans import answer, find, may
from api.wanted import Wanted
from geo.errors import BadOperation, EditRefused
from grids.models import Plan
from planning import engine
from planning.lines import arcs, lines
from planning.models import Note
from planning.problems import problems_of
from planning.refusals import Overtaken, StepRefused
from planning.steps import in_words


class Compressed(APIView):
    """Of a community of 20,000 buildings the whole table is 28 MB as text and 5 MB in gzip, a step 460 kB and 30."""

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        return compressed(request, super().finalize_response(request, response, *args, **kwargs))


@documented
class TableView(Compressed):
    """All of a plan, for the editor."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan)
        with_cells = request.GET.get("cells") == "1"
        found = engine.current(row)
        return answer(plan_answers.table(row, found, request.user, may(request.user, row), cells=with_cells))


@documented
class OperationsView(Compressed):
    """The log of a draft: what happened since, and one operation more."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan)
        after = Wanted(request.GET).number_in_text("after")
        return answer(plan_answers.step(row, made(row, lambda: engine.since(row, after)), request.user))

    def post(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan, to_write=True)
        wanted = Wanted(request.data)
        version, op, key = wanted.version(), wanted.operation(), wanted.key()
        if request.GET.get("preview") == "1":
            return _foreseen(row, request.user, version, op)
        step = made(row, lambda: engine.apply(plan=row, by=request.user, version=version, op=op, key=key))
        return answer(plan_answers.step(row, step, request.user, label=_label(op)))


class TurnView(Compressed):
    """Undo, or redo: of the caller's own operations."""

    turn: Callable[..., engine.Step]

    def post(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan, to_write=True)
        wanted = Wanted(request.data)
        version, key = wanted.version(), wanted.key()
        step = made(row, lambda: type(self).turn(plan=row, by=request.user, version=version, key=key))
        return answer(plan_answers.step(row, step, request.user))


@documented
class UndoView(TurnView):
    turn = staticmethod(engine.undo)


@documented
class RedoView(TurnView):
    turn = staticmethod(engine.redo)


@documented
class ProblemsView(Compressed):
    """What is wrong with a plan, hard faults first."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan)
        return answer({"problems": plan_answers.problems(problems_of(engine.current(row), row))})


@documented
class ArcsView(Compressed):
    """The borders between grids, each as one line from junction to junction."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row, box = find(request.user, plan), asking.box(request.GET)
        frame = (box.west, box.south, box.east, box.north) if box else None
        return answer({"arcs": [arc._asdict() for arc in arcs(engine.current(row), frame)]})


@documented
class LinesView(Compressed):
    """Roads, walls and water that a border may follow."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan)
        return answer({"lines": [line._asdict() for line in lines(row.community)]})


# --- notes ------------------------------------------------------------------------------------------------------------


@documented
class NotesView(APIView):
    """Remarks about a plan, pinned to a place or about all of it; by all who see it."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        rows = find(request.user, plan).notes.select_related("author")
        return answer({"notes": [plan_answers.note(row, request.user) for row in rows]})

    def post(self, request: Any, plan: int) -> HttpResponse:
        row, wanted = find(request.user, plan), Wanted(request.data)
        place = wanted.place()
        point = Point(*place, srid=4326) if place else None
        note = row.notes.create(author=request.user, text=wanted.text("text", 2000, least=1), place=point)
        return answer(plan_answers.note(note, request.user), status=201)


@documented
class NoteView(APIView):
    """One remark: settled or open; its text is its author's."""

    def patch(self, request: Any, plan: int, note: int) -> HttpResponse:
        row = Note.objects.select_related("author").filter(plan=find(request.user, plan), pk=note).first()
        if row is None:
            raise Http404
        wanted = Wanted(request.data)
        if "text" in wanted.data:
            if row.author_id != request.user.pk:
                raise PermissionDenied
            row.text = wanted.text("text", 2000, least=1)
        if "resolved" in wanted.data:
            row.is_resolved = wanted.flag("resolved")
        row.save(update_fields=["text", "is_resolved"])
        return answer(plan_answers.note(row, request.user))


# --- refusals ---------------------------------------------------------------------------------------------------------


def _foreseen(row: Plan, user: Any, version: int, op: Any) -> HttpResponse:
    """What a step would do. That it would be refused is an answer: who sweeps over a bad place did nothing wrong."""
    try:
        step = made(row, lambda: engine.preview(plan=row, version=version, op=op))
    except Refused as refusal:
        if isinstance(refusal, Conflict) or refusal.code == BadOperation.code:
            raise
        why = {"code": refusal.code, "detail": str(refusal.detail), "place": refusal.place}
        return answer({"version": version, "refused": why})
    return answer(plan_answers.step(row, step, user, label=_label(op)))


def made(plan: Plan, work: Callable[[], engine.Step]) -> engine.Step:
    """The step, or its refusal as a problem document."""
    try:
        return work()
    except EditRefused as refusal:
        words = in_words(engine.current(plan), refusal)
        raise Refused(refusal.code, words, field="op", place=refusal.place) from None
    except Overtaken as refusal:
        more = {"by": refusal.by, "at": refusal.at, "version": refusal.version, "words": refusal.words}
        raise Conflict(refusal.code, str(refusal), field="version", place=refusal.place, more=more) from None
    except StepRefused as refusal:
        raise Conflict(refusal.code, str(refusal), field="version") from None


def _label(op: Any) -> str:
    """Where in the net somebody works."""
    for field in ("to", "grid", "into"):
        if isinstance(label := op.get(field), str):
            return label[:20]
    return ""
