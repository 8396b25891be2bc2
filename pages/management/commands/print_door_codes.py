from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from buildings.models import Area
from pages.doorcodes import pdf, plates
from planning.fonts import NoFont

HERE = "http://127.0.0.1:8000"


class Command(BaseCommand):
    help = "Print the QR code plates of a community's doors as a PDF, two to a sheet of A4."

    def add_arguments(self, parser):
        parser.add_argument("community", help="the community's 12-digit code")
        parser.add_argument("--output", type=Path, required=True, help="the PDF file to write")
        parser.add_argument("--base-url", default=HERE, help="the address that residents reach, https://…")

    def handle(self, *args, community: str, output: Path, base_url: str, **options):
        area = Area.objects.communities().filter(code=community).first()
        if area is None:
            raise CommandError(_("没有编码为 %s 的社区。") % community)
        doors = plates(area, timezone.localdate())
        if not doors:
            raise CommandError(_("%s还没有登记楼道，没有门牌可印。") % area.name)
        try:
            output.write_bytes(pdf(doors, base_url=base_url.rstrip("/"), hotline=settings.HOTLINE))
        except (NoFont, OSError) as error:
            raise CommandError(str(error)) from error
        if base_url == HERE:
            self.stderr.write(_("二维码指向本机 %s，只能试用；张贴前请用 --base-url 写上居民能打开的网址。") % HERE)
        self.stdout.write(_("%(doors)d 块门牌，写入 %(file)s") % {"doors": len(doors), "file": output})
