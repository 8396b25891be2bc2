"""An import on a terminal: its progress, its report, its refusal."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from buildings.imports.refusals import ImportRefused
from buildings.imports.report import Report
from buildings.imports.rows import COUNTED

COLUMNS = {
    "read": gettext_lazy("读取"), "new": gettext_lazy("新增"), "changed": gettext_lazy("变化"),
    "unchanged": gettext_lazy("未变"), "refused": gettext_lazy("拒绝"), "gone": gettext_lazy("消失"),
    "left_out": gettext_lazy("略过"),
}  # fmt: skip
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


def run(
    plan: Callable[[Bar], Any], options: Mapping[str, Any], stream: Any, *, names: Mapping[str, Any] = COUNTED
) -> None:
    """Plan an import, commit it where `options` ask for that, and show what came of it; a refusal ends the command."""
    _check_report(options["report"])
    try:
        with Bar(stream, options["verbosity"]) as bar:
            planned = plan(bar)
            if options["commit"]:
                planned.commit(leave_refused=not options["all_or_nothing"], progress=bar)
    except ImportRefused as why:
        if why.report is not None:
            show_refusal(why, why.report, stream, names=names)
        raise CommandError(str(why)) from None
    show(planned.report, stream, committed=options["commit"], names=names)
    if options["report"]:
        planned.report.write(options["report"])


def _check_report(path: Path | None) -> None:
    """An hour of import, and then no folder for its report: rather ask before."""
    if path is not None and (path.is_dir() or not os.access(path.parent, os.W_OK)):
        raise CommandError(_("不能在“%(path)s”写报告，请核对 --report 的路径。") % {"path": path})


def show(report: Report, stream: Any, *, committed: bool, names: Mapping[str, Any] = COUNTED) -> None:
    """Counts, warnings and refused rows, as tables."""
    console = _console(stream)
    console.print(_counts(report, names))
    if report.provisional:
        console.print(escape(_provisional(*report.provisional, committed=committed)))
    _notes(console, report, names)
    console.print(_("已写入。") if committed else _("试运行：没有写入任何内容。确认后加 --commit。"))


def show_refusal(why: ImportRefused, report: Report, stream: Any, *, names: Mapping[str, Any] = COUNTED) -> None:
    """Why nothing was imported, and what was found out about the rows before."""
    console = _console(stream)
    console.print("[bold red]" + _("没有导入：") + f"[/] {escape(str(why))}")
    if any(count.read for count in report.counts.values()):
        console.print(_counts(report, names, compared=False))
    _notes(console, report, names)


def _console(stream: Any) -> Console:
    return Console(file=getattr(stream, "_out", stream), width=None if sys.stdout.isatty() else 160)


def _notes(console: Console, report: Report, names: Mapping[str, Any]) -> None:
    for warning in report.warnings:
        console.print("[yellow]" + _("注意") + f"[/] {escape(warning)}")
    if report.refused:
        console.print(_refused(report, names))
        if len(report.refused) > MOST_ROWS:
            console.print(_("另有 %(count)s 行，见 --report。") % {"count": len(report.refused) - MOST_ROWS})
            console.print(_reasons(report))


def _provisional(code: str, name: str, *, committed: bool) -> str:
    sentence = (
        _("已建立临时社区 %(code)s（%(name)s）；知道正式编码时请用 --new-community 编码:名称。")
        if committed
        else _("将建立临时社区 %(code)s（%(name)s）；知道正式编码时请用 --new-community 编码:名称。")
    )
    return sentence % {"code": code, "name": name}


def _counts(report: Report, names: Mapping[str, Any], *, compared: bool = True) -> Table:
    """Rows by layer; what of them is new and changed where they were compared to the end."""
    table = Table(title=_("导入结果") if compared else _("读到的内容"))
    columns = COLUMNS if compared else {name: COLUMNS[name] for name in ("read", "refused")}
    table.add_column(_("图层"))
    for heading in columns.values():
        table.add_column(str(heading), justify="right")
    for layer in [*names, *(layer for layer in report.counts if layer not in names)]:
        if (count := report.counts.get(layer)) is not None:
            table.add_row(str(names.get(layer, layer)), *(str(getattr(count, name)) for name in columns))
    return table


def _refused(report: Report, names: Mapping[str, Any]) -> Table:
    table = Table(title=_("被拒绝的行"))
    for heading in (_("图层"), _("行"), _("来源编号"), _("位置"), _("原因")):
        table.add_column(heading, overflow="fold")
    order = {layer: number for number, layer in enumerate(names)}
    rows = sorted(report.refused, key=lambda refusal: (order.get(refusal.layer, len(order)), refusal.row))
    for refusal in rows[:MOST_ROWS]:
        place = f"{refusal.place[0]:.7f}, {refusal.place[1]:.7f}" if refusal.place else ""
        reason = f"{refusal.sentence} [{refusal.code}{' ' + refusal.field if refusal.field else ''}]"
        cells = (str(names.get(refusal.layer, refusal.layer)), str(refusal.row), refusal.source_id, place, reason)
        table.add_row(*map(escape, cells))
    return table


def _reasons(report: Report) -> Table:
    """How many rows each reason kept out, where they are too many to read."""
    table = Table(title=_("拒绝的原因"))
    table.add_column(_("原因"))
    table.add_column(_("行数"), justify="right")
    for code, count in Counter(refusal.code for refusal in report.refused).most_common():
        sentence = next(refusal.sentence for refusal in report.refused if refusal.code == code)
        table.add_row(escape(f"{sentence} [{code}]"), str(count))
    return table
