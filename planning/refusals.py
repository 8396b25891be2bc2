"""Why a step on the planner's table is not made, beside what the kernel refuses (`geo.errors.EditRefused`)."""

from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from planning.models import Operation


class StepRefused(Exception):
    """A step that is in order by itself, but not for this draft as it is now."""

    code: ClassVar[str] = "step_refused"
    sentence: ClassVar[str] = gettext_noop("这一步现在不能执行。")

    def __str__(self) -> str:
        return _(self.sentence)


class NotADraft(StepRefused):
    """The plan is in review, published or deleted: its grids stay as they are."""

    code = "not_a_draft"
    sentence = gettext_noop("这个方案不是草稿，不能修改。请从它另起一份草稿。")


class NothingToUndo(StepRefused):
    code = "nothing_to_undo"
    sentence = gettext_noop("您没有可以撤销的操作。")


class NothingToRedo(StepRefused):
    code = "nothing_to_redo"
    sentence = gettext_noop("您没有可以重做的操作。")


class UnknownVersion(StepRefused):
    """The draft never had this version, or had it so long ago that the client should read it again."""

    code = "unknown_version"
    sentence = gettext_noop("草稿的版本不符，请重新载入。")


class Overtaken(StepRefused):
    """Somebody changed the same in the meantime: nothing is written, and nothing of theirs is lost."""

    code = "changed_since"
    sentence = gettext_noop("%(by)s 在此期间改动了同一处：%(words)s。请看过之后再改。")

    def __init__(
        self, *, by: str, at: datetime | None, version: int, words: str, place: tuple[float, float] | None = None
    ):
        super().__init__()
        self.by, self.at, self.version, self.words, self.place = by, at, version, words, place

    @classmethod
    def through(cls, row: Operation, words: str, place: tuple[float, float] | None = None) -> "Overtaken":
        """By an operation of the log."""
        return cls(by=str(row.author), at=row.at, version=row.version, words=words, place=place)

    def __str__(self) -> str:
        return _(self.sentence) % {"by": self.by, "words": self.words}
