"""What columns and layers of other people's files are called, in Chinese and English."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext_noop as _noop

from buildings.imports.files import Table
from buildings.imports.refusals import MissingColumn
from buildings.imports.report import RowRefused
from buildings.imports.rows import LAYERS, Row
from buildings.imports.text import clean
from buildings.models import Barrier, Building, Compound, Facility, Landcover, Road
from geo.errors import GeometryRefused
from geo.validity import WORLD, read_wkt

LAYER_NAMES = {
    "communities": "communities community areas area admin 社区 社区边界 行政区划 村",
    "compounds": "compounds compound estates 小区 院落 居民区",
    "buildings": "buildings building footprints 楼栋 楼幢 建筑 建筑物 房屋 房屋面",
    "stairwells": "stairwells stairwell units 楼道 单元 楼门",
    "entrances": "entrances entrance doors 入口 出入口 门",
    "roads": "roads road streets 道路 路网 道路中心线",
    "barriers": "barriers walls fences 围墙 河流 铁路 边界要素",
    "landcover": "landcover water green landuse 水系 绿地 水面 地表",
    "facilities": "facilities facility pois poi amenities 设施 兴趣点 公共设施",
}
SYNONYMS = {
    "id": "id osm_id fid_1 objectid gid uuid 编号 唯一码 标识码 要素代码 内部编码",
    "code": "code area_code 编码 社区编码 行政区划代码 区划代码",
    "name": "name title 名称 社区名称 小区名称 楼栋名称 道路名称 楼名",
    "number": "number ref no bldg_no building_no 楼号 栋号 幢号 楼栋号 单元号 号",
    "address": "address addr 地址 门牌地址 详细地址",
    "kind": "kind usage use category type class 类型 用途 类别 使用性质",
    "floors": "floors floor levels level storeys 层数 楼层 总层数 地上层数",
    "compound": "compound estate 小区 所属小区 院落",
    "building": "building building_id building_code 楼栋 所属楼栋 楼栋编号",
    "community": "community community_code 所属社区 社区代码",
    "phone": "phone tel 电话 联系电话",
    "hours": "hours opening_hours 开放时间 营业时间",
}
GEOMETRY = {
    "wkt": "wkt geom geometry the_geom shape 图形 几何 坐标串",
    "lon": "lon lng longitude x 经度 东经",
    "lat": "lat latitude y 纬度 北纬",
}
FIELDS = {
    "communities": ("code", "name"),
    "compounds": ("name", "kind", "address", "community"),
    "buildings": ("number", "name", "address", "kind", "floors", "compound", "community"),
    "stairwells": ("number", "name", "floors", "building"),
    "entrances": ("number", "building"),
    "roads": ("name", "kind"),
    "barriers": ("name", "kind"),
    "landcover": ("name", "kind"),
    "facilities": ("name", "kind", "address", "phone", "hours"),
}
DEFAULT_KIND = {
    "compounds": Compound.Kind.OTHER, "buildings": "", "roads": Road.Kind.STREET, "barriers": Barrier.Kind.WALL,
    "landcover": Landcover.Kind.GREEN, "facilities": Facility.Kind.OTHER,
}  # fmt: skip
_CHOICES: dict[str, Any] = {
    "compounds": Compound.Kind, "buildings": Building.Kind, "roads": Road.Kind, "barriers": Barrier.Kind,
    "landcover": Landcover.Kind, "facilities": Facility.Kind,
}  # fmt: skip
KIND_WORDS: dict[str, dict[Any, str]] = {
    "buildings": {
        Building.Kind.RESIDENTIAL: "r residential 住宅 居民楼 居住 宿舍 公寓 商品房 平房",
        Building.Kind.MIXED: "mixed 商住 商住两用",
        Building.Kind.COMMERCIAL: "o commercial office retail 商业 办公 商铺 写字楼",
        Building.Kind.PUBLIC: "c public education 公共 学校 医院 公建",
        Building.Kind.INDUSTRIAL: "industrial 工业 厂房 仓库",
    },
    "roads": {
        Road.Kind.ARTERIAL: "主干道 快速路 次干道",
        Road.Kind.STREET: "街道 支路",
        Road.Kind.ALLEY: "巷 巷弄 弄 胡同 小区路",
        Road.Kind.PATH: "小路 人行道 步道",
    },
    "barriers": {
        Barrier.Kind.RIVER: "river 河 河流 水系",
        Barrier.Kind.RAILWAY: "rail 铁路",
        Barrier.Kind.WALL: "围墙 栅栏",
    },
    "landcover": {Landcover.Kind.WATER: "水 水面 水系 湖", Landcover.Kind.SQUARE: "广场"},
}


WKT_TYPES = ("Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point")
# No collection, which may be nested until GEOS runs out of stack.
_PLAIN_WKT = re.compile(
    r"\s*(?:MULTI)?(?:POLYGON|LINESTRING|POINT)\s*(?:ZM|Z|M)?\s*\([-+0-9eE., ()\s]*\)\s*", re.IGNORECASE
)

NO_NUMBERS = _noop("经纬度不是数字。")


def _key(name: str) -> str:
    return re.sub(r"[\s_\-()]+", "", clean(name)).lower()


def _index(words: Mapping[str, str]) -> dict[str, str]:
    return {_key(word): field for field, line in words.items() for word in line.split()}


_LAYERS, _COLUMNS, _GEOMETRY = _index(LAYER_NAMES), _index(SYNONYMS), _index(GEOMETRY)


def layer_of(table: Table, given: Mapping[str, str]) -> str:
    """Which of our layers a table is: as told (`""` means the only one), else by its name. Empty when nobody knows."""
    if table.name in given:
        return given[table.name]
    if "" in given:
        return given[""]
    return layer_named(table.name)


def layer_named(name: str) -> str:
    """Which of our layers people call so; empty when none."""
    return _LAYERS.get(_key(name), "")


def mapping_of(columns: Sequence[str], given: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Field -> column: as told, else the column whose name says it best."""
    found = {field: column for column, field in given.items() if column in columns}
    order = list(known)
    for column in sorted((column for column in columns if _key(column) in known), key=lambda c: order.index(_key(c))):
        if column not in given:
            found.setdefault(known[_key(column)], column)
    return found


def rows_of(table: Table, layer: str, given: Mapping[str, str], refuse: Any) -> Iterator[Row]:
    """The rows of a table of any origin. `refuse(number, source_id, why)` hears of geometries that cannot be read."""
    told = [name for name, column in table.columns.items() if any(cell not in (None, "") for cell in column)]
    mapping = mapping_of(told, given, _COLUMNS)
    geometries = table.geometries if table.geometries is not None else _geometries(table, given, refuse)
    for index, geometry in enumerate(geometries):
        if geometry is False:  # refused already
            continue
        cells = {field: clean(table.columns[column][index]) for field, column in mapping.items()}
        values = {field: cells.get(field, "") for field in FIELDS[layer]}
        if "kind" in values:
            values["kind"] = kind_of(layer, values["kind"])
        yield Row(
            index + 1, cells.get("id") or (cells.get("code", "") if layer == "communities" else ""), geometry, values
        )


def kind_of(layer: str, word: str) -> Any:
    """One of the model's kinds for a word in a file; unknown words are the layer's plainest kind."""
    lowered = word.lower()
    for choice in _CHOICES[layer]:
        if lowered in (choice.value, str(choice.label).lower()):
            return choice
    for choice, words in KIND_WORDS.get(layer, {}).items():
        if lowered in words.split():
            return choice
    return DEFAULT_KIND[layer]


def needs_coord_type(table: Table) -> bool:
    """A table of text says nothing about its coordinates."""
    return table.geometries is None


def _geometries(table: Table, given: Mapping[str, str], refuse: Any) -> np.ndarray[Any, Any]:
    """Geometries from a WKT column or from two columns of numbers; False where refused."""
    columns = mapping_of(list(table.columns), given, _GEOMETRY)
    if "wkt" in columns:
        texts = table.columns[columns["wkt"]]
        return _objects([_from_wkt(text, index, refuse) for index, text in enumerate(texts)])
    if not {"lon", "lat"} <= columns.keys():
        missing = "lon" if "lon" not in columns else "lat"
        raise MissingColumn(column=missing, field=missing, found="、".join(table.columns)[:200])
    pairs = zip(table.columns[columns["lon"]], table.columns[columns["lat"]], strict=True)
    return _objects([_from_cells(lon, lat, index, refuse) for index, (lon, lat) in enumerate(pairs)])


def _objects(items: list[Any]) -> np.ndarray[Any, Any]:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _from_wkt(text: str, index: int, refuse: Any) -> Any:
    """GEOS reads what is plainly one of our types, fast; the kernel's reader says what is wrong with anything else."""
    if _PLAIN_WKT.fullmatch(text) and (shape := shapely.from_wkt(text, on_invalid="ignore")) is not None:
        return shape
    try:
        return read_wkt(text, wanted=WKT_TYPES, extent=WORLD)
    except GeometryRefused as why:
        refuse(index + 1, "", why)
        return False


def _from_cells(lon: str, lat: str, index: int, refuse: Any) -> Any:
    """A point of two cells; NaN and infinity are kept, to be refused with the shapes."""
    try:
        return shapely.Point(float(clean(lon)), float(clean(lat)))
    except (ValueError, OverflowError):
        refuse(index + 1, "", RowRefused("bad_coordinate", NO_NUMBERS, field="lon"))
        return False


assert FIELDS.keys() == LAYERS.keys()
