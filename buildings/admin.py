"""
The ground in the administration: words and numbers may be mended, shapes come from imports.

Dwellings and households are not here: an administrator has no appointment behind anybody's door (law 10).
"""

from django.contrib import admin
from django.contrib.gis.db import models

from buildings.models import Area, Barrier, Building, Compound, Facility, Landcover, Road, Stairwell


class GroundAdmin(admin.ModelAdmin):
    """Shapes can be read, not typed; their Web Mercator twins are the database's own business."""

    list_per_page = 50

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *self._shapes()]

    def get_exclude(self, request, obj=None):
        return [field.name for field in self.opts.fields if field.name.endswith("_mercator")]

    def has_add_permission(self, request):
        return False  # a row without a shape is refused by the database: import_ground adds

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        if request.resolver_match.view_name.endswith("_changelist"):
            return rows.defer(*self._shapes())
        return rows

    def _shapes(self) -> list[str]:
        fields = [field for field in self.opts.fields if isinstance(field, models.GeometryField)]
        return [field.name for field in fields if not field.name.endswith("_mercator")]


@admin.register(Area)
class AreaAdmin(GroundAdmin):
    list_display = ("code", "name", "level", "kind", "office_phone", "supervision_phone")
    list_filter = ("level", "kind")
    search_fields = ("code", "name")
    raw_id_fields = ("parent",)


@admin.register(Compound)
class CompoundAdmin(GroundAdmin):
    list_display = ("code", "name", "community", "kind", "property_phone")
    list_select_related = ("community",)
    search_fields = ("code", "name", "aliases", "address")
    raw_id_fields = ("community",)


@admin.register(Building)
class BuildingAdmin(GroundAdmin):
    list_display = ("code", "title", "address", "compound", "kind", "floors")
    list_select_related = ("compound",)
    list_filter = ("kind",)
    search_fields = ("code", "number", "name", "address", "aliases", "compound__name")
    raw_id_fields = ("community", "compound")


@admin.register(Stairwell)
class StairwellAdmin(GroundAdmin):
    list_display = ("code", "building", "number", "floors", "derived")
    list_select_related = ("building",)
    list_filter = ("derived",)
    search_fields = ("code", "name", "building__name", "building__number")
    raw_id_fields = ("building",)


@admin.register(Facility)
class FacilityAdmin(GroundAdmin):
    list_display = ("name", "kind", "community", "phone", "hours")
    list_select_related = ("community",)
    list_filter = ("kind",)
    search_fields = ("name", "address")
    raw_id_fields = ("community",)


@admin.register(Road, Barrier, Landcover)
class LinesAdmin(GroundAdmin):
    list_display = ("name", "kind", "source")
    list_filter = ("kind",)
    search_fields = ("name",)
