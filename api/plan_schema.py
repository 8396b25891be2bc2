"""The planner's endpoints for the OpenAPI document: what each is sent and what it answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view

from api.schema import Schema, or_null, parameter, text, with_problems
from geo.edit import OPERATIONS
from grids.models import Plan

V = TypeVar("V", bound=type)

# --- parts ------------------------------------------------------------------------------------------------------------

INTEGER: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
TIME = text(format="date-time")
LEVEL = text(enum=["grid", "segment"])
POSITION: Schema = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
SHAPE: Schema = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": text(enum=["Polygon", "MultiPolygon"]),
        "coordinates": {"type": "array", "items": {"type": "array", "items": {}}},
    },
}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def record(**fields: Schema) -> Schema:
    """An object of which every member is always there."""
    return {"type": "object", "required": list(fields), "properties": fields}


STATUS = text(enum=list(Plan.Status.values))
PLAN = record(
    id=INTEGER,
    number=INTEGER,
    title=text(),
    reason=text(),
    status=STATUS,
    version=INTEGER,
    community=record(code=text(), name=text()),
    target_min=INTEGER,
    target_max=INTEGER,
    owner=or_null(text()),
    base=or_null(record(id=INTEGER, number=INTEGER, title=text())),
    created_at=TIME,
    saved_at=TIME,
    deleted_at=or_null(TIME),
    in_force=or_null({"type": "array", "items": or_null(text(format="date")), "minItems": 2, "maxItems": 2}),
)
WEIGHTS: Schema = {"type": "object", "additionalProperties": NUMBER}
FIGURES: Schema = {"type": "object", "additionalProperties": or_null(NUMBER)}  # people and alone may not be told
LABELS: dict[str, Schema] = {"grid": or_null(text()), "segment": or_null(text())}
UNIT = record(
    id=text(), building=text(), building_title=text(), title=text(), **LABELS, weights=WEIGHTS,
    footprint=array(array(POSITION)),
)  # fmt: skip
CELL = record(id=text(), **LABELS, shape=SHAPE)
GRID = record(
    level=LEVEL, label=text(), code=or_null(text()), name=text(), kind=text(), parent=or_null(text()), colour=INTEGER,
    locked=FLAG, allowed=INTEGER, shape=SHAPE, label_point=POSITION, measures=FIGURES, before=or_null(FIGURES),
    worker=array(text()),
)  # fmt: skip
OPERATION: Schema = {
    "type": "object",
    "required": ["op"],
    "description": "Names are labels of grids and codes of stairwells, places [longitude, latitude]. docs/api.md.",
    "properties": {"op": text(enum=[*(name for name in OPERATIONS if name != "revert"), "rename"])},
    "additionalProperties": True,
}
REMEDY = record(words=text(), op=OPERATION)
PROBLEM = record(
    code=text(), sentence=text(), level=LEVEL, hard=FLAG, label=or_null(text()), units=array(text()),
    place=or_null(POSITION), remedy=or_null(REMEDY), for_all=or_null(REMEDY),
)  # fmt: skip
STEP = record(version=INTEGER, by=text(), at=TIME, words=text(), kind=text(enum=["do", "undo", "redo"]), mine=FLAG)
EDITOR = record(name=text(), at=TIME, label=or_null(text()))
TURNS: dict[str, Schema] = {"can_undo": FLAG, "can_redo": FLAG, "editors": array(EDITOR)}
TABLE = record(
    plan=PLAN, measures=array(record(key=text(), label=text())), units=array(UNIT), cells=array(CELL),
    grids=array(GRID), problems=array(PROBLEM), **TURNS, may={"type": "object", "additionalProperties": FLAG}, now=TIME,
)  # fmt: skip
MADE = record(
    version=INTEGER, operation=or_null(STEP), operations=array(STEP),
    units={"type": "object", "additionalProperties": record(**LABELS)}, cells=array(CELL), gone_cells=array(text()),
    grids=array(GRID), gone=array({"type": "array", "items": text(), "minItems": 2, "maxItems": 2}),
    problems=array(PROBLEM), **TURNS, saved_at=TIME,
)  # fmt: skip
FORESEEN: Schema = {
    "anyOf": [MADE, record(version=INTEGER, refused=record(code=text(), detail=text(), place=or_null(POSITION)))],
}
ARC = record(level=LEVEL, left=or_null(text()), right=or_null(text()), line=array(POSITION))
LINE = record(id=text(), kind=text(), name=text(), line=array(POSITION))
NOTE = record(id=INTEGER, by=text(), mine=FLAG, at=TIME, text=text(), place=or_null(POSITION), resolved=FLAG)

TOLD: dict[str, Schema] = {  # people: of 8 households or more
    "stairwells": INTEGER, "households": INTEGER, "people": or_null(INTEGER), "alone": or_null(INTEGER),
}  # fmt: skip
COUNTS, MEASURED = record(**TOLD), record(**TOLD, area_m2=INTEGER)
GRID_NAME = or_null(record(id=text(), code=or_null(text()), name=text()))
PLAN_NAME = record(id=INTEGER, number=INTEGER, title=text())
HANDED: dict[str, Schema] = {"giver": GRID_NAME, "taker": GRID_NAME}
IMPACT = record(
    plan=PLAN_NAME, on=text(format="date"), sentence=text(), estimated=FLAG, figures=COUNTS,
    handed_over=array(record(**HANDED, buildings=array(text()), stairwells=array(text()), figures=COUNTS)),
    stairwells=array(
        record(id=text(), building=text(), title=text(), **HANDED, figures=COUNTS, footprint=array(array(POSITION)))
    ),
    grids=array(
        record(
            level=LEVEL, id=text(), code=or_null(text()), name=text(), old_name=text(),
            fate=text(enum=["added", "removed", "changed", "renamed"]), before=MEASURED, after=MEASURED,
            shape_before=or_null(SHAPE), shape=or_null(SHAPE), bounds=or_null(text()),
        )
    ),
    people=array(
        record(
            name=text(), roles=array(text()), sees_households=FLAG, gained=array(text()), lost=array(text()),
            before=COUNTS, after=COUNTS,
        )
    ),
    cases=array(record(number=text(), **HANDED)),
    plates=array(record(id=text(), title=text(), reasons=array(text(enum=["grid", "segment", "name"])))),
    ground=array(record(**HANDED, area_m2=INTEGER, shape=SHAPE)), **{"with": or_null(PLAN_NAME)},
)  # fmt: skip

SLIVER = record(
    kind=text(enum=["gap", "overlap", "outside", "stray"]), area_m2=NUMBER, width_m=NUMBER, among=array(text()),
    to=or_null(text()), place=or_null(POSITION), shape=SHAPE,
)  # fmt: skip
REPORT = record(
    committed=FLAG, version=INTEGER, kind=text(), refusal=text(), changes=record(grid=INTEGER, segment=INTEGER),
    created=array(text()), nowhere=array(text()), slivers=array(SLIVER), closed=array(SLIVER),
    refused=array(record(row=INTEGER, code=text(), sentence=text(), place=or_null(POSITION))),
    doubts=array(
        record(
            units=array(text()), titles=array(text()), to=text(), place=or_null(POSITION),
            shares=array(record(grid=text(), share=NUMBER)),
        )
    ),
    cut=array(record(name=text(), place=or_null(POSITION))),
)  # fmt: skip

# --- what is sent -----------------------------------------------------------------------------------------------------

BAND: dict[str, Schema] = {"target_min": COUNT, "target_max": COUNT}
WORDS: dict[str, Schema] = {"title": text(maxLength=80), "reason": text(maxLength=2000)}
KEY = text(format="uuid", description="A step sent twice under one key is done once.")
BASE: Schema = {
    "oneOf": [text(enum=["in_force", "nothing"]), COUNT],
    "description": "The plan in force, the bare ground cut afresh, or any plan of the community by its id.",
}


def sent(*required: str, **fields: Schema) -> dict[str, Schema]:
    schema: Schema = {"type": "object", "properties": fields}
    return {"application/json": {**schema, "required": list(required)} if required else schema}


NEW = sent(
    "community", community=text(pattern="^[0-9]{12}$"), base=BASE, **WORDS, **BAND,
    target={**COUNT, "description": "Households a grid: a draft from the bare ground is grouped at once."},
)  # fmt: skip
CHANGED = sent(**WORDS, **BAND, deleted={**FLAG, "description": "Into the bin, or out of it again."})
STEPPING = sent("version", version={**COUNT, "description": "The version that the client saw."}, key=KEY)
DOING = sent("version", "op", version=COUNT, op=OPERATION, key=KEY)
REMARK = sent("text", text=text(minLength=1, maxLength=2000), place=or_null(POSITION))
SETTLED = sent(text=text(minLength=1, maxLength=2000), resolved=FLAG)

STEP_NAMES = text(enum=["submit", "withdraw", "approve", "reject", "reopen", "publish", "call_off", "restore"])
DECIDING = sent(
    "step", step=STEP_NAMES, reason=text(maxLength=2000),
    effective=text(format="date", description="First day in force, of publish and restore; tomorrow where left out."),
    posts=array(
        {
            "type": "object",
            "required": ["appointment", "do"],
            "properties": {
                "appointment": COUNT,
                "do": text(enum=["keep", "end", "move"]),
                "to": text(maxLength=18, description="Code of the grid that a post moves to."),
            },
        }
    ),
)  # fmt: skip
DECISION = record(
    step=STEP_NAMES, by=text(), at=TIME, reason=text(), effective=or_null(text(format="date")),
    problems=array({"type": "object"}), fingerprint=text(),
)  # fmt: skip
TRAIL = record(
    plan=PLAN, stage=text(enum=[*Plan.Status.values, "scheduled", "in_force", "superseded"]),
    steps=array(STEP_NAMES), decisions=array(DECISION),
)  # fmt: skip

# --- the endpoints ----------------------------------------------------------------------------------------------------

ID = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
ON_A_PLAN = [parameter("plan", ID, "The id of a plan.", location="path")]
COMMUNITY = parameter("community", text(pattern="^[0-9]{12}$"), "Code of a community.")
AFTER = parameter("after", {**COUNT, "maximum": 999_999_999, "default": 0}, "The version that the client has.")
PREVIEW = parameter(
    "preview", text(enum=["0", "1"]), "Say what it would do, or why it would be refused, and write nothing."
)
CELLS = parameter("cells", text(enum=["0", "1"]), "The shape of each cell too, not of ground without a door alone.")
BOX = parameter("in_bbox", OpenApiTypes.STR, "west,south,east,north in degrees, WGS 84.")


def _one(name: str, words: str, good: tuple[int, Schema | None], *problems: int, **more: Any) -> Any:
    code, schema = good
    answer = OpenApiResponse(schema, description=words) if schema else OpenApiResponse(description=words)
    files = {
        (code, kind): OpenApiTypes.OBJECT if "json" in kind else OpenApiTypes.BINARY for kind in more.pop("files", [])
    }
    parameters = [*(ON_A_PLAN if name not in ("plans_list", "plans_create") else []), *more.pop("parameters", [])]
    return extend_schema(
        operation_id=name, summary=words, parameters=parameters, tags=["plans"], **more,
        responses=with_problems({} if files and not schema else {code: answer}, *problems) | files,
    )  # fmt: skip


def _writing(name: str, words: str, request: Any, good: tuple[int, Schema], *problems: int, **more: Any) -> Any:
    return _one(name, words, good, 400, 413, 415, *problems, request=request, **more)


WITH = parameter("with", ID, "The id of another plan of the community; what the plan began from, where it is not said.")
TABLES = ["text/csv", "application/pdf"]
FORMAT = parameter("format", text(enum=["json", "csv", "pdf"]), "CSV: a row for each stairwell that moves.")
KINDS = {
    "gpkg": "application/geopackage+sqlite3", "geojson": "application/geo+json", "shp": "application/zip",
    "csv": "text/csv", "pdf": "application/pdf",
}  # fmt: skip
KIND = parameter("format", text(enum=list(KINDS), default="gpkg"), "csv is a table of stairwells, pdf a map on A3.")
UPLOAD = {
    "multipart/form-data": {
        "type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}},
    }
}  # fmt: skip
ONCE = text(enum=["0", "1"])
IMPORTING = [
    parameter("commit", ONCE, "Write it, as one step of the log that undo takes back."),
    parameter("follow", ONCE, "Let the borders run as they are drawn, where they cut no building."),
    parameter("close_slivers", {"type": "number", "minimum": 0, "maximum": 50}, "Metres: narrower ones are closed."),
]
NOTE_ID = parameter("note", ID, "The id of a note.", location="path")
STATUSES = parameter("status", STATUS, "Only plans in this state.")
VIEWS: dict[str, dict[str, Callable[..., Any]]] = {
    "PlansView": {
        "get": _one(
            "plans_list", "Plans that the caller draws or approves", (200, record(plans=array(PLAN))), 400,
            parameters=[COMMUNITY, STATUSES],
        ),
        "post": _writing("plans_create", "Begin a draft", NEW, (201, PLAN)),
    },
    "PlanView": {
        "get": _one("plans_retrieve", "One plan", (200, PLAN), 404),
        "patch": _writing("plans_update", "Say something else about a draft", CHANGED, (200, PLAN), 404, 409),
        "delete": _one("plans_destroy", "Throw a draft away", (204, None), 404, 409),
    },
    "TableView": {
        "get": _one("plans_table", "All of a plan, for the editor", (200, TABLE), 404, 409, parameters=[CELLS])
    },
    "OperationsView": {
        "get": _one("plans_since", "What happened since", (200, MADE), 400, 404, 409, parameters=[AFTER]),
        "post": _writing("plans_do", "Do an operation", DOING, (200, FORESEEN), 404, 409, parameters=[PREVIEW]),
    },
    "UndoView": {"post": _writing("plans_undo", "Take back one's last step", STEPPING, (200, MADE), 404, 409)},
    "RedoView": {"post": _writing("plans_redo", "Bring it back", STEPPING, (200, MADE), 404, 409)},
    "ProblemsView": {"get": _one("plans_problems", "What is wrong", (200, record(problems=array(PROBLEM))), 404)},
    "ArcsView": {
        "get": _one("plans_arcs", "Borders to drag", (200, record(arcs=array(ARC))), 400, 404, parameters=[BOX])
    },
    "LinesView": {"get": _one("plans_lines", "Lines to snap to", (200, record(lines=array(LINE))), 404)},
    "NotesView": {
        "get": _one("plans_notes", "Remarks about a plan", (200, record(notes=array(NOTE))), 404),
        "post": _writing("plans_remark", "Make a remark", REMARK, (201, NOTE), 404),
    },
    "DecisionsView": {
        "get": _one("plans_decisions", "What was decided about a plan", (200, TRAIL), 404),
        "post": _writing("plans_decide", "Take a plan a step on", DECIDING, (201, TRAIL), 404, 409),
    },
    "ImpactView": {
        "get": _one(
            "plans_impact", "Whom a plan moves", (200, IMPACT), 400, 404, 409, parameters=[FORMAT], files=TABLES
        )
    },
    "ComparisonView": {
        "get": _one(
            "plans_comparison", "A plan beside another one", (200, IMPACT), 400, 404, 409, parameters=[WITH, FORMAT],
            files=TABLES,
        )
    },
    "ExportView": {
        "get": _one(
            "plans_export", "A plan as a file", (200, None), 400, 404, 409, parameters=[KIND], files=KINDS.values()
        )
    },
    "IntakeView": {
        "post": _writing(
            "plans_import", "A net from a file", UPLOAD, (200, REPORT), 404, 409, parameters=IMPORTING
        )
    },
    "NoteView": {
        "patch": _writing("plans_settle", "Settle a remark", SETTLED, (200, NOTE), 404, parameters=[NOTE_ID])
    },
}  # fmt: skip


def documented(view: V) -> V:
    """A view as `VIEWS` describes it."""
    found: V = extend_schema_view(**VIEWS[view.__name__])(view)
    return found
