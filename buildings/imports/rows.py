"""What all formats become: rows of one of nine layers, with the names of our own fields."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

#: Layer and what people call it, in the order in which they are written.
LAYERS = {
    "communities": _("社区"),
    "compounds": _("小区"),
    "buildings": _("楼栋"),
    "stairwells": _("楼道"),
    "entrances": _("入口"),
    "roads": _("道路"),
    "barriers": _("围墙河流铁路"),
    "landcover": _("地表"),
    "facilities": _("设施"),
}
#: What a report counts: districts and subdistricts come in the layer of the communities.
COUNTED = {"districts": _("区县"), "subdistricts": _("街道（乡镇）"), **LAYERS}
AREAL = ("Polygon", "MultiPolygon")
LINEAL = ("LineString", "MultiLineString")
TYPES = {
    "communities": AREAL, "compounds": AREAL, "buildings": AREAL, "stairwells": AREAL, "landcover": AREAL,
    "roads": LINEAL, "barriers": LINEAL, "entrances": ("Point",), "facilities": ("Point",),
}  # fmt: skip


@dataclass(slots=True)
class Row:
    """One feature: its number in its layer from 1, an id that lasts, a geometry, and values by the model's fields."""

    number: int
    source_id: str
    geometry: BaseGeometry | None
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> BaseGeometry:
        """The geometry of a row that was placed."""
        assert self.geometry is not None
        return self.geometry
