"""
What a publication does to the people: a post is kept, ended, or moved to another grid, as the planner says.

Where nothing is said a post is kept as long as its grid is, and ends with it. All that was done is written on the plan
(`Plan.handover`), so that a publication that is called off, or taken back later, gives the posts back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _

from buildings.models import GroundChange
from grids.gate import PlanRefused
from grids.models import Appointment, Grid, Plan

KEEP: Literal["keep"] = "keep"
END: Literal["end"] = "end"
MOVE: Literal["move"] = "move"
RESUME: Literal["resume"] = "resume"


@dataclass(frozen=True)
class Choice:
    """
    What becomes of one post on the day: kept, ended, or ended and begun at another grid of the new plan.

    `resume` begins a post again that an earlier publication ended, until the day on which it would have ended.
    """

    appointment: int
    do: Literal["keep", "end", "move", "resume"]
    to: Grid | None = None
    until: date | None = None


def posts_concerned(community: int, effective: date) -> dict[int, Appointment]:
    """The posts at grids and segments of a community that reach to the day or beyond, by primary key."""
    rows = Appointment.objects.beyond(effective).filter(grid__community=community)
    return {row.pk: row for row in rows.select_related("grid", "person").order_by("pk")}


def hand_over(plan: Plan, choices: Iterable[Choice], effective: date) -> list[dict[str, Any]]:
    """Carry out the choices and what follows by itself; the record for `Plan.handover`. Raises `PlanRefused`."""
    posts = posts_concerned(plan.community_id, effective)
    stays = set(plan.boundaries.values_list("grid", flat=True))
    said = {choice.appointment: choice for choice in choices}
    resumed = {pk: said.pop(pk) for pk in [pk for pk, choice in said.items() if choice.do == RESUME]}
    if strange := sorted(said.keys() - posts.keys()):
        raise PlanRefused(_("没有编号为 %(pk)s 的网格任职。") % {"pk": strange[0]}, code="unknown_appointment")
    done = []
    for pk, post in posts.items():
        choice = said.get(pk) or Choice(pk, KEEP if post.grid_id in stays else END)
        _refuse_nonsense(choice, post, stays, effective)
        if choice.do != KEEP:
            done.append(_end(post, choice.to, effective))
    return done + [_resume(choice, stays, effective) for choice in resumed.values()]


def _refuse_nonsense(choice: Choice, post: Appointment, stays: set[int], effective: date) -> None:
    words = {"post": str(post), "person": str(post.person), "day": post.in_force.lower}
    if choice.do == KEEP and post.grid_id not in stays:
        sentence = _("%(person)s的任职“%(post)s”留不住：新方案里没有这个网格。")
        raise PlanRefused(sentence % words, code="post_without_grid")
    if choice.do == MOVE and (choice.to is None or choice.to.pk not in stays):
        raise PlanRefused(_("%(person)s要调去的网格不在新方案里。") % words, code="target_not_in_plan")
    if choice.do != KEEP and post.in_force.lower and post.in_force.lower >= effective:
        sentence = _("%(person)s的任职“%(post)s”从 %(day)s 才开始，请先改好这项任职，再公布方案。")
        raise PlanRefused(sentence % words, code="post_begins_later")


def _end(post: Appointment, to: Grid | None, effective: date) -> dict[str, Any]:
    """End a post, and begin it anew at another grid where one is given."""
    until = post.in_force.upper
    post.in_force = (post.in_force.lower, effective)
    post.save(update_fields=["in_force"])
    made = _begin(post, to, effective, until) if to else None
    return {"appointment": post.pk, "until": until and until.isoformat(), "made": made}


def _begin(post: Appointment, grid: Grid, effective: date, until: date | None) -> int:
    """The same person in the same role, as a post of its own."""
    return Appointment.objects.create(
        role=post.role,
        person_id=post.person_id,
        deputy_id=post.deputy_id,
        employment=post.employment,
        grid=grid,
        in_force=(effective, until),
    ).pk


def _resume(choice: Choice, stays: set[int], effective: date) -> dict[str, Any]:
    post = Appointment.objects.select_related("grid").get(pk=choice.appointment)
    if post.grid is None or post.grid_id not in stays:
        raise PlanRefused(_("%(person)s的网格不在新方案里。") % {"person": post.person}, code="target_not_in_plan")
    made = _begin(post, post.grid, effective, choice.until)
    return {"appointment": post.pk, "until": None, "made": made}


def rename(plan: Plan, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Give grids of a plan another name, by primary key; the record for `Plan.handover`."""
    grids = Grid.objects.filter(pk__in=names, boundaries__plan=plan).distinct()
    renamed = [grid for grid in grids.order_by("pk") if grid.name != names[grid.pk]]
    record = [{"grid": grid.pk, "was": grid.name} for grid in renamed]
    for grid in renamed:
        grid.name = names[grid.pk]
    Grid.objects.bulk_update(renamed, ["name"], batch_size=500)
    _tell(len(renamed))
    return record


def _tell(renamed: int) -> None:
    """Names are on the tiles: with a row more the net is another version, and no cache goes on with the old ones."""
    if renamed:
        GroundChange.objects.create(what="网格改名", counts={"grids": renamed})


def names_before(record: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """What the grids were called before a publication renamed them, by primary key."""
    return {entry["grid"]: entry["was"] for entry in record if "grid" in entry}


def give_back(record: Iterable[Mapping[str, Any]], effective: date) -> None:
    """Undo a handover that never took effect: posts go on as they did, and those that were to begin do not."""
    names = names_before(record)
    for pk, name in names.items():
        Grid.objects.filter(pk=pk).update(name=name)
    _tell(len(names))
    for entry in _posts(record):
        Appointment.objects.filter(pk=entry["made"], in_force__startswith=effective).delete()
        for post in Appointment.objects.filter(pk=entry["appointment"], in_force__endswith=effective):
            post.in_force = (post.in_force.lower, _day(entry["until"]))
            post.save(update_fields=["in_force"])


def turned_back(record: Iterable[Mapping[str, Any]], effective: date) -> list[Choice]:
    """The choices that undo a handover which took effect: who had to go comes back, and who came goes."""
    choices = []
    for entry in _posts(record):
        until = _day(entry["until"])
        if entry["made"] and Appointment.objects.beyond(effective).filter(pk=entry["made"]):
            choices.append(Choice(entry["made"], END))
        if until is None or until > effective:
            choices.append(Choice(entry["appointment"], RESUME, until=until))
    return choices


def _posts(record: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in record if "appointment" in entry]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
