"""
Refusals: why a geometry cannot be used, in words, as a code for programs and as a place on the map.

The sentences are Chinese message ids with `%(name)s` parameters. The kernel only marks them; the apps look the
translation up with `gettext(e.sentence) % e.params`.
"""

from typing import ClassVar

Place = tuple[float, float]


def gettext_noop(message: str) -> str:
    """Mark a message for the translators and return it as it is."""
    return message


_ = gettext_noop


class GeometryRefused(Exception):
    """
    A geometry that must not be stored.

    Parameters
    ----------
    place : (lon, lat), optional
        Where it is broken, in degrees; None when the fault has no place (nothing was read, or it is not a number).
    params
        What the sentence names.
    """

    code: ClassVar[str] = "geometry_refused"
    sentence: ClassVar[str] = _("这个图形不能使用。")

    def __init__(self, *, place: Place | None = None, **params: object):
        super().__init__()
        self.place = place
        self.params = params

    def __str__(self) -> str:
        return self.sentence % self.params if self.params else self.sentence

    def __reduce__(self) -> tuple[object, ...]:
        # An exception with keyword arguments does not survive a process pool otherwise.
        return _rebuild, (type(self), self.place, self.params)


def _rebuild(kind: type[GeometryRefused], place: Place | None, params: dict[str, object]) -> GeometryRefused:
    return kind(place=place, **params)


# What cannot be read at all.


class Unreadable(GeometryRefused):
    """Not GeoJSON, WKT or WKB of a geometry."""

    code = "unreadable"
    sentence = _("无法识别的图形格式，请使用 GeoJSON、WKT 或 WKB。")


class WrongType(GeometryRefused):
    """A geometry of another type than the one asked for."""

    code = "wrong_type"
    sentence = _("图形类型是 %(found)s，这里需要 %(wanted)s。")


class WrongCrs(GeometryRefused):
    """The data name a coordinate reference system that is not longitude and latitude."""

    code = "wrong_crs"
    sentence = _("坐标系是 %(crs)s，请改用经纬度（EPSG:4326 或 CGCS2000 经纬度）。")


class UnknownCoordType(GeometryRefused):
    """A coordinate type that is missing or not one of `crs.COORD_TYPES`."""

    code = "unknown_coord_type"
    sentence = _("请说明坐标类型 coord_type:wgs84、cgcs2000、gcj02 或 bd09。")


class Empty(GeometryRefused):
    """No coordinates at all."""

    code = "empty"
    sentence = _("图形是空的。")


class BadPosition(GeometryRefused):
    """A position that is not a list of two numbers."""

    code = "bad_position"
    sentence = _("每个坐标必须是两个数字：经度、纬度。")


class NotTwoDimensional(GeometryRefused):
    """Positions with height or measure."""

    code = "not_2d"
    sentence = _("坐标带有高程或量测值，请只保留经度和纬度。")


class NotANumber(GeometryRefused):
    """NaN or infinity among the coordinates."""

    code = "nan_coordinate"
    sentence = _("坐标中有无效数字（NaN 或无穷大）。")


class TooManyVertices(GeometryRefused):
    """More vertices than the limit."""

    code = "too_many_vertices"
    sentence = _("顶点太多：最多 %(limit)s 个。请先简化图形。")


class TooComplex(GeometryRefused):
    """So many long edges side by side that the check alone would keep the server busy."""

    code = "too_complex"
    sentence = _("图形过于复杂，无法在合理时间内检查。请先简化图形。")


# What is read but lies wrong.


class OutOfRange(GeometryRefused):
    """Longitude beyond 180 or latitude beyond 90 degrees."""

    code = "out_of_range"
    sentence = _("坐标超出范围：经度应在 ±180 度内，纬度应在 ±90 度内。")


class AxesSwapped(GeometryRefused):
    """Latitude where longitude is expected."""

    code = "axes_swapped"
    sentence = _("经度和纬度可能写反了：请把经度放在前面。")


class OutsideExtent(GeometryRefused):
    """Outside the part of the world that is asked for."""

    code = "outside_extent"
    sentence = _("图形不在允许的范围内（经度 %(west)s 到 %(east)s，纬度 %(south)s 到 %(north)s）。")


class CrossesAntimeridian(GeometryRefused):
    """An edge or a polygon that spans more than 180 degrees of longitude."""

    code = "crosses_antimeridian"
    sentence = _("图形跨越 180 度经线，请在经线处分开。")


class TooSmall(GeometryRefused):
    """An area below the least that makes sense."""

    code = "too_small"
    sentence = _("面积太小：%(found)s 平方米，至少需要 %(least)s 平方米。")


# What GEOS finds invalid.


class Invalid(GeometryRefused):
    """Not a valid geometry in the sense of OGC Simple Features."""

    code = "invalid"
    sentence = _("图形无效(%(reason)s)。")


class SelfIntersection(Invalid):
    """The outline crosses itself."""

    code = "self_intersection"
    sentence = _("边界自相交，请移动此处的顶点。")


class RingSelfIntersection(SelfIntersection):
    """A ring touches itself."""

    code = "ring_self_intersection"
    sentence = _("边界在此处与自身相接，请移动此处的顶点。")


class RingNotClosed(Invalid):
    """The last position of a ring differs from the first."""

    code = "ring_not_closed"
    sentence = _("边界没有闭合：最后一个坐标必须与第一个相同。")


class TooFewPoints(Invalid):
    """A ring of fewer than four positions or a line of fewer than two, or of fewer different ones than it needs."""

    code = "too_few_points"
    sentence = _("顶点太少：面至少需要三个不同的顶点，线至少需要两个。")


class HoleOutsideShell(Invalid):
    """A hole that is not inside its polygon."""

    code = "hole_outside_shell"
    sentence = _("内洞在外边界之外。")


class NestedHoles(Invalid):
    """A hole inside a hole."""

    code = "nested_holes"
    sentence = _("内洞相互嵌套。")


class NestedShells(Invalid):
    """A part of a multipolygon inside another part."""

    code = "nested_shells"
    sentence = _("多个面相互嵌套。")


class DuplicateRings(Invalid):
    """The same ring twice."""

    code = "duplicate_rings"
    sentence = _("同一条边界出现了两次。")


class DisconnectedInterior(Invalid):
    """Holes that cut the polygon in parts."""

    code = "disconnected_interior"
    sentence = _("内洞把面分成了几块。")


# What the ground makes impossible.


class MostlyOutside(GeometryRefused):
    """A footprint whose larger part lies outside the ground that is cut."""

    code = "mostly_outside"
    sentence = _("%(name)s 的大部分在社区范围之外。")


# What an edit of a draft would do.


class EditRefused(GeometryRefused):
    """An edit that is not made, since the plan would not be one any more, or not the planner's."""

    code = "edit_refused"
    sentence = _("这一步不能执行。")


class BadOperation(EditRefused):
    """An operation that is not known, or not with these fields."""

    code = "bad_operation"
    sentence = _("无法识别的操作：%(why)s。")


class Unknown(EditRefused):
    """A grid, segment or unit that the draft does not have."""

    code = "unknown"
    sentence = _("方案里没有 %(name)s。")


class NameTaken(EditRefused):
    """A name for a new grid that another one has."""

    code = "name_taken"
    sentence = _("%(name)s 已经存在，请换一个名称。")


class Locked(EditRefused):
    """A grid that was locked would change."""

    code = "locked"
    sentence = _("%(name)s 已锁定，请先解锁。")


class Severed(EditRefused):
    """The grid giving ground would fall into two parts."""

    code = "severed"
    sentence = _("%(name)s 会被分成不相连的几块，请把隔开的部分一起移交。")


class Detached(EditRefused):
    """What is handed over does not border on the grid that takes it."""

    code = "detached"
    sentence = _("移交的部分与 %(name)s 不相连，请把中间的楼栋一起选上。")


class Emptied(EditRefused):
    """Nothing of the grid giving ground would be left."""

    code = "emptied"
    sentence = _("%(name)s 会一栋楼也不剩。要取消它，请用合并或撤销网格。")


class Torn(EditRefused):
    """Units that belong together would get different grids."""

    code = "torn"
    sentence = _("%(name)s 与同一栋楼或相叠的楼不能分开。")


class OtherParent(EditRefused):
    """A segment would reach over the border of its grid."""

    code = "other_parent"
    sentence = _("%(name)s 不在同一个网格内，楼段不能跨网格。")


class LeavesParent(EditRefused):
    """A line that is the border of the place above, or would cross it."""

    code = "leaves_parent"
    sentence = _("这是上级范围的边界，不能在这里移动或越过。")


class CutsFootprint(EditRefused):
    """A line would run through a building."""

    code = "cuts_footprint"
    sentence = _("边界会切开楼栋 %(name)s。")


class Collapsed(EditRefused):
    """A cell would have no area left, or next to none."""

    code = "collapsed"
    sentence = _("此处的地块会被挤没。")


class Crosses(EditRefused):
    """A moved border would cross itself or another one."""

    code = "crosses"
    sentence = _("移动后的边界会与自身或其他边界相交。")


class NoVertex(EditRefused):
    """There is no vertex, or no border, where one is to be moved."""

    code = "no_vertex"
    sentence = _("此处没有可移动的边界顶点。")


class IsJunction(EditRefused):
    """A vertex in which three borders or more end; without it they would hang in the air."""

    code = "is_junction"
    sentence = _("此处是几条边界的交点，可以移动，不能删除。")


class LineMisses(EditRefused):
    """A drawn line that does not do what it is for."""

    code = "line_misses"
    sentence = _("画的线没有把 %(name)s 分开，请从边界外画到边界外。")


class OffBorder(EditRefused):
    """A new stretch that does not begin and end on the border that it replaces."""

    code = "off_border"
    sentence = _("新的边界必须从 %(name)s 的同一条边界上开始并结束。")


class TooTight(EditRefused):
    """Lines that the grid of stored coordinates cannot hold apart."""

    code = "too_tight"
    sentence = _("线条在此处靠得太近，请离远一些或画得简单些。")


class CannotDivide(EditRefused):
    """Fewer parts than asked for."""

    code = "cannot_divide"
    sentence = _("%(name)s 无法分成 %(parts)s 个相连的部分。")


class Overlapping(EditRefused):
    """Polygons whose lines are to be followed, and that overlap."""

    code = "overlapping"
    sentence = _("%(name)s 与 %(other)s 重叠，请先合拢缝隙和重叠，再按画的边界导入。")


class ChangedSince(EditRefused):
    """Somebody else changed in the meantime what an edit is about."""

    code = "changed_since"
    sentence = _("%(name)s 在此期间已被改动。")


class OffGrid(EditRefused):
    """A cell that was not cut on the grid of stored coordinates."""

    code = "off_grid"
    sentence = _("地块的坐标精度不符，请重新生成地块。")


#: What GEOS says, in lower case, and the refusal that it becomes. Most particular first.
GEOS_REASONS: tuple[tuple[str, type[GeometryRefused]], ...] = (
    ("ring self-intersection", RingSelfIntersection),
    ("self-intersection", SelfIntersection),
    ("hole lies outside shell", HoleOutsideShell),
    ("holes are nested", NestedHoles),
    ("nested holes", NestedHoles),
    ("nested shells", NestedShells),
    ("duplicate rings", DuplicateRings),
    ("interior is disconnected", DisconnectedInterior),
    ("too few points", TooFewPoints),
    ("ring is not closed", RingNotClosed),
    ("invalid coordinate", NotANumber),
)


def refusal_of(reason: str, place: Place | None) -> GeometryRefused:
    """The refusal for what GEOS says is wrong; `Invalid` with the reason when GEOS says something new."""
    lowered = reason.lower()
    for words, kind in GEOS_REASONS:
        if words in lowered:
            return kind(place=place)
    return Invalid(place=place, reason=reason)
