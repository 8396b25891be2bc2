"""
What administrators set up: kinds of matters, units, rules of dispatch, blocks, webhooks.

Cases are not here, and no reporter: an administrator sees cases on the pages that everybody does.
"""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone

from cases import dispatch
from cases.models import Block, Category, DispatchRule, HandlingUnit, Notice, Webhook


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "parent", "level", "pictured", "handle_hours", "near_m", "sensitive", "in_use")
    list_select_related = ("parent",)
    list_filter = ("level", "sensitive", "in_use", "parent")
    search_fields = ("code", "name")
    list_per_page = 100


@admin.register(HandlingUnit)
class HandlingUnitAdmin(admin.ModelAdmin):
    list_display = ("name", "area", "phone", "in_use")
    list_select_related = ("area",)
    search_fields = ("name", "area__name", "area__code")
    raw_id_fields = ("area", "members")


@admin.register(DispatchRule)
class DispatchRuleAdmin(admin.ModelAdmin):
    list_display = ("category", "level", "area", "role", "handling_unit")
    list_select_related = ("category", "area", "handling_unit")
    list_filter = ("level",)
    search_fields = ("category__name", "category__code", "area__name", "area__code", "handling_unit__name")
    raw_id_fields = ("area", "handling_unit")

    def save_model(self, request: HttpRequest, obj: DispatchRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for sentence in dispatch.warnings(obj, timezone.localdate()):
            messages.warning(request, sentence)


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin):
    """What became of the notices; not to whom they went and not what they say."""

    list_display = ("created_at", "channel", "state", "attempts", "next_at", "sent_at", "error")
    list_filter = ("state", "channel")
    search_fields = ("error",)
    exclude = ("to", "text", "case", "move")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Block)
class BlockAdmin(admin.ModelAdmin):
    list_display = ("reason", "address", "until")
    search_fields = ("reason", "address")


@admin.register(Webhook)
class WebhookAdmin(admin.ModelAdmin):
    list_display = ("url", "acts", "in_use")
    search_fields = ("url",)
