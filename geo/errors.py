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
    sentence = _("无法识别的图形格式,请使用 GeoJSON、WKT 或 WKB。")


class WrongType(GeometryRefused):
    """A geometry of another type than the one asked for."""

    code = "wrong_type"
    sentence = _("图形类型是 %(found)s,这里需要 %(wanted)s。")


class WrongCrs(GeometryRefused):
    """The data name a coordinate reference system that is not longitude and latitude."""

    code = "wrong_crs"
    sentence = _("坐标系是 %(crs)s,请改用经纬度(EPSG:4326 或 CGCS2000 经纬度)。")


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
    sentence = _("每个坐标必须是两个数字:经度、纬度。")


class NotTwoDimensional(GeometryRefused):
    """Positions with height or measure."""

    code = "not_2d"
    sentence = _("坐标带有高程或量测值,请只保留经度和纬度。")


class NotANumber(GeometryRefused):
    """NaN or infinity among the coordinates."""

    code = "nan_coordinate"
    sentence = _("坐标中有无效数字(NaN 或无穷大)。")


class TooManyVertices(GeometryRefused):
    """More vertices than the limit."""

    code = "too_many_vertices"
    sentence = _("顶点太多:最多 %(limit)s 个。请先简化图形。")


class TooComplex(GeometryRefused):
    """So many long edges side by side that the check alone would keep the server busy."""

    code = "too_complex"
    sentence = _("图形过于复杂,无法在合理时间内检查。请先简化图形。")


# What is read but lies wrong.


class OutOfRange(GeometryRefused):
    """Longitude beyond 180 or latitude beyond 90 degrees."""

    code = "out_of_range"
    sentence = _("坐标超出范围:经度应在 ±180 度内,纬度应在 ±90 度内。")


class AxesSwapped(GeometryRefused):
    """Latitude where longitude is expected."""

    code = "axes_swapped"
    sentence = _("经度和纬度可能写反了:请把经度放在前面。")


class OutsideExtent(GeometryRefused):
    """Outside the part of the world that is asked for."""

    code = "outside_extent"
    sentence = _("图形不在允许的范围内(经度 %(west)s 到 %(east)s,纬度 %(south)s 到 %(north)s)。")


class CrossesAntimeridian(GeometryRefused):
    """An edge or a polygon that spans more than 180 degrees of longitude."""

    code = "crosses_antimeridian"
    sentence = _("图形跨越 180 度经线,请在经线处分开。")


class TooSmall(GeometryRefused):
    """An area below the least that makes sense."""

    code = "too_small"
    sentence = _("面积太小:%(found)s 平方米,至少需要 %(least)s 平方米。")


# What GEOS finds invalid.


class Invalid(GeometryRefused):
    """Not a valid geometry in the sense of OGC Simple Features."""

    code = "invalid"
    sentence = _("图形无效(%(reason)s)。")


class SelfIntersection(Invalid):
    """The outline crosses itself."""

    code = "self_intersection"
    sentence = _("边界自相交,请移动此处的顶点。")


class RingSelfIntersection(SelfIntersection):
    """A ring touches itself."""

    code = "ring_self_intersection"
    sentence = _("边界在此处与自身相接,请移动此处的顶点。")


class RingNotClosed(Invalid):
    """The last position of a ring differs from the first."""

    code = "ring_not_closed"
    sentence = _("边界没有闭合:最后一个坐标必须与第一个相同。")


class TooFewPoints(Invalid):
    """A ring of fewer than four positions or a line of fewer than two, or of fewer different ones than it needs."""

    code = "too_few_points"
    sentence = _("顶点太少:面至少需要三个不同的顶点,线至少需要两个。")


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
