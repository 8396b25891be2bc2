"""The desk for programs: lists of cases, one case, a move, one move for several. Who reported is not here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.views import APIView

from api.case_schema import LARGEST_PAGE, MOST, documented
from api.errors import Conflict, Refused
from api.plans import answer
from api.wanted import Wanted
from cases import access, bulk, forms, moves, record, states
from cases.lists import PAGE, Wish, for_rows, listed, place_of
from cases.models import Case, pk_of
from cases.standing import next_of, standing


@documented
class CasesView(APIView):
    """The cases that the caller may see, as the tabs and filters of the desk list them."""

    def get(self, request: Any) -> HttpResponse:
        now, wanted = timezone.now(), Wanted(request.GET)
        size = min(wanted.number_in_text("size") or PAGE, LARGEST_PAGE)
        begin = (max(wanted.number_in_text("page"), 1) - 1) * size
        rows = list(listed(Wish.asked(request.GET), request.user, now)[begin : begin + size + 1])
        return answer({"cases": [_row(case, now) for case in rows[:size]], "more": len(rows) > size})


@documented
class SeveralView(APIView):
    """One move for several cases, each by itself."""

    def post(self, request: Any) -> HttpResponse:
        wanted = Wanted(request.data)
        ticked, act = list(_ticked(wanted)), wanted.text("act", 20, least=1)
        outcomes = bulk.act_on_many(ticked, act, by=request.user, reason=wanted.text("reason", forms.LONGEST, ""))
        said = [{"number": one.number, "done": one.done, "code": one.code, "detail": one.sentence} for one in outcomes]
        return answer({"outcomes": said})


@documented
class CaseView(APIView):
    """One case, with what the caller may do now."""

    def get(self, request: Any, number: str) -> HttpResponse:
        return answer(_whole(_find(request.user, number), request.user))


@documented
class CaseMovesView(APIView):
    """Take a step with a case."""

    def post(self, request: Any, number: str) -> HttpResponse:
        found, wanted = _find(request.user, number), Wanted(request.data)
        rule = states.RULES.get(wanted.text("act", 20, least=1))
        if rule is None:
            raise Conflict("unknown_act", _("没有这个步骤。"), field="act")
        said = {name: wanted.text(name, forms.LONGEST, "") for name in forms.NAMES}
        try:
            given = forms.answers(rule, said, found, access.cases_of(request.user, timezone.localdate()))
            moves.act(found, rule.act, by=request.user, version=wanted.number("version"), **given)
        except forms.NotFilled as fault:
            raise Refused("not_filled", str(fault), field=fault.field) from None
        except moves.Refused as refusal:
            raise Conflict(refusal.code, str(refusal)) from None
        seen = access.cases_of(request.user, timezone.localdate()).filter(pk=found.pk)
        return answer(_whole(for_rows(seen).get(), request.user) if seen.exists() else {"number": found.number})


def _find(user: Any, number: str) -> Case:
    rows = access.cases_of(user, timezone.localdate()).filter(pk=pk_of(number) or 0)
    found = for_rows(rows).select_related("first_unit", "merged_into").first()
    if found is None:
        raise Http404
    return found


def _ticked(wanted: Wanted) -> Any:
    rows = wanted.data.get("cases")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST or not all(isinstance(row, Mapping) for row in rows):
        words = _("cases 要写成 1 到 %(n)d 件工单，每件写 number 和 version。") % {"n": MOST}
        raise Refused("bad_cases", words, field="cases")
    for row in rows:
        one = Wanted(row)
        yield bulk.Ticked(one.text("number", 20), one.number("version"))


# --- answers ----------------------------------------------------------------------------------------------------------


def _row(case: Case, now: datetime) -> dict[str, Any]:
    how = standing(case, now)
    return {
        "number": case.number,
        "category": {"code": case.category.code, "name": case.category.name},
        "status": case.status,
        "level": case.level,
        "mark": how.mark,
        "awaited": how.word,
        "left": how.left,
        "late": how.is_late,
        "place": place_of(case),
        "lon": case.point.x,
        "lat": case.point.y,
        "community": case.community.code if case.community else None,
        "grid": {"code": case.grid.code, "name": case.grid.name} if case.grid else None,
        "holder": str(case.handling_unit or case.person or ""),
        "needs_place": case.needs_place,
        "asked": case.asked,
        "me_too": case.me_too,
        "reported_at": case.reported_at,
        "due_at": case.due_at,
        "handle_due_at": case.handle_due_at,
        "closed_at": case.closed_at,
        "version": case.version,
    }


def _whole(case: Case, user: Any) -> dict[str, Any]:
    hands = access.Hands.of(user, timezone.localdate())
    inside, rules = record.is_inside(case, hands), states.allowed_for(case, hands)
    awaited = next_of(case, rules)
    rows = case.moves.select_related("by", "person", "handling_unit", "grid")
    return _row(case, timezone.now()) | {
        "text": record.words_of(case),
        "photos": [_photo(photo) for photo in case.photos.all()],
        "moves": [_line(line) for line in record.trail(rows, inside, hands)],
        "next": awaited.act if awaited else None,
        "acts": [{"act": rule.act, "label": str(rule.label), "needs": list(rule.needs)} for rule in rules],
        "choices": forms.choices(case, rules, timezone.localdate()),
        "rating": case.rating,
    }


def _photo(photo: Any) -> dict[str, Any]:
    address = reverse("pages:photo", args=[photo.key])
    return {"address": address, "kind": photo.kind, "public": photo.public, "at": photo.at}


def _line(line: record.Line) -> dict[str, Any]:
    said = {name: getattr(line, name) for name in ("act", "label", "at", "reason", "public_note")}
    return said | {"by": line.who, "to": line.to, "due_at": line.due_at}
