from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from demo import load

# What the command counts, and how: asked by SQL, so that the table tells what is in the database.
TOTALS = {
    "buildings": "SELECT count(*) FROM buildings_building WHERE code LIKE %s",
    "stairwells": "SELECT count(*) FROM buildings_stairwell WHERE code LIKE %s",
    "grids": "SELECT count(*) FROM grids_grid WHERE level = 1 AND code LIKE %s",
    "segments": "SELECT count(*) FROM grids_grid WHERE level = 2 AND code LIKE %s",
    "workers": """SELECT count(DISTINCT person_id) FROM grids_appointment JOIN grids_grid AS grid ON grid.id = grid_id
                  WHERE role = 'grid_worker' AND grid.code LIKE %s""",
    "dwellings": """SELECT count(*) FROM buildings_dwelling JOIN buildings_stairwell AS door ON door.id = stairwell_id
                    WHERE door.code LIKE %s""",
    "households": """SELECT count(*) FROM buildings_household JOIN buildings_dwelling AS home ON home.id = dwelling_id
                     JOIN buildings_stairwell AS door ON door.id = home.stairwell_id WHERE door.code LIKE %s""",
    "people": """SELECT coalesce(sum(people), 0) FROM buildings_household
                 JOIN buildings_dwelling AS home ON home.id = dwelling_id
                 JOIN buildings_stairwell AS door ON door.id = home.stairwell_id WHERE door.code LIKE %s""",
}


def titles() -> dict[str, str]:
    return {
        "buildings": _("楼栋"),
        "stairwells": _("楼道"),
        "grids": _("网格"),
        "segments": _("楼段"),
        "workers": _("网格员"),
        "dwellings": _("户室"),
        "households": _("住户"),
        "people": _("人口"),
    }


def log_ins() -> list[tuple[str, str]]:
    return [
        (_("网格员"), "worker"),
        (_("网格规划员"), "planner"),
        (_("方案审批人"), "approver"),
        (_("社区书记"), "secretary"),
        (_("受理派遣员（樟城镇）"), "dispatcher"),
        (_("网格规划员（樟城镇）"), "town-planner"),
        (_("承办单位经办人（樟城镇）"), "unit"),
        (_("管理员"), "admin"),
    ]


class Command(BaseCommand):
    help = (
        "Make the demo town: 宝翠花都 and 樟城镇. All people in it are invented. "
        "Refuses where the database holds anything but the demo."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="remove the demo first and make it again")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where other data are, without an error")

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = Console(quiet=options["verbosity"] == 0)
        if load.holds_other_data():
            self._leave_alone(quietly=options["if_empty"])
            return
        if options["reset"]:
            load.remove()
        if load.is_loaded():
            self.console.print(_("演示数据已经在了；要重新生成，请用 manage.py make_demo --reset。"))
        else:
            self._make()
        self._print_log_ins()

    def _leave_alone(self, *, quietly: bool) -> None:
        sentence = _("数据库里有别的数据，没有生成演示数据。")
        if not quietly:
            raise CommandError(sentence)
        self.console.print(sentence)

    def _make(self) -> None:
        with self.console.status(_("正在生成演示数据……")) as status:
            load.load(lambda step: status.update(_("正在生成演示数据：%(step)s") % {"step": step}))
        self.console.print(self._totals())

    def _totals(self) -> Table:
        table = Table("", "宝翠花都", "樟城镇")
        with connection.cursor() as cursor:
            for name, sql in TOTALS.items():
                row = []
                for prefix in ("120113004", "350125100"):
                    cursor.execute(sql, [prefix + "%"])
                    row.append(f"{cursor.fetchone()[0]:,}")
                table.add_row(titles()[name], *row)
        return table

    def _print_log_ins(self) -> None:
        """Passwords that everybody knows: they are for trying out, and the people behind them do not exist."""
        table = Table(_("演示账号（人物均为虚构）"), _("用户名"), _("密码"))
        for title, login in log_ins():
            table.add_row(title, load.PREFIX + login, load.PASSWORD)
        self.console.print(table)
