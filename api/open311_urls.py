"""/open311/: the addresses of the GeoReport v2 adapter."""

from django.urls import path, register_converter

from api import open311


class Form:
    """What an address ends with: .json or .xml."""

    regex = "json|xml"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class Word(Form):
    """A code or a number; anything else is no address of ours."""

    regex = "[0-9A-Za-z-]{1,24}"


register_converter(Form, "open311_form")
register_converter(Word, "open311_word")
app_name = "open311"
urlpatterns = [
    path("discovery.<open311_form:form>", open311.discovery, name="discovery"),
    path("v2/services.<open311_form:form>", open311.services, name="services"),
    path("v2/services/<open311_word:code>.<open311_form:form>", open311.service, name="service"),
    path("v2/requests.<open311_form:form>", open311.requests, name="requests"),
    path("v2/requests/<open311_word:pk>.<open311_form:form>", open311.one, name="request"),
    path("v2/tokens/<open311_word:pk>.<open311_form:form>", open311.token, name="token"),
]
