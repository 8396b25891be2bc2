"""
The one way in for the ground: `plan_import` reads a file and says what it would do, `commit` does it.

A command on a server, a file dropped in a browser and a call from a program all come through here (law 13).
"""

from dataclasses import dataclass
from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from psycopg2.errors import UniqueViolation

from accounts.models import User
from buildings.imports import shift, writing
from buildings.imports.communities import Communities, check_codes
from buildings.imports.files import Source, open_source
from buildings.imports.installing import Writer
from buildings.imports.matching import Change
from buildings.imports.planning import Planner, Progress
from buildings.imports.reading import Choices, credit_of, read, source_label, stem_of
from buildings.imports.refusals import ChangedMeanwhile, DatabaseRefused, ImportRefused, RowsRefused
from buildings.imports.report import Report
from buildings.models import (
    GroundChange,
)


@dataclass
class GroundImport:
    """A file that was read and compared; nothing is written before `commit`."""

    source: Source
    label: str
    credit: str
    report: Report
    communities: Communities
    changes: dict[str, Change]
    version: int

    def commit(
        self, *, by: User | None = None, leave_refused: bool = True, progress: Progress = lambda what, done, total: None
    ) -> Report:
        """
        Write everything in one transaction, or nothing.

        Raises `RowsRefused` when rows were refused and may not be left out, and `ChangedMeanwhile` when somebody else
        wrote to the ground since this was planned.
        """
        if self.report.refused and not leave_refused:
            raise RowsRefused(count=len(self.report.refused))
        if not self.report.changes:
            return self.report
        try:
            with transaction.atomic():
                writing.lock()
                if _version() != self.version:
                    raise ChangedMeanwhile
                Writer(self, progress).write(by)
        except IntegrityError as error:
            raise refusal_of(error) from error
        return self.report


def plan_import(
    path: Path,
    *,
    name: str = "",
    community: str = "",
    new_community: str = "",
    choices: Choices | None = None,
    source: str = "",
    credit: str = "",
    allow_mass_delete: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> GroundImport:
    """
    What importing a file would do.

    Raises
    ------
    ImportRefused
        Nothing of the file can be used, or it would take away more than 40 % of a layer. Single rows that cannot be
        used stand in the report instead.
    """
    check_codes(community, new_community)
    report, version, choices = Report(), _version(), choices or Choices()
    progress(_("读取文件"), 0, 1)
    opened = open_source(path, encoding=choices.encoding, name=name)
    try:
        label = source_label(opened, choices, source)
        progress(_("检查图形"), 0, 1)
        rows = read(opened, choices, report)
        for warning in shift.warnings(rows, choices.coord_type or "wgs84"):
            report.warn(warning)
        plan = Planner(label, rows, report, allow_mass_delete, progress)
        communities = plan.communities(community, new_community, stem_of(opened))
        credit = credit or credit_of(opened)
        return GroundImport(opened, label, credit, report, communities, plan.changes(communities), version)
    except ImportRefused as why:
        why.report = report
        raise


def refusal_of(error: IntegrityError) -> ImportRefused:
    """Two who write the same row at once meet in a unique constraint; any other constraint is about the data."""
    if isinstance(error.__cause__, UniqueViolation):
        return ChangedMeanwhile()
    return DatabaseRefused(constraint=getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))


def _version() -> int:
    return GroundChange.objects.aggregate(last=Max("pk"))["last"] or 0


__all__ = ["Choices", "GroundImport", "plan_import"]
