from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from buildings.models import Area
from grids.asking import NoSuchDay, asked_day
from grids.models import Plan
from maps.export import community_map


class Command(BaseCommand):
    help = "Write a community's net as one HTML file that needs no network."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="the file to write, e.g. map.html")
        parser.add_argument(
            "--community", default="", help="code of the community; the only one with a plan by default"
        )
        parser.add_argument("--date", default="", help="the day to show, e.g. 2026-06-15; today by default")

    def handle(self, path: Path, community: str, date: str, **options):
        try:
            day = asked_day({"date": date}) if date else timezone.localdate()
        except NoSuchDay as refusal:
            raise CommandError(str(refusal)) from None
        area = self.community(community, day)
        if not path.parent.is_dir():
            raise CommandError(_("没有文件夹“%(folder)s”，请先建好它。") % {"folder": path.parent})
        html = community_map(area, day).get_root().render()
        try:
            path.write_text(html, encoding="utf-8")
        except OSError as error:
            raise CommandError(_("写不了“%(path)s”：%(why)s") % {"path": path, "why": error.strerror}) from None
        said = {"path": path, "name": area.name, "size": len(html.encode()) / 1e6}
        self.stdout.write(_("已写出 %(path)s：%(name)s，%(size).1f MB。用浏览器直接打开即可。") % said)

    def community(self, code: str, day) -> Area:
        if code:
            area = Area.objects.communities().filter(code=code, boundary__isnull=False).first()
            if area is None:
                raise CommandError(_("没有编码为 %(code)s 的社区，或它还没有边界。") % {"code": code})
            return area
        found = Area.objects.filter(plans__in=Plan.objects.in_force(day), boundary__isnull=False).order_by("code")
        if len(found) != 1:
            names = "、".join(f"{area.code} {area.name}" for area in found[:20])
            raise CommandError(_("请用 --community 指定社区：%(names)s") % {"names": names or _("（没有）")})
        return found[0]
