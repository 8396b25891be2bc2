import buildings.fields
import django.contrib.gis.db.models.fields
import django.contrib.gis.db.models.functions
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("buildings", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Grid",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(blank=True, max_length=18, null=True, unique=True, verbose_name="编码")),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "网格"), (2, "楼段")], default=1, verbose_name="层级"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("basic", "基础网格"), ("special", "专属网格")],
                        default="basic",
                        max_length=8,
                        verbose_name="类型",
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="名称")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grids",
                        to="buildings.area",
                        verbose_name="社区",
                    ),
                ),
            ],
            options={
                "verbose_name": "网格",
                "verbose_name_plural": "网格",
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("grid_worker", "网格员"),
                            ("grid_head", "网格长"),
                            ("grid_advisor", "网格指导员"),
                            ("party_group_head", "党小组长"),
                            ("stairwell_captain", "楼门长"),
                            ("mediator", "调解员"),
                            ("security_member", "治安员"),
                            ("hygiene_member", "卫生员"),
                            ("oversight_member", "监督员"),
                            ("building_captain", "楼栋长"),
                            ("compound_secretary", "小区党支部书记"),
                            ("community_police", "社区民警"),
                            ("community_secretary", "社区书记"),
                            ("community_staff", "社区工作者"),
                            ("planner", "网格规划员"),
                            ("approver", "网格方案审批人"),
                        ],
                        max_length=20,
                        verbose_name="岗位",
                    ),
                ),
                (
                    "employment",
                    models.CharField(
                        blank=True,
                        choices=[("full_time", "专职"), ("part_time", "兼职")],
                        max_length=10,
                        verbose_name="用工",
                    ),
                ),
                (
                    "in_force",
                    django.contrib.postgres.fields.ranges.DateRangeField(
                        help_text="含首日，不含末日", verbose_name="任期"
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="buildings.area",
                    ),
                ),
                (
                    "building",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="buildings.building",
                    ),
                ),
                (
                    "compound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="buildings.compound",
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deputy_appointments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="代理人",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="人员",
                    ),
                ),
                (
                    "stairwell",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="buildings.stairwell",
                    ),
                ),
                (
                    "grid",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="grids.grid",
                    ),
                ),
            ],
            options={
                "verbose_name": "任职",
                "verbose_name_plural": "任职",
            },
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "away",
                    django.contrib.postgres.fields.ranges.DateRangeField(
                        help_text="含首日，不含末日", verbose_name="离岗日期"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leaves",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="人员",
                    ),
                ),
            ],
            options={
                "verbose_name": "请假",
                "verbose_name_plural": "请假",
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="社区内从 1 起连续编号", verbose_name="序号")),
                ("title", models.CharField(blank=True, max_length=80, verbose_name="标题")),
                ("reason", models.TextField(blank=True, verbose_name="理由")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "草稿"),
                            ("in_review", "审核中"),
                            ("approved", "已批准"),
                            ("published", "已公布"),
                            ("superseded", "已被替代"),
                            ("rejected", "已退回"),
                        ],
                        default="draft",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                (
                    "in_force",
                    django.contrib.postgres.fields.ranges.DateRangeField(
                        blank=True, help_text="含首日，不含末日", null=True, verbose_name="施行期"
                    ),
                ),
                ("target_min", models.PositiveIntegerField(default=300, verbose_name="每格户数下限")),
                ("target_max", models.PositiveIntegerField(default=500, verbose_name="每格户数上限")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="起草时间")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="公布时间")),
                (
                    "community",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="buildings.area",
                        verbose_name="社区",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="起草人",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="公布人",
                    ),
                ),
            ],
            options={
                "verbose_name": "网格方案",
                "verbose_name_plural": "网格方案",
            },
        ),
        migrations.CreateModel(
            name="GridBoundary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "boundary",
                    django.contrib.gis.db.models.fields.MultiPolygonField(
                        help_text="Outer edge, lon/lat in EPSG:4326.",
                        spatial_index=False,
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
                        help_text="Pole of inaccessibility: where the name stands.", srid=4326, verbose_name="标注点"
                    ),
                ),
                (
                    "label_mercator",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.gis.db.models.functions.Transform("label", 3857),
                        output_field=django.contrib.gis.db.models.fields.PointField(srid=3857),
                    ),
                ),
                (
                    "colour",
                    models.PositiveSmallIntegerField(default=0, help_text="相邻网格不同色", verbose_name="配色"),
                ),
                (
                    "pieces",
                    models.PositiveSmallIntegerField(default=1, help_text="应有几块不相连的地", verbose_name="块数"),
                ),
                (
                    "in_force",
                    django.contrib.postgres.fields.ranges.DateRangeField(blank=True, null=True, verbose_name="施行期"),
                ),
                (
                    "grid",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="boundaries",
                        to="grids.grid",
                        verbose_name="网格",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="segments",
                        to="grids.gridboundary",
                        verbose_name="所在网格",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="boundaries",
                        to="grids.plan",
                        verbose_name="方案",
                    ),
                ),
            ],
            options={
                "verbose_name": "网格边界",
                "verbose_name_plural": "网格边界",
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stairwell",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="buildings.stairwell",
                        verbose_name="楼道",
                    ),
                ),
                (
                    "boundary",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="grids.gridboundary",
                        verbose_name="网格边界",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="grids.plan",
                        verbose_name="方案",
                    ),
                ),
            ],
            options={
                "verbose_name": "归属",
                "verbose_name_plural": "归属",
            },
        ),
        migrations.AddIndex(
            model_name="grid",
            index=models.Index(fields=["name"], name="grid_name"),
        ),
        migrations.AddConstraint(
            model_name="grid",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("code", None),
                    models.Q(("code__regex", "^[0-9]{15}$"), ("level", 1)),
                    models.Q(("code__regex", "^[0-9]{18}$"), ("level", 2)),
                    _connector="OR",
                ),
                name="grid_code_fits_its_level",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("area__isnull", False),
                        ("building__isnull", True),
                        ("compound__isnull", True),
                        ("grid__isnull", True),
                        ("stairwell__isnull", True),
                    ),
                    models.Q(
                        ("area__isnull", True),
                        ("building__isnull", True),
                        ("compound__isnull", False),
                        ("grid__isnull", True),
                        ("stairwell__isnull", True),
                    ),
                    models.Q(
                        ("area__isnull", True),
                        ("building__isnull", True),
                        ("compound__isnull", True),
                        ("grid__isnull", False),
                        ("stairwell__isnull", True),
                    ),
                    models.Q(
                        ("area__isnull", True),
                        ("building__isnull", False),
                        ("compound__isnull", True),
                        ("grid__isnull", True),
                        ("stairwell__isnull", True),
                    ),
                    models.Q(
                        ("area__isnull", True),
                        ("building__isnull", True),
                        ("compound__isnull", True),
                        ("grid__isnull", True),
                        ("stairwell__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="appointment_is_for_one_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("in_force__isempty", False)), name="appointment_lasts_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("deputy", models.F("person")), _negated=True), name="deputy_is_somebody_else"
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(condition=models.Q(("away__isempty", False)), name="leave_lasts_a_day"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("community", "number"), name="plan_number_once_per_community"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("community", "="), ("in_force", "&&")], name="one_plan_in_force_per_community"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("in_force__isnull", False),
                        ("published_at__isnull", False),
                        ("status__in", ["published", "superseded"]),
                    ),
                    models.Q(
                        ("in_force__isnull", True), ("status__in", ["draft", "in_review", "approved", "rejected"])
                    ),
                    _connector="OR",
                ),
                name="only_published_plans_are_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_min__lte", models.F("target_max"))), name="target_band_is_a_band"
            ),
        ),
        migrations.AddIndex(
            model_name="gridboundary",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["boundary", "in_force"], name="gridboundary_on_a_day"
            ),
        ),
        migrations.AddIndex(
            model_name="gridboundary",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["boundary_mercator", "in_force"], name="gridboundary_boundary_on_tiles"
            ),
        ),
        migrations.AddIndex(
            model_name="gridboundary",
            index=django.contrib.postgres.indexes.GistIndex(
                fields=["label_mercator", "in_force"], name="gridboundary_label_on_tiles"
            ),
        ),
        migrations.AddConstraint(
            model_name="gridboundary",
            constraint=models.CheckConstraint(
                condition=buildings.fields.Sound(models.F("boundary")), name="grids_gridboundary_boundary_is_sound"
            ),
        ),
        migrations.AddConstraint(
            model_name="gridboundary",
            constraint=models.UniqueConstraint(fields=("plan", "grid"), name="grid_once_per_plan"),
        ),
        migrations.AddConstraint(
            model_name="gridboundary",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("grid", "="), ("in_force", "&&")], name="one_shape_of_a_grid_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(fields=("plan", "stairwell"), name="stairwell_once_per_plan"),
        ),
    ]
