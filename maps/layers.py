"""
What goes into the vector tiles: one class a layer, all of it public.

A layer says which rows, which columns and from which zoom; maps/tiles.py makes one query of all of them. Zooms are
those of the tile's address. Tiles are drawn 512 px wide, so the map shows tile 15 at its own zoom 16. `columns` map the
name in the tile to SQL over `row`, the layer's table, and its joins. Text is ours alone: nothing a user wrote comes in.
"""

from typing import ClassVar

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from buildings.models import Area, Barrier, Building, Compound, Facility, Landcover, Road, Stairwell
from grids.models import Grid, GridBoundary

MAX_ZOOM = 20  # a tile is 38 m wide there, and one of its 4096 units 9 mm


class Layer:
    """A layer of the tiles, with the geometry clipped to the tile and its buffer."""

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    model: ClassVar[type[Model]]
    geometry: ClassVar[str]  # a column stored in Web Mercator
    columns: ClassVar[dict[str, str]] = {}
    joins: ClassVar[str] = ""
    where: ClassVar[str] = "TRUE"
    zoom_of_kind: ClassVar[dict[str, int]] = {}  # kinds of row that come in later than the layer
    min_zoom: ClassVar[int] = 0
    max_zoom: ClassVar[int] = MAX_ZOOM
    whole: ClassVar[bool] = False  # small polygons with a `clearance`: moved and scaled uncut, which is twice as fast
    wide: ClassVar[float] = 0  # metres of Web Mercator by which a line is drawn thicker than itself, on either side
    point: ClassVar[str] = ""  # SQL of a label point; the layer then draws points, each in exactly one tile


class Landcovers(Layer):
    name, label, model, geometry = "landcover", _("水面和绿地"), Landcover, "extent_mercator"
    columns = {"kind": "row.kind", "name": "NULLIF(row.name, '')"}
    min_zoom = 11


class Subdistricts(Layer):
    name, label, model, geometry = "subdistricts", _("街道（乡镇）"), Area, "boundary_mercator"
    columns = {"code": "row.code", "name": "row.name"}
    where = f"row.level = {Area.Level.SUBDISTRICT}"
    min_zoom = 7


class Communities(Layer):
    name, label, model, geometry = "communities", _("社区"), Area, "boundary_mercator"
    columns = {"code": "row.code", "name": "row.name"}
    where = f"row.level = {Area.Level.COMMUNITY}"
    min_zoom = 9


class Compounds(Layer):
    name, label, model, geometry = "compounds", _("小区"), Compound, "boundary_mercator"
    columns = {"code": "row.code", "name": "row.name"}
    min_zoom = 13


class Grids(Layer):
    name, label, model, geometry = "grids", _("网格"), GridBoundary, "boundary_mercator"
    columns = {"code": "grid.code", "name": "grid.name", "colour": "row.colour"}
    joins = f"JOIN {Grid._meta.db_table} AS grid ON grid.id = row.grid_id"
    where = f"row.in_force @> %(day)s::date AND grid.level = {Grid.Level.GRID}"
    min_zoom = 11


class Segments(Layer):
    name, label, model, geometry = "segments", _("楼段（微网格）"), GridBoundary, "boundary_mercator"
    columns = {"code": "grid.code", "name": "grid.name"}
    joins = f"JOIN {Grid._meta.db_table} AS grid ON grid.id = row.grid_id"
    where = f"row.in_force @> %(day)s::date AND grid.level = {Grid.Level.SEGMENT}"
    min_zoom = 14


class Roads(Layer):
    name, label, model, geometry = "roads", _("道路"), Road, "line_mercator"
    columns = {"kind": "row.kind", "name": "NULLIF(row.name, '')"}
    wide = 13
    zoom_of_kind = {Road.Kind.STREET: 12, Road.Kind.ALLEY: 14, Road.Kind.PATH: 15}
    min_zoom = 10


class Barriers(Layer):
    name, label, model, geometry = "barriers", _("围墙、河流、铁路"), Barrier, "line_mercator"
    columns = {"kind": "row.kind", "name": "NULLIF(row.name, '')"}
    wide = 5
    zoom_of_kind = {Barrier.Kind.WALL: 15}
    min_zoom = 11


class Buildings(Layer):
    name, label, model, geometry = "buildings", _("楼栋"), Building, "footprint_mercator"
    columns = {
        "code": "row.code",
        "number": "NULLIF(row.number, '')",
        "name": "NULLIF(row.name, '')",
        "kind": "row.kind",
    }
    where = "(row.gone_since IS NULL OR row.gone_since > %(day)s::date)"
    min_zoom = 14
    whole = True


class Stairwells(Layer):
    name, label, model, geometry = "stairwells", _("楼道（单元）"), Stairwell, "footprint_mercator"
    columns = {"code": "row.code", "number": "row.number", "name": "NULLIF(row.name, '')"}
    where = "(row.gone_since IS NULL OR row.gone_since > %(day)s::date)"
    min_zoom = 15
    whole = True


class Facilities(Layer):
    name, label, model, geometry = "facilities", _("服务设施"), Facility, "point_mercator"
    columns = {"name": "row.name", "kind": "row.kind"}
    point = "row.point_mercator"
    min_zoom = 14


class SubdistrictLabels(Subdistricts):
    name = "subdistrict_labels"
    point = "COALESCE(ST_Transform(row.label, 3857), ST_PointOnSurface(row.boundary_mercator))"


class CommunityLabels(Communities):
    name = "community_labels"
    point = "COALESCE(ST_Transform(row.label, 3857), ST_PointOnSurface(row.boundary_mercator))"


class CompoundLabels(Compounds):
    name = "compound_labels"
    point = "ST_PointOnSurface(row.boundary_mercator)"
    min_zoom = 14


class GridLabels(Grids):
    name = "grid_labels"
    columns = {"code": "grid.code", "name": "grid.name"}
    point = "row.label_mercator"
    min_zoom = 12


class SegmentLabels(Segments):
    name = "segment_labels"
    point = "row.label_mercator"
    min_zoom = 15


LAYERS: tuple[type[Layer], ...] = (
    Landcovers,
    Subdistricts,
    Communities,
    Compounds,
    Grids,
    Segments,
    Roads,
    Barriers,
    Buildings,
    Stairwells,
    Facilities,
    SubdistrictLabels,
    CommunityLabels,
    CompoundLabels,
    GridLabels,
    SegmentLabels,
)
