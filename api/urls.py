from django.urls import path, register_converter
from rest_framework.exceptions import NotFound
from rest_framework.views import APIView

from api.contact import ContactView
from api.docs import DocsView, SchemaView
from api.imports import ImportView
from api.layers import LAYERS


class Code:
    """Whatever might be a code; anything else is no address of ours."""

    regex = "[0-9A-Za-z-]{1,24}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Nowhere(APIView):
    """Every other address below /api/: a problem document, not a page."""

    schema = None

    def initial(self, request, *args, **kwargs) -> None:
        raise NotFound


register_converter(Code, "code")
app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("v1/contact/", ContactView.as_view(), name="contact"),
    path("v1/imports/", ImportView.as_view(), name="imports"),
]
for name, (_kind, many, single) in LAYERS.items():
    urlpatterns += [
        path(f"v1/{name}/", many.as_view(), name=name),
        path(f"v1/{name}/<code:code>/", single.as_view(), name=name.removesuffix("s")),
    ]
urlpatterns += [path("<path:rest>", Nowhere.as_view(), name="nowhere"), path("", Nowhere.as_view(), name="root")]
