"""Every address. Each name stands in accounts/policy.py too, or the request is refused."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

urlpatterns = [
    path("", include("pages.urls")),
    path("", include("maps.urls")),
    path("api/", include("api.urls")),
    path("open311/", include("api.open311_urls")),
    # Changes a cookie of the visitor's own; a token in each page would make equal answers differ byte by byte.
    path("i18n/setlang/", csrf_exempt(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    # What a browser asks for beside a picture or a document that is opened by itself.
    path("favicon.ico", lambda request: redirect(static("pages/icon.svg")), name="favicon"),
]

handler400 = "pages.errors.bad_request"
handler403 = "pages.errors.permission_denied"
handler404 = "pages.errors.page_not_found"
handler500 = "pages.errors.server_error"
