"""What comes in and what goes out: JSON only, both ways, whatever the caller says it accepts."""

import gzip
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

GEOJSON = "application/geo+json"
LARGEST = 2 * 2**20  # bytes of one Feature; 20,000 vertices are one megabyte
WORTH_IT = 2000  # bytes of an answer; a shorter one is one packet or two anyway


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _("内容太大，一次只写一个图形，最多 2 MB。")


class StrictJSONParser(JSONParser):
    """JSON that also says no to a document nested so deep that reading it uses up the stack."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if int((parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0) > LARGEST:
            raise TooLarge
        try:
            return _without_surrogates(super().parse(stream, media_type, parser_context))
        except RecursionError:
            raise exceptions.ParseError from None


class GeoJSONParser(StrictJSONParser):
    media_type = GEOJSON


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON
    format = "geojson"


class OneFormat(BaseContentNegotiation):
    """There is one format: an `Accept` that names another one is no reason to refuse."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        content_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == content_type), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def json_response(text: bytes, *, media_type: str = "application/json", seconds: int = 0) -> HttpResponse:
    """A finished JSON text; callers may keep it for some seconds."""
    response = HttpResponse(text, content_type=media_type)
    patch_cache_control(response, public=True, max_age=seconds) if seconds else patch_cache_control(
        response, no_cache=True
    )
    return response


def _without_surrogates(value: Any) -> Any:
    """Refuse half a character (\\ud800) and NUL: PostgreSQL stores neither."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise exceptions.ParseError from None
        if "\x00" in value:
            raise exceptions.ParseError
    elif isinstance(value, list):
        for item in value:
            _without_surrogates(item) if not isinstance(item, (int, float)) else None
    elif isinstance(value, dict):
        for key, item in value.items():
            _without_surrogates(key), _without_surrogates(item)
    return value


def compressed(request: Any, response: HttpResponse) -> HttpResponse:
    """The answer in gzip, where the caller reads it and there is something to gain."""
    patch_vary_headers(response, ["Accept-Encoding"])
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(response.content) > WORTH_IT:
        response.content = gzip.compress(response.content, compresslevel=4, mtime=0)
        response["Content-Encoding"] = "gzip"
    return response
