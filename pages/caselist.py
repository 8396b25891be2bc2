"""The desk: lists of cases for whoever handles them, and one act for several of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from cases import access, states
from cases.bulk import BULK, Outcome, Ticked, act_on_many
from cases.forms import text
from cases.lists import PAGE, Show, Wish, counts, listed
from cases.models import ENDED, Case, Category, Status
from grids.models import Grid
from maps.pages import tile_template
from maps.version import net_version

MOST = 100  # cases in one act
MOST_GRIDS = 200  # to choose from; a district has thousands, and nobody scrolls so far


@dataclass(frozen=True)
class Tab:
    """A tab of the list, with how many cases it holds."""

    label: str
    url: str
    is_here: bool
    count: int | None


@require_safe
@never_cache
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that the visitor may see, by tab, grid, category and status; the address holds the whole question."""
    return _page(request, [], {})


@require_POST
@never_cache
def act_on_several(request: HttpRequest) -> HttpResponse:
    """One act for the cases that were ticked, each by itself; then the list again, with a report of a row a case."""
    ticked = [Ticked.read(words) for words in request.POST.getlist("case")[:MOST]]
    by = cast(User, request.user)
    outcomes = act_on_many(ticked, request.POST.get("act", ""), by=by, reason=text(request.POST, "reason"))
    return _page(request, outcomes, request.POST)


def _page(request: HttpRequest, outcomes: Collection[Outcome], filled: QueryDict | dict[str, str]) -> HttpResponse:
    now, user, wish = timezone.now(), cast(User, request.user), Wish.asked(request.GET)
    number = _number(request.GET.get("page", ""))
    rows = list(listed(wish, user, now)[(number - 1) * PAGE : number * PAGE + 1])
    failed = [one for one in outcomes if not one.done]
    hands = access.Hands.of(user, timezone.localdate())
    said = {
        "wish": wish,
        "narrowed": wish.is_narrowed,
        "tabs": list(_tabs(wish, user)),
        "number": number,
        "more": len(rows) > PAGE,
        "rows": rows[:PAGE],
        "acts": _acts(rows[:PAGE], hands),
        "grids": _grids(user),
        "categories": Category.objects.filter(in_use=True),
        "statuses": Status.choices,
        "now": timezone.localtime(now),
        "map": _map(wish),
        "outcomes": outcomes,
        "done": len(outcomes) - len(failed),
        "failed": len(failed),
        "kept": {one.number for one in failed},
        "filled": filled,
        "did": states.RULES.get(request.GET.get("did", "")),
        "sees_rules": bool(hands.communities or hands.dispatched),
    }
    return render(request, "cases/list.html", said)


def _tabs(wish: Wish, user: User) -> Iterator[Tab]:
    found = counts(wish, user, timezone.now())
    for show in Show:
        query = urlencode(replace(wish, show=show.value).query)
        yield Tab(str(show.label), f"?{query}", show == wish.show, found.get(show.value))


def _number(text: str) -> int:
    """The page that is asked for. Pages are not counted: of a million cases that would take longer than the list."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:7]) == int(text) else 1


def _acts(rows: list[Case], hands: access.Hands) -> list[states.MoveRule]:
    """What may be done with some of these cases at once, each act once."""
    possible = {rule.act for case in rows for rule in states.allowed_for(case, hands)}
    return [states.RULES[act] for act in BULK if act in possible]


def _grids(user: User) -> list[Grid]:
    """Grids to choose from: those with an open case that the visitor may see."""
    seen = access.cases_of(user, timezone.localdate()).exclude(status__in=ENDED).order_by().values("grid")
    return list(Grid.objects.filter(pk__in=seen).order_by("code")[:MOST_GRIDS])


def _map(wish: Wish) -> dict[str, str]:
    """Where the script of the map asks for the cases and for the net below them."""
    version = net_version(timezone.localdate())
    return {"api": f"{reverse('api:cases')}?{urlencode(wish.query)}", "tiles": tile_template(), "version": version}
