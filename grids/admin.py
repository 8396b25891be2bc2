"""
The net in the administration: appointments and leave are kept here; plans and boundaries can only be looked at.

A published boundary has one writer, grids/redraw.py.
"""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from grids.models import Appointment, Grid, GridBoundary, Leave, Plan


def in_words(span: Any) -> str:
    """A span of dates as people say it, with its last day; the database keeps the day after."""
    if span is None:
        return ""
    last = span.upper and span.upper - timedelta(days=1)
    words = gettext("%(first)s 至 %(last)s") if span.lower and last else gettext("自%(first)s起")
    if not span.lower:
        words = gettext("至%(last)s") if last else ""
    return words % {"first": span.lower, "last": last}


class LookingAdmin(admin.ModelAdmin):
    list_per_page = 50
    exclude: ClassVar[Any] = ("in_force",)
    readonly_fields = ("span",)

    @admin.display(description=_("施行"), ordering="in_force")
    def span(self, row: Any) -> str:
        return in_words(row.in_force)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Appointment)
class AppointmentAdmin(admin.ModelAdmin):
    list_display = ("role", "person", "place", "deputy", "span")
    list_select_related = ("person", "deputy", "area", "compound", "grid", "building", "stairwell")
    list_filter = ("role", "employment")
    search_fields = ("person__name", "person__username", "grid__name", "grid__code", "area__name", "area__code")
    raw_id_fields = ("person", "deputy", "area", "compound", "grid", "building", "stairwell")
    list_per_page = 50

    @admin.display(description=_("任期"), ordering="in_force")
    def span(self, post: Appointment) -> str:
        return in_words(post.in_force)


@admin.register(Leave)
class LeaveAdmin(admin.ModelAdmin):
    list_display = ("person", "span")
    list_select_related = ("person",)
    search_fields = ("person__name", "person__username")
    raw_id_fields = ("person",)

    @admin.display(description=_("离岗日期"), ordering="away")
    def span(self, leave: Leave) -> str:
        return in_words(leave.away)


@admin.register(Grid)
class GridAdmin(admin.ModelAdmin):
    """Names may be mended; a code is given at publication and never changes."""

    list_display = ("code", "name", "level", "kind", "community")
    list_select_related = ("community",)
    list_filter = ("level", "kind")
    search_fields = ("code", "name", "community__name", "community__code")
    readonly_fields = ("code", "level", "community")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Plan)
class PlanAdmin(LookingAdmin):
    list_display = ("community", "number", "title", "stage", "span", "published_by")
    list_select_related = ("community", "published_by")
    list_filter = ("status",)
    search_fields = ("community__name", "community__code", "title")

    @admin.display(description=_("状态"), ordering="status")
    def stage(self, plan: Plan) -> str:
        """As of today: a plan whose successor begins next week is still in force."""
        return plan.stage_words(timezone.localdate())


@admin.register(GridBoundary)
class GridBoundaryAdmin(LookingAdmin):
    list_display = ("grid", "plan", "span", "pieces")
    list_select_related = ("grid", "plan__community")
    search_fields = ("grid__name", "grid__code")
    exclude = ("in_force", "boundary_mercator", "label_mercator")

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if request.resolver_match.view_name.endswith("_changelist"):
            return rows.defer("boundary", "boundary_mercator", "label", "label_mercator")
        return rows
