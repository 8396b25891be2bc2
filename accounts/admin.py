from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from accounts.models import Look, User


@admin.register(User)
class PeopleAdmin(UserAdmin):
    list_display = ("username", "name", "duty_phone", "is_active", "is_staff")
    search_fields = ("username", "name", "duty_phone")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("人员"), {"fields": ("name", "name_is_public", "duty_phone", "duty_hours", "email")}),
        (_("权限"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "name", "password1", "password2")}),)


@admin.register(Look)
class LookAdmin(admin.ModelAdmin):
    """The log can be read, never changed."""

    list_display = ("at", "user", "subject", "rows", "page")
    search_fields = ("subject", "user__name")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
