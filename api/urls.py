from django.urls import path, register_converter
from rest_framework.exceptions import NotFound
from rest_framework.views import APIView

from api.cases import CaseMovesView, CasesView, CaseView, SeveralView
from api.contact import ContactView
from api.docs import DocsView, SchemaView
from api.hotspots import HotspotsView
from api.imports import ImportView
from api.layers import LAYERS
from api.plan_compare import ComparisonView, ImpactView
from api.plan_files import ExportView, IntakeView
from api.plan_steps import DecisionsView
from api.plan_table import (
    ArcsView,
    LinesView,
    NotesView,
    NoteView,
    OperationsView,
    ProblemsView,
    RedoView,
    TableView,
    UndoView,
)
from api.plans import PlansView, PlanView
from api.publiccases import PublicCasesView
from api.statistics import StatisticsView


class Code:
    """Whatever might be a code; anything else is no address of ours."""

    regex = "[0-9A-Za-z-]{1,24}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Number(Code):
    """The primary key of a plan, such as the database can hold."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        return int(value)


class Nowhere(APIView):
    """Every other address below /api/: a problem document, not a page."""

    schema = None

    def initial(self, request, *args, **kwargs) -> None:
        raise NotFound


register_converter(Code, "code")
register_converter(Number, "number")
app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("v1/contact/", ContactView.as_view(), name="contact"),
    path("v1/hotspots/", HotspotsView.as_view(), name="hotspots"),
    path("v1/imports/", ImportView.as_view(), name="imports"),
    path("v1/statistics/", StatisticsView.as_view(), name="statistics"),
    path("v1/public/cases.geojson", PublicCasesView.as_view(), name="public_cases"),
    path("v1/plans/", PlansView.as_view(), name="plans"),
    path("v1/plans/<number:plan>/", PlanView.as_view(), name="plan"),
    path("v1/plans/<number:plan>/table/", TableView.as_view(), name="plan_table"),
    path("v1/plans/<number:plan>/operations/", OperationsView.as_view(), name="plan_operations"),
    path("v1/plans/<number:plan>/undo/", UndoView.as_view(), name="plan_undo"),
    path("v1/plans/<number:plan>/redo/", RedoView.as_view(), name="plan_redo"),
    path("v1/plans/<number:plan>/problems/", ProblemsView.as_view(), name="plan_problems"),
    path("v1/plans/<number:plan>/arcs/", ArcsView.as_view(), name="plan_arcs"),
    path("v1/plans/<number:plan>/lines/", LinesView.as_view(), name="plan_lines"),
    path("v1/plans/<number:plan>/decisions/", DecisionsView.as_view(), name="plan_decisions"),
    path("v1/plans/<number:plan>/impact/", ImpactView.as_view(), name="plan_impact"),
    path("v1/plans/<number:plan>/comparison/", ComparisonView.as_view(), name="plan_comparison"),
    path("v1/plans/<number:plan>/export/", ExportView.as_view(), name="plan_export"),
    path("v1/plans/<number:plan>/import/", IntakeView.as_view(), name="plan_import"),
    path("v1/plans/<number:plan>/notes/", NotesView.as_view(), name="plan_notes"),
    path("v1/plans/<number:plan>/notes/<number:note>/", NoteView.as_view(), name="plan_note"),
    path("v1/cases/", CasesView.as_view(), name="cases"),
    path("v1/cases/moves/", SeveralView.as_view(), name="case_several"),
    path("v1/cases/<code:number>/", CaseView.as_view(), name="case"),
    path("v1/cases/<code:number>/moves/", CaseMovesView.as_view(), name="case_moves"),
]
for name, (_kind, many, single) in LAYERS.items():
    urlpatterns += [
        path(f"v1/{name}/", many.as_view(), name=name),
        path(f"v1/{name}/<code:code>/", single.as_view(), name=name.removesuffix("s")),
    ]
urlpatterns += [path("<path:rest>", Nowhere.as_view(), name="nowhere"), path("", Nowhere.as_view(), name="root")]
