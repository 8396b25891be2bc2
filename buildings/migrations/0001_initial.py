import buildings.fields
import django.contrib.gis.db.models.fields
import django.contrib.gis.db.models.functions
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, CreateExtension, TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateExtension("postgis"),
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name="Dwelling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("floor", models.SmallIntegerField(blank=True, null=True, verbose_name="楼层")),
                ("room", models.CharField(max_length=20, verbose_name="室号")),
                (
                    "status",
                    models.CharField(
                        choices=[("owner_occupied", "自住"), ("rented", "租赁"), ("vacant", "空置"), ("other", "其他")],
                        default="other",
                        max_length=16,
                        verbose_name="使用情况",
                    ),
                ),
            ],
            options={
                "verbose_name": "户室",
                "verbose_name_plural": "户室",
            },
        ),
        migrations.CreateModel(
            name="Area",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("code", models.CharField(max_length=12, unique=True, verbose_name="编码")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(6, "区县"), (9, "街道（乡镇）"), (12, "社区（村）")], verbose_name="层级"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("community", "社区"),
                            ("village", "行政村"),
                            ("subdistrict", "街道"),
                            ("town", "镇"),
                            ("township", "乡"),
                            ("district", "区"),
                            ("county", "县"),
                        ],
                        max_length=12,
                        verbose_name="类型",
                    ),
                ),
                (
                    "boundary",
                    django.contrib.gis.db.models.fields.MultiPolygonField(
                        blank=True,
                        help_text="Outer edge, lon/lat in EPSG:4326.",
                        null=True,
                        srid=4326,
                        verbose_name="边界",
                    ),
                ),
                (
                    "boundary_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("boundary", 3857),
                        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(srid=3857),
                    ),
                ),
                (
                    "label",
                    django.contrib.gis.db.models.fields.PointField(
                        blank=True, help_text="Where its name stands.", null=True, srid=4326, verbose_name="标注点"
                    ),
                ),
                (
                    "office_phone",
                    models.CharField(
                        blank=True,
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9][0-9 \\-]{2,19}$", "电话只能由数字、空格和短横组成，例如 0591-2248 1001。"
                            )
                        ],
                        verbose_name="办公电话",
                    ),
                ),
                ("office_hours", models.CharField(blank=True, max_length=60, verbose_name="办公时间")),
                ("office_address", models.CharField(blank=True, max_length=120, verbose_name="办公地址")),
                (
                    "supervision_phone",
                    models.CharField(
                        blank=True,
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9][0-9 \\-]{2,19}$", "电话只能由数字、空格和短横组成，例如 0591-2248 1001。"
                            )
                        ],
                        verbose_name="监督电话",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="buildings.area",
                        verbose_name="上级",
                    ),
                ),
            ],
            options={
                "verbose_name": "行政区划",
                "verbose_name_plural": "行政区划",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Barrier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[("wall", "围墙"), ("river", "河流"), ("railway", "铁路")],
                        max_length=12,
                        verbose_name="类型",
                    ),
                ),
                ("line", django.contrib.gis.db.models.fields.LineStringField(srid=4326, verbose_name="走向")),
                (
                    "line_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("line", 3857),
                        output_field=django.contrib.gis.db.models.fields.LineStringField(srid=3857),
                    ),
                ),
            ],
            options={
                "verbose_name": "边界要素",
                "verbose_name_plural": "边界要素",
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(fields=["line_mercator"], name="barrier_line_on_tiles")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("source", "source_id"),
                        name="buildings_barrier_once_per_source",
                    ),
                    models.CheckConstraint(
                        condition=buildings.fields.Sound(models.F("line")), name="buildings_barrier_line_is_sound"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Compound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("code", models.CharField(help_text="社区编码-序号", max_length=20, unique=True, verbose_name="编码")),
                ("name", models.CharField(max_length=60, verbose_name="名称")),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="别名",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commodity", "商品房小区"),
                            ("old", "老旧小区"),
                            ("resettlement", "安置小区"),
                            ("courtyard", "楼院"),
                            ("village", "自然村"),
                            ("other", "其他"),
                        ],
                        default="other",
                        max_length=12,
                        verbose_name="类型",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=120, verbose_name="地址")),
                ("boundary", django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326, verbose_name="边界")),
                (
                    "boundary_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("boundary", 3857),
                        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(srid=3857),
                    ),
                ),
                ("property_company", models.CharField(blank=True, max_length=60, verbose_name="物业公司")),
                (
                    "property_phone",
                    models.CharField(
                        blank=True,
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9][0-9 \\-]{2,19}$", "电话只能由数字、空格和短横组成，例如 0591-2248 1001。"
                            )
                        ],
                        verbose_name="物业电话",
                    ),
                ),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compounds",
                        to="buildings.area",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "小区",
                "verbose_name_plural": "小区",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Building",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("code", models.CharField(max_length=17, unique=True, verbose_name="编码")),
                (
                    "number",
                    models.CharField(blank=True, help_text="只写号：3、9-1、31甲", max_length=20, verbose_name="楼号"),
                ),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="名称")),
                ("address", models.CharField(blank=True, help_text="道路和门牌", max_length=120, verbose_name="地址")),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=120),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="别名",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("residential", "住宅"),
                            ("mixed", "商住"),
                            ("commercial", "商业"),
                            ("public", "公共服务"),
                            ("industrial", "厂房仓库"),
                            ("other", "其他"),
                        ],
                        default="other",
                        max_length=12,
                        verbose_name="用途",
                    ),
                ),
                ("floors", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="层数")),
                ("footprint", django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326, verbose_name="轮廓")),
                (
                    "footprint_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=buildings.fields.Clockwise(
                            django.contrib.gis.db.models.functions.Transform("footprint", 3857)
                        ),
                        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(srid=3857),
                    ),
                ),
                (
                    "clearance",
                    models.GeneratedField(
                        db_persist=True,
                        expression=buildings.fields.MinimumClearance(
                            django.contrib.gis.db.models.functions.Transform("footprint", 3857)
                        ),
                        output_field=models.FloatField(),
                    ),
                ),
                ("gone_since", models.DateField(blank=True, null=True, verbose_name="拆除日期")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="buildings",
                        to="buildings.area",
                        verbose_name="社区",
                    ),
                ),
                (
                    "compound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="buildings",
                        to="buildings.compound",
                        verbose_name="小区",
                    ),
                ),
            ],
            options={
                "verbose_name": "楼栋",
                "verbose_name_plural": "楼栋",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Facility",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("name", models.CharField(max_length=80, verbose_name="名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("service_center", "党群服务中心"),
                            ("neighborhood_center", "邻里中心"),
                            ("health", "卫生服务"),
                            ("elderly_care", "养老服务"),
                            ("child_care", "托幼"),
                            ("school", "学校"),
                            ("canteen", "食堂"),
                            ("market", "市场商店"),
                            ("police", "警务室"),
                            ("culture", "文化活动"),
                            ("deliberation", "议事点"),
                            ("other", "其他"),
                        ],
                        default="other",
                        max_length=24,
                        verbose_name="类型",
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=120, verbose_name="地址")),
                (
                    "phone",
                    models.CharField(
                        blank=True,
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9][0-9 \\-]{2,19}$", "电话只能由数字、空格和短横组成，例如 0591-2248 1001。"
                            )
                        ],
                        verbose_name="电话",
                    ),
                ),
                (
                    "hours",
                    models.CharField(
                        blank=True, help_text="例如 Mo-Fr 08:30-17:30", max_length=120, verbose_name="开放时间"
                    ),
                ),
                ("point", django.contrib.gis.db.models.fields.PointField(srid=4326, verbose_name="位置")),
                (
                    "point_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("point", 3857),
                        output_field=django.contrib.gis.db.models.fields.PointField(srid=3857),
                    ),
                ),
                (
                    "community",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="facilities",
                        to="buildings.area",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "设施",
                "verbose_name_plural": "设施",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="GroundChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=200, verbose_name="内容")),
                ("counts", models.JSONField(blank=True, default=dict, verbose_name="数量")),
                ("at", models.DateTimeField(auto_now_add=True, verbose_name="时间")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="经手人",
                    ),
                ),
            ],
            options={
                "verbose_name": "地物变更",
                "verbose_name_plural": "地物变更",
            },
        ),
        migrations.CreateModel(
            name="Household",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("head", models.CharField(blank=True, max_length=40, verbose_name="户主")),
                (
                    "phone",
                    models.CharField(
                        blank=True,
                        max_length=20,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+?[0-9][0-9 \\-]{2,19}$", "电话只能由数字、空格和短横组成，例如 0591-2248 1001。"
                            )
                        ],
                        verbose_name="联系电话",
                    ),
                ),
                ("people", models.PositiveSmallIntegerField(verbose_name="人数")),
                (
                    "dwelling",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="households",
                        to="buildings.dwelling",
                        verbose_name="户室",
                    ),
                ),
            ],
            options={
                "verbose_name": "住户",
                "verbose_name_plural": "住户",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Landcover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[("water", "水面"), ("green", "绿地"), ("square", "广场")],
                        max_length=12,
                        verbose_name="类型",
                    ),
                ),
                ("extent", django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326, verbose_name="范围")),
                (
                    "extent_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("extent", 3857),
                        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(srid=3857),
                    ),
                ),
            ],
            options={
                "verbose_name": "地表",
                "verbose_name_plural": "地表",
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        fields=["extent_mercator"], name="landcover_extent_on_tiles"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("source", "source_id"),
                        name="buildings_landcover_once_per_source",
                    ),
                    models.CheckConstraint(
                        condition=buildings.fields.Sound(models.F("extent")), name="buildings_landcover_extent_is_sound"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Road",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="名称")),
                (
                    "kind",
                    models.CharField(
                        choices=[("arterial", "主干道"), ("street", "街道"), ("alley", "巷弄"), ("path", "小路")],
                        max_length=12,
                        verbose_name="类型",
                    ),
                ),
                ("line", django.contrib.gis.db.models.fields.LineStringField(srid=4326, verbose_name="中心线")),
                (
                    "line_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("line", 3857),
                        output_field=django.contrib.gis.db.models.fields.LineStringField(srid=3857),
                    ),
                ),
            ],
            options={
                "verbose_name": "道路",
                "verbose_name_plural": "道路",
                "abstract": False,
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(fields=["line_mercator"], name="road_line_on_tiles"),
                    django.contrib.postgres.indexes.GistIndex(
                        django.contrib.postgres.indexes.OpClass("name", "gist_trgm_ops"),
                        condition=models.Q(("name", ""), _negated=True),
                        name="road_name_by_likeness",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("source_id", ""), _negated=True),
                        fields=("source", "source_id"),
                        name="buildings_road_once_per_source",
                    ),
                    models.CheckConstraint(
                        condition=buildings.fields.Sound(models.F("line")), name="buildings_road_line_is_sound"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stairwell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="来源")),
                ("source_id", models.CharField(blank=True, max_length=80, verbose_name="来源编号")),
                (
                    "code",
                    models.CharField(
                        help_text="楼栋编码加两位；门牌二维码用它", max_length=19, unique=True, verbose_name="编码"
                    ),
                ),
                ("number", models.CharField(help_text="只写号：1、2、甲", max_length=20, verbose_name="单元号")),
                ("name", models.CharField(blank=True, max_length=60, verbose_name="名称")),
                ("floors", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="层数")),
                ("footprint", django.contrib.gis.db.models.fields.MultiPolygonField(srid=4326, verbose_name="轮廓")),
                (
                    "footprint_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=buildings.fields.Clockwise(
                            django.contrib.gis.db.models.functions.Transform("footprint", 3857)
                        ),
                        output_field=django.contrib.gis.db.models.fields.MultiPolygonField(srid=3857),
                    ),
                ),
                (
                    "clearance",
                    models.GeneratedField(
                        db_persist=True,
                        expression=buildings.fields.MinimumClearance(
                            django.contrib.gis.db.models.functions.Transform("footprint", 3857)
                        ),
                        output_field=models.FloatField(),
                    ),
                ),
                (
                    "entrance",
                    django.contrib.gis.db.models.fields.PointField(
                        blank=True, null=True, srid=4326, verbose_name="入口"
                    ),
                ),
                ("derived", models.BooleanField(default=False, verbose_name="由楼栋轮廓推算")),
                ("gone_since", models.DateField(blank=True, null=True, verbose_name="拆除日期")),
                (
                    "building",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stairwells",
                        to="buildings.building",
                        verbose_name="楼栋",
                    ),
                ),
            ],
            options={
                "verbose_name": "楼道（单元）",
                "verbose_name_plural": "楼道（单元）",
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="dwelling",
            name="stairwell",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dwellings",
                to="buildings.stairwell",
                verbose_name="楼道",
            ),
        ),
        migrations.AddIndex(
            model_name="area",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["boundary_mercator"], name="area_boundary_on_tiles"
            ),
        ),
        migrations.AddIndex(
            model_name="area",
            index=django.contrib.postgres.indexes.GistIndex(
                django.contrib.postgres.indexes.OpClass("name", "gist_trgm_ops"), name="area_name_by_likeness"
            ),
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id", ""), _negated=True),
                fields=("source", "source_id"),
                name="buildings_area_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.CheckConstraint(
                condition=buildings.fields.Sound(models.F("boundary")), name="buildings_area_boundary_is_sound"
            ),
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("code__regex", "^[0-9]{6}$"), ("level", 6)),
                    models.Q(("code__regex", "^[0-9]{9}$"), ("level", 9)),
                    models.Q(("code__regex", "^[0-9]{12}$"), ("level", 12)),
                    _connector="OR",
                ),
                name="area_code_fits_its_level",
            ),
        ),
        migrations.AddIndex(
            model_name="compound",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["boundary_mercator"], name="compound_boundary_on_tiles"
            ),
        ),
        migrations.AddIndex(
            model_name="compound",
            index=django.contrib.postgres.indexes.GistIndex(
                django.contrib.postgres.indexes.OpClass("name", "gist_trgm_ops"), name="compound_name_by_likeness"
            ),
        ),
        migrations.AddConstraint(
            model_name="compound",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id", ""), _negated=True),
                fields=("source", "source_id"),
                name="buildings_compound_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="compound",
            constraint=models.CheckConstraint(
                condition=buildings.fields.Sound(models.F("boundary")), name="buildings_compound_boundary_is_sound"
            ),
        ),
        migrations.AddIndex(
            model_name="building",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["footprint_mercator"], name="building_footprint_on_tiles"
            ),
        ),
        migrations.AddIndex(
            model_name="building",
            index=django.contrib.postgres.indexes.GistIndex(
                django.contrib.postgres.indexes.OpClass("name", "gist_trgm_ops"),
                condition=models.Q(("name", ""), _negated=True),
                name="building_name_by_likeness",
            ),
        ),
        migrations.AddIndex(
            model_name="building",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("address", "gin_trgm_ops"), name="building_address_by_parts"
            ),
        ),
        migrations.AddIndex(
            model_name="building",
            index=django.contrib.postgres.indexes.GinIndex(fields=["aliases"], name="building_aliases"),
        ),
        migrations.AddIndex(
            model_name="building",
            index=models.Index(fields=["number"], name="building_number"),
        ),
        migrations.AddConstraint(
            model_name="building",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id", ""), _negated=True),
                fields=("source", "source_id"),
                name="buildings_building_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="building",
            constraint=models.CheckConstraint(
                condition=buildings.fields.Sound(models.F("footprint")), name="buildings_building_footprint_is_sound"
            ),
        ),
        migrations.AddConstraint(
            model_name="building",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[0-9]{17}$")), name="building_code_has_17_digits"
            ),
        ),
        migrations.AddIndex(
            model_name="facility",
            index=django.contrib.postgres.indexes.GistIndex(fields=["point_mercator"], name="facility_point_on_tiles"),
        ),
        migrations.AddIndex(
            model_name="facility",
            index=django.contrib.postgres.indexes.GistIndex(
                django.contrib.postgres.indexes.OpClass("name", "gist_trgm_ops"), name="facility_name_by_likeness"
            ),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id", ""), _negated=True),
                fields=("source", "source_id"),
                name="buildings_facility_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="facility",
            constraint=models.CheckConstraint(
                condition=buildings.fields.Sound(models.F("point")), name="buildings_facility_point_is_sound"
            ),
        ),
        migrations.AddConstraint(
            model_name="household",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id", ""), _negated=True),
                fields=("source", "source_id"),
                name="buildings_household_once_per_source",
            ),
        ),
        migrations.AddIndex(
            model_name="stairwell",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["footprint_mercator"], name="stairwell_footprint_on_tiles"
            ),
        ),
        migrations.AddConstraint(
            model_name="stairwell",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_id", ""), _negated=True),
                fields=("source", "source_id"),
                name="buildings_stairwell_once_per_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="stairwell",
            constraint=models.CheckConstraint(
                condition=buildings.fields.Sound(models.F("footprint")), name="buildings_stairwell_footprint_is_sound"
            ),
        ),
        migrations.AddConstraint(
            model_name="stairwell",
            constraint=models.UniqueConstraint(
                fields=("building", "number"), name="stairwell_number_once_per_building"
            ),
        ),
        migrations.AddConstraint(
            model_name="stairwell",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[0-9]{19}$")), name="stairwell_code_has_19_digits"
            ),
        ),
        migrations.AddConstraint(
            model_name="dwelling",
            constraint=models.UniqueConstraint(fields=("stairwell", "room"), name="room_once_per_stairwell"),
        ),
    ]
