"""Why a whole file cannot be imported: a code for programs and a sentence that says what to do next."""

from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

if TYPE_CHECKING:
    from buildings.imports.report import Report


class ImportRefused(Exception):
    """A file of which nothing was written."""

    code: ClassVar[str] = "import_refused"
    sentence: ClassVar[str] = _("这个文件不能导入。")

    def __init__(self, **params: object):
        super().__init__()
        self.params = params
        self.report: Report | None = None  # what was found out about the rows before

    def __str__(self) -> str:
        return gettext(self.sentence) % self.params


class UnknownFormat(ImportRefused):
    code = "unknown_format"
    sentence = _("无法识别“%(name)s”的格式。可以导入 .osm.pbf、GeoPackage、GeoJSON、Shapefile（可压缩为 zip）和 CSV。")


class NotAGeoPackage(ImportRefused):
    code = "not_a_geopackage"
    sentence = _("“%(name)s”是 SQLite 数据库，但不是 GeoPackage。请在制图软件中另存为 GeoPackage。")


class Damaged(ImportRefused):
    code = "damaged_file"
    sentence = _("“%(name)s”已损坏或不完整，请重新导出或下载后再试。（%(reason)s）")


class TooLarge(ImportRefused):
    code = "file_too_large"
    sentence = _("文件太大：解开后不得超过 %(limit)s MB。请按社区拆分后再导入。")


class UnsafeArchive(ImportRefused):
    code = "unsafe_archive"
    sentence = _("压缩包中“%(member)s”的路径不安全，请重新打包：文件直接放在压缩包内，不带目录。")


class ArchiveBomb(ImportRefused):
    code = "archive_bomb"
    sentence = _("压缩包中“%(member)s”的压缩比异常，拒绝解开。")


class NothingToImport(ImportRefused):
    code = "nothing_to_import"
    sentence = _("“%(name)s”中没有可以导入的数据。")


class NoSuchFile(ImportRefused):
    code = "no_such_file"
    sentence = _("没有“%(name)s”这个文件，请核对路径。")


class IsAFolder(ImportRefused):
    code = "is_a_folder"
    sentence = _("“%(name)s”是文件夹，请指明其中的一个文件。")


class EmptyFile(ImportRefused):
    code = "empty_file"
    sentence = _("“%(name)s”是空文件，请重新导出或下载后再试。")


class CannotRead(ImportRefused):
    code = "cannot_read_file"
    sentence = _("无法读取“%(name)s”：%(reason)s。请检查文件的权限。")


class MissingPart(ImportRefused):
    code = "shapefile_part_missing"
    sentence = _("Shapefile 不完整，缺少 %(part)s 文件。请把 .shp、.shx、.dbf、.prj 一起压缩为 zip。")


class UnknownLayer(ImportRefused):
    code = "unknown_layer"
    sentence = _("不知道图层“%(layer)s”是什么。请用 --layer %(layer)s=buildings（或 roads、compounds 等）说明。")


class MissingColumn(ImportRefused):
    code = "missing_column"
    sentence = _("缺少“%(column)s”列。文件中的列是：%(found)s。可用 --map 列名=%(field)s 指定。")


class UnknownCrs(ImportRefused):
    code = "unknown_crs"
    sentence = _("图层“%(layer)s”没有可用的坐标系。请用 --crs EPSG:4490 之类说明。")


class CoordTypeNeeded(ImportRefused):
    code = "unknown_coord_type"
    sentence = _("表格中的坐标没有说明类型，请用 --coord-type 说明：wgs84、cgcs2000、gcj02 或 bd09。")


class BadEncoding(ImportRefused):
    code = "bad_encoding"
    sentence = _("“%(name)s”不是 %(encoding)s 编码，请用 --encoding 说明，或另存为 UTF-8。")


class UnknownCommunity(ImportRefused):
    code = "unknown_community"
    sentence = _("没有编码为 %(community)s 的社区。新建请用 --new-community 编码:名称。")


class BadCommunityCode(ImportRefused):
    code = "bad_community_code"
    sentence = _("“%(code)s”不是社区编码：社区编码是 12 位数字。")


class BadNewCommunity(ImportRefused):
    code = "bad_new_community"
    sentence = _("新建社区写作“编码:名称”，例如 510105001001:某某社区。")


class NoGroundForCommunity(ImportRefused):
    code = "no_ground"
    sentence = _("新社区的范围由楼栋推算，但文件里没有可用的楼栋。")


class GroundTaken(ImportRefused):
    code = "ground_taken"
    sentence = _("这里的楼栋都在现有社区的范围内（例如 %(community)s）。请用 --community %(community)s，或不指定社区。")


class MassDelete(ImportRefused):
    code = "mass_delete"
    sentence = _(
        "这次导入会去掉“%(layer)s”现有 %(stored)s 条中的 %(gone)s 条，超过 40%%，没有写入任何内容。"
        "确认无误请加 --allow-mass-delete。"
    )


class RowsRefused(ImportRefused):
    code = "rows_refused"
    sentence = _("有 %(count)s 行被拒绝，按要求没有写入任何内容。")


class ChangedMeanwhile(ImportRefused):
    code = "changed_meanwhile"
    sentence = _("导入期间数据被别人改动，没有写入任何内容。请重新试运行。")


class DatabaseRefused(ImportRefused):
    code = "database_refused"
    sentence = _("数据库拒绝了其中的数据，没有写入任何内容。（%(constraint)s）")


class UnsoundGround(ImportRefused):
    code = "unsound_ground"
    sentence = _("由楼栋推算出的社区范围不能使用：%(reason)s请检查是否有位置错误的楼栋。")


class Trespass(ImportRefused):
    code = "outside_your_community"
    sentence = _("这次导入会改动社区 %(community)s 以外的 %(count)s 条数据，没有写入任何内容。")


class FullSerial(ImportRefused):
    code = "serials_used_up"
    sentence = _("社区 %(community)s 的 %(what)s 编号已用完。")


class UnknownSpreadsheet(ImportRefused):
    code = "unknown_spreadsheet"
    sentence = _(
        "“%(name)s”不是能读的表格：请另存为 .xlsx 或 CSV，表头要有“地址”“户主”等列名，前面的标题不要超过 15 行。"
    )
