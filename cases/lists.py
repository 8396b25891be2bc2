"""What staff's lists of cases ask for: a tab, filters, an order. Pages and programs ask through the same question."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case as CaseWhen
from django.db.models import Count, F, Q, QuerySet, TextChoices, When
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cases import states
from cases.access import Hands, seen_by
from cases.models import ENDED, Case, Level, Status

PAGE = 30  # cases on a page of a list
WAITING = Case.Words.WAITING.value
SOON = timedelta(hours=24)
STANDS_STILL = CaseWhen(When(status=Status.SUSPENDED, then=1), default=0)  # last in a list: nothing runs out


class Show(TextChoices):
    """The tabs of the list."""

    TURN = "turn", _("轮到我")
    OPEN = "open", _("待办")
    DUE = "due", _("快到期")
    OVERDUE = "overdue", _("超时")
    ENDED = "ended", _("已办结")


@dataclass(frozen=True)
class Wish:
    """What a list should hold. What a query says wrongly is as if it were not said."""

    show: str = Show.OPEN
    grid: str = ""  # code
    category: str = ""  # code
    status: str = ""
    words: str = ""  # "waiting": nobody has yet looked whether the public may read them

    @classmethod
    def asked(cls, query: Mapping[str, Any]) -> "Wish":
        show, status = str(query.get("show", "")), str(query.get("status", ""))
        return cls(
            show=show if show in Show.values else Show.OPEN,
            grid=_code(query.get("grid", "")),
            category=_code(query.get("category", "")),
            status=status if status in Status.values else "",
            words=WAITING if query.get("words") == WAITING else "",
        )

    @property
    def query(self) -> dict[str, str]:
        """The wish as it stands in an address."""
        return {name: value for name, value in (("show", str(self.show)), *self._filters) if value}

    @property
    def is_narrowed(self) -> bool:
        return any(value for _name, value in self._filters)

    @property
    def _filters(self) -> tuple[tuple[str, str], ...]:
        return ("grid", self.grid), ("category", self.category), ("status", self.status), ("words", self.words)


def _code(text: Any) -> str:
    """A code as somebody wrote it, without what no code has and the database would not take."""
    return "".join(letter for letter in str(text)[:24] if letter.isalnum() or letter == "-")


def listed(wish: Wish, user: User, now: datetime) -> QuerySet[Case]:
    """The cases that a wish asks for among those that a user may see now, what is due first on top."""
    hands = Hands.of(user, localdate(now))
    rows = _filtered(Case.objects.filter(seen_by(hands)), wish).filter(tab(wish.show, hands, now))
    if wish.show == Show.ENDED:
        return for_rows(rows).order_by("-pk")  # by key: the last of a million come without sorting them
    return for_rows(rows).order_by(STANDS_STILL, F("due_at").asc(nulls_last=True), "pk")


def counts(wish: Wish, user: User, now: datetime) -> dict[str, int]:
    """How many cases each open tab holds under the same filters, in one query. The ended ones are too many to count."""
    hands = Hands.of(user, localdate(now))
    tabs = [show for show in Show if show != Show.ENDED]
    rows = _filtered(Case.objects.filter(seen_by(hands)), wish).open().order_by()
    return rows.aggregate(**{show.value: Count("pk", filter=tab(show, hands, now)) for show in tabs})


def tab(show: str, hands: Hands, now: datetime) -> Q:
    """What a tab holds. A suspended case is neither due nor overdue: its clock stands still."""
    if show == Show.ENDED:
        return Q(status__in=ENDED)
    if show == Show.TURN:
        return turn(hands)
    awaited = ~Q(status__in=[*ENDED, Status.SUSPENDED])
    if show == Show.DUE:
        return awaited & Q(due_at__gte=now, due_at__lt=now + SOON)
    return awaited & Q(due_at__lt=now) if show == Show.OVERDUE else ~Q(status__in=ENDED)


# --- what must I do now -----------------------------------------------------------------------------------------------


def turn(hands: Hands) -> Q:
    """The cases whose next step a person should take, by the table of cases/states.py."""
    here, mine = _desk(hands), _mine(hands)
    nobodys = Q(person=None, handling_unit=None)
    taking = Q(status__in=states.UNDER_WAY) & (mine | nobodys & here)
    opening = Q(status__in=(Status.REPORTED, Status.ACCEPTED, Status.VERIFIED)) & (here | mine & Q(handling_unit=None))
    checking = Q(status=Status.RESOLVED) & (here | _above(hands)) & ~mine
    agreeing = ~Q(asked="") & ~Q(status__in=ENDED) & _above(hands) & ~Q(asked_by=hands.user.pk)
    return taking & Q(asked="") | opening | checking | agreeing | Q(needs_place=True, status="reported") & _above(hands)


def _mine(hands: Hands) -> Q:
    """In my hands, in those of somebody for whom I stand in, or in my unit's."""
    people = {hands.user.pk, *(post.person_id for post in hands.posts)} if hands.posts else set()
    return Q(person__in=people) | Q(handling_unit__in=hands.units)


def _desk(hands: Hands) -> Q:
    """Handled at the level of my post."""
    worker = Q(level=Level.GRID, grid__in=hands.grids, needs_place=False)
    staff = Q(level=Level.COMMUNITY) & _inside(hands.communities)
    return worker | staff | Q(level__gte=Level.SUBDISTRICT) & _inside(hands.dispatched)


def _above(hands: Hands) -> Q:
    """Where I check and agree: staff in the grids of their community, too."""
    staff = Q(level__lte=Level.COMMUNITY) & _inside(hands.communities)
    return staff | Q(level__gte=Level.SUBDISTRICT) & _inside(hands.dispatched) | _nowhere(hands)


def _nowhere(hands: Hands) -> Q:
    return Q(community=None) if hands.dispatched else Q(pk__in=[])


def _inside(codes: Iterable[str]) -> Q:
    found = Q(pk__in=[])
    for code in codes:
        found |= Q(community__code__startswith=code)
    return found


# --- rows -------------------------------------------------------------------------------------------------------------


def for_rows(rows: QuerySet[Case]) -> QuerySet[Case]:
    """With all that a row of a list says, in the one query."""
    return rows.select_related(
        "category", "stairwell", "building__compound", "community", "grid", "person", "handling_unit", "asked_by"
    ).defer("community__boundary", "building__footprint", "stairwell__footprint")


def place_of(case: Case) -> str:
    """Where a case is, as deep as it is known: `宝翠花都 3号楼 2单元`."""
    parts = []
    if case.building:
        parts = [case.building.compound.name if case.building.compound else "", case.building.title]
    if case.stairwell:
        parts.append(case.stairwell.title)
    if not parts and case.community:
        parts = [case.community.name]
    return " ".join(part for part in parts if part)


def _filtered(rows: Any, wish: Wish) -> Any:
    if wish.grid:
        rows = rows.filter(grid__code=wish.grid)
    if wish.category:
        rows = rows.filter(Q(category__code=wish.category) | Q(category__parent__code=wish.category))
    if wish.words:
        rows = rows.filter(words=wish.words, category__sensitive=False).exclude(text="")
    return rows.filter(status=wish.status) if wish.status else rows
