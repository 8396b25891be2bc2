"""An import's report and progress on a terminal."""

import sys
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from buildings.imports.report import Report
from buildings.imports.rows import LAYERS

MOST_ROWS = 40  # refused rows on the screen; the rest is in --report


class Bar:
    """A progress bar per step on the error stream, so that the report can be piped away; silent where nobody looks."""

    def __init__(self, stream: Any, verbosity: int = 1):
        silent = verbosity < 1 or not sys.stderr.isatty()
        self.console = Console(file=sys.stderr, quiet=silent)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, console=self.console, transient=True)
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> "Bar":
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.progress.add_task(escape(what), total=total)
        self.progress.update(self.tasks[what], completed=done, total=total)


def show(report: Report, stream: Any, *, committed: bool, names: Mapping[str, Any] = LAYERS) -> None:
    """Counts, warnings and refused rows, as tables."""
    console = Console(file=getattr(stream, "_out", stream), width=None if sys.stdout.isatty() else 160)
    console.print(_counts(report, names))
    if report.provisional:
        console.print(escape(_provisional(*report.provisional, committed=committed)))
    for warning in report.warnings:
        console.print("[yellow]" + _("注意") + f"[/] {escape(warning)}")
    if report.refused:
        console.print(_refused(report, names))
        if len(report.refused) > MOST_ROWS:
            console.print(_("另有 %(count)s 行，见 --report。") % {"count": len(report.refused) - MOST_ROWS})
    console.print(_("已写入。") if committed else _("试运行：没有写入任何内容。确认后加 --commit。"))


def _provisional(code: str, name: str, *, committed: bool) -> str:
    sentence = (
        _("已建立临时社区 %(code)s（%(name)s）；知道正式编码时请用 --new-community 编码:名称。")
        if committed
        else _("将建立临时社区 %(code)s（%(name)s）；知道正式编码时请用 --new-community 编码:名称。")
    )
    return sentence % {"code": code, "name": name}


def _counts(report: Report, names: Mapping[str, Any]) -> Table:
    table = Table(title=_("导入结果"))
    table.add_column(_("图层"))
    for heading in (_("读取"), _("新增"), _("变化"), _("未变"), _("拒绝"), _("消失"), _("略过")):
        table.add_column(heading, justify="right")
    for layer in [*names, *(layer for layer in report.counts if layer not in names)]:
        if (count := report.counts.get(layer)) is not None:
            cells = (count.read, count.new, count.changed, count.unchanged, count.refused, count.gone, count.left_out)
            table.add_row(str(names.get(layer, layer)), *map(str, cells))
    return table


def _refused(report: Report, names: Mapping[str, Any]) -> Table:
    table = Table(title=_("被拒绝的行"))
    for heading in (_("图层"), _("行"), _("来源编号"), _("位置"), _("原因")):
        table.add_column(heading, overflow="fold")
    for refusal in report.refused[:MOST_ROWS]:
        place = f"{refusal.place[0]:.7f}, {refusal.place[1]:.7f}" if refusal.place else ""
        reason = f"{refusal.sentence} [{refusal.code}{' ' + refusal.field if refusal.field else ''}]"
        cells = (str(names.get(refusal.layer, refusal.layer)), str(refusal.row), refusal.source_id, place, reason)
        table.add_row(*map(escape, cells))
    return table
