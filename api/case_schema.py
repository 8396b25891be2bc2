"""The desk's endpoints for the OpenAPI document."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view

from api.plan_schema import COUNT, FLAG, INTEGER, NUMBER, TIME, array, record, sent
from api.schema import Schema, or_null, parameter, text, with_problems
from cases.lists import PAGE, Show
from cases.models import Status
from cases.states import RULES

V = TypeVar("V", bound=type)
LARGEST_PAGE = 500
MOST = 100  # cases in one act

CODE: Schema = text(maxLength=24)
STATUS = text(enum=list(Status.values))
ACT = text(maxLength=20, minLength=1, description="One of: " + ", ".join(RULES))
CASE_FIELDS: dict[str, Schema] = {
    "number": text(), "category": record(code=text(), name=text()), "status": STATUS, "level": INTEGER,
    "mark": text(enum=["○", "◐", "●", "▲"]), "awaited": text(), "left": text(), "late": FLAG, "place": text(),
    "lon": NUMBER, "lat": NUMBER, "community": or_null(text()),
    "grid": or_null(record(code=or_null(text()), name=text())), "holder": text(), "needs_place": FLAG, "asked": text(),
    "me_too": INTEGER, "reported_at": TIME, "due_at": or_null(TIME), "handle_due_at": or_null(TIME),
    "closed_at": or_null(TIME), "version": INTEGER,
}  # fmt: skip
ROW = record(**CASE_FIELDS)
PHOTO = record(address=text(), kind=text(enum=["before", "after"]), public=FLAG, at=TIME)
MOVE = record(
    act=text(), label=text(), at=TIME, by=text(), to=text(), reason=text(), public_note=text(), due_at=or_null(TIME)
)
ALLOWED = record(act=text(), label=text(), needs=array(text()))
CHOICES = array({"type": "array", "items": text(), "minItems": 2, "maxItems": 2})
WHOLE = record(
    **CASE_FIELDS, text=text(), photos=array(PHOTO), moves=array(MOVE), next=or_null(text()), acts=array(ALLOWED),
    choices=record(handlers=CHOICES, grids=CHOICES), rating=or_null(INTEGER),
)  # fmt: skip
GONE = record(number=text())  # out of the caller's sight by this very step
OUTCOME = record(number=text(), done=FLAG, code=text(), detail=text())

REASON = text(maxLength=500)
MOVING = sent(
    "act", act=ACT, version={**COUNT, "description": "The version that the caller saw; 409 `changed` if it is older."},
    reason=REASON, public_note=text(maxLength=500, description="For the resident; public."),
    to=text(maxLength=30, description="Of `dispatch`: a value of `choices.handlers`; by the rules where left out."),
    grid=text(maxLength=30, description="Of `place`: a value of `choices.grids`."),
    into=text(maxLength=20, description="Of `merge`: the number of another case."),
    until=text(maxLength=40, description="Of `ask_extension`: ISO 8601."),
)  # fmt: skip
SEVERAL = sent(
    "cases", "act", act=ACT, reason=REASON,
    cases={
        "type": "array", "minItems": 1, "maxItems": MOST,
        "items": {
            "type": "object", "required": ["number"],
            "properties": {"number": text(maxLength=20), "version": COUNT},
        },
    },
)  # fmt: skip

SMALL: Schema = {"type": "integer", "minimum": 0, "maximum": 999_999_999}
ASKED = [
    parameter("show", text(enum=list(Show.values), default="open"), "A tab of the desk."),
    parameter("grid", CODE, "Code of a grid."),
    parameter("category", text(maxLength=8), "Code of a category, or of its class."),
    parameter("status", STATUS, "Only cases in this state."),
    parameter("words", text(enum=["waiting"]), "Only those whose words nobody has yet let the public read, or not."),
    parameter("page", SMALL, "From 1."),
    parameter("size", {**SMALL, "default": PAGE}, f"Cases on a page, at most {LARGEST_PAGE}."),
]
WHICH = [parameter("number", text(pattern="^[0-9]{7,18}$"), "The number of a case.", location="path")]


def _one(name: str, words: str, schema: Schema, *problems: int, **more: Any) -> Any:
    answer = OpenApiResponse(schema, description=words)
    return extend_schema(
        operation_id=name, summary=words, tags=["cases"], responses=with_problems({200: answer}, *problems), **more
    )


VIEWS: dict[str, dict[str, Callable[..., Any]]] = {
    "CasesView": {
        "get": _one("cases_list", "Cases", record(cases=array(ROW), more=FLAG), 400, parameters=ASKED),
    },
    "SeveralView": {
        "post": _one(
            "cases_move_several", "One move for several cases, each by itself", record(outcomes=array(OUTCOME)),
            400, 413, 415, request=SEVERAL,
        ),
    },
    "CaseView": {"get": _one("cases_retrieve", "One case", WHOLE, 404, parameters=WHICH)},
    "CaseMovesView": {
        "post": _one(
            "cases_move", "Take a step with a case", {"oneOf": [WHOLE, GONE]}, 400, 404, 409, 413, 415,
            parameters=WHICH, request=MOVING,
        ),
    },
}  # fmt: skip


def documented(view: V) -> V:
    """A view as `VIEWS` describes it."""
    found: V = extend_schema_view(**VIEWS[view.__name__])(view)
    return found
