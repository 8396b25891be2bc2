"""Staff's pages: which doors are mine, and who lives behind them (law 10). No ranking, no check-in (law 12)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.contrib.auth import views as auth
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.models import Look, User
from accounts.policy import GROUND, HOUSEHOLDS
from buildings.models import Dwelling, Household, Stairwell
from cases.lists import Show, Wish, listed
from cases.models import Call
from grids.access import doors_of, may_open, posts_of
from grids.models import Appointment, GridBoundary
from pages import asking
from pages.errors import Unknown
from pages.matrix import matrix
from pages.net import Community, communities_of

MOST_CASES = 6  # on the first screen; the list has the rest
MOST_DOORS = 300  # a whole community's doors fit on a page; a town's do not


class Login(auth.LoginView):
    template_name = "pages/login.html"
    redirect_authenticated_user = True


class Logout(auth.LogoutView):
    pass


@sensitive_post_parameters("password")
def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """What axes shows after too many wrong passwords."""
    heading = _("先歇一会儿")
    sentence = _("密码输错的次数太多了。为了安全，这个账号在这里停用一小时。忘记密码请找管理员。")
    return render(request, "error.html", {"heading": heading, "sentence": sentence}, status=429)


@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """My posts, my grids with their counts, my doors."""
    on, user = asking.day(request), cast(User, request.user)
    posts = list(posts_of(user, on))
    doors = _doors(user, on) if _holds(posts, HOUSEHOLDS) else []
    said = {
        "on": on,
        "posts": posts,
        **_todo(user, on),
        "doors": doors[:MOST_DOORS],
        "total": len(doors),
        "buildings": len({door.stairwell.building_id for door in doors}),
        "hidden_doors": max(0, len(doors) - MOST_DOORS),
        "counted": any(door.households is not None for door in doors),
        "households": sum(door.households or 0 for door in doors),
        "people": sum(door.people or 0 for door in doors),
        "communities": _communities(_held_today(user, posts), on),
        "map_hash": _map_hash(posts, on),
    }
    return render(request, "pages/mine.html", said)


@never_cache
def doors(request: HttpRequest, code: str) -> HttpResponse:
    """户室图: floors as rows, rooms as columns; one household when its room is asked for. Each look is written down."""
    today, user = timezone.localdate(), cast(User, request.user)
    stairwell = Stairwell.objects.filter(code=code).select_related("building__compound", "building__community").first()
    if stairwell is None:
        raise Unknown(_("没有这个楼道，请从“我的”里选。"))
    if not may_open(user, stairwell, today):
        raise PermissionDenied(_("这个楼道今天不归您管，所以看不到住户。如果刚调整过网格，请找接手的网格员。"))
    dwellings = list(_dwellings(stairwell))
    chosen = next((one for one in dwellings if one.room == request.GET.get("room")), None)
    shows_phone = chosen is not None and "phone" in request.GET
    Look.objects.bulk_create(_looks(user, stairwell, dwellings, chosen, shows_phone))
    said = {
        "stairwell": stairwell,
        "matrix": matrix(dwellings),
        "chosen": chosen,
        "shows_phone": shows_phone,
        "households": _homes(dwellings),
        "people": sum(home.people for one in dwellings for home in one.households.all()),
        "now": timezone.localtime(),
    }
    return render(request, "pages/doors.html", said)


def _todo(user: User, on: date) -> dict[str, Any]:
    """What must I do now: the cases whose next step is mine, the longest overdue first. A day of before has no now."""
    if on != timezone.localdate():
        return {}
    rows = list(listed(Wish(show=Show.TURN), user, timezone.now())[: MOST_CASES + 1])
    called = Call.objects.filter(handling_unit__members=user, reported_at=None, whistle__ended_at=None)
    return {
        "todo": rows[:MOST_CASES],
        "todo_more": len(rows) > MOST_CASES,
        "todo_shown": True,
        "units": list(user.handling_units.filter(in_use=True).order_by("name")),
        "called": list(called.select_related("whistle").order_by("whistle__meet_at")),
    }


def _holds(posts: Sequence[Appointment], roles) -> bool:
    return any(post.role in roles for post in posts)


@dataclass(frozen=True)
class Door:
    """A stairwell and how many live behind it; None where it is no longer, or not yet, for this person to know."""

    stairwell: Stairwell
    households: int | None = None
    people: int | None = None


def _doors(user: User, on: date) -> list[Door]:
    """
    My stairwells on a day, in the order of a walk: compound, building, stairwell.

    Households are counted as they are today, hence only where today's appointments reach: somebody who left the post
    would otherwise go on watching the doors of the day before.
    """
    lives = _lives(user)
    stairwells = doors_of(user, on).select_related("building__compound").order_by("building__compound__code", "code")
    return [Door(stairwell, *lives.get(stairwell.pk, ())) for stairwell in stairwells]


def _lives(user: User) -> dict[int, tuple[int, int]]:
    """Households and people behind each door that today's appointments cover."""
    homes = "dwellings__households"
    counted = doors_of(user, timezone.localdate()).annotate(Count(homes), people=Sum(f"{homes}__people", default=0))
    return {
        pk: (households, people) for pk, households, people in counted.values_list("pk", f"{homes}__count", "people")
    }


def _held_today(user: User, posts: Sequence[Appointment]) -> list[Appointment]:
    """Those of the posts that are still, or already, the person's: counts go by them."""
    held = set(posts_of(user, timezone.localdate()))
    return [post for post in posts if post in held]


def _map_hash(posts: Sequence[Appointment], on: date) -> str:
    """Where the map opens: at the own grid, else in the own community or town."""
    grids = [post.grid_id for post in posts if post.grid_id]
    if not grids:
        return next((f"?{urlencode({'community': post.area.code})}" for post in posts if post.area), "")
    labels = GridBoundary.objects.in_force(on).filter(grid__in=grids).order_by("grid__code").values_list("label")
    return next((f"#17/{label.y:.6f}/{label.x:.6f}" for (label,) in labels), "")


def _communities(posts: Sequence[Appointment], on: date) -> list[Community]:
    """The communities that somebody plans or leads; none for others."""
    codes = [post.area.code for post in posts if post.area is not None and post.role in GROUND]
    return communities_of(codes, on) if codes else []


def _dwellings(stairwell: Stairwell) -> QuerySet[Dwelling]:
    homes = Prefetch("households", Household.objects.order_by("pk"))
    return Dwelling.objects.filter(stairwell=stairwell).prefetch_related(homes).order_by("floor", "room")


def _looks(
    user: User, stairwell: Stairwell, dwellings: Sequence[Dwelling], chosen: Dwelling | None, shows_phone: bool
) -> Iterator[Look]:
    """What the page shows, a row each: always the whole stairwell, then the chosen door, then its telephones."""
    yield Look(user=user, subject=stairwell.code, rows=_homes(dwellings), page="pages:doors")
    if chosen:
        door = f"{stairwell.code}-{chosen.room}"[:40]
        yield Look(user=user, subject=door, rows=_homes([chosen]), page="pages:doors")
        phones = sum(bool(home.phone) for home in chosen.households.all())
        if shows_phone and phones:
            yield Look(user=user, subject=door, rows=phones, page="pages:doors phone")


def _homes(dwellings: Iterable[Dwelling]) -> int:
    return sum(len(one.households.all()) for one in dwellings)
