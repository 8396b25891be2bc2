"""
Who may do what: the one table that pages, API, tiles and exports ask.

`ROUTES` names every route of the service and who may read and write through it. A route that stands not here is
refused by `PolicyMiddleware`, and tests/accounts/test_policy.py fails. Which place a role covers is a question of
appointments: `covers_area` below asks it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.roles import SEES_HOUSEHOLDS, Role

ANYBODY = frozenset({"anybody"})
SIGNED_IN = frozenset({"signed_in"})
ADMINISTRATOR = frozenset({"administrator"})
NOBODY: frozenset[str] = frozenset()
HOUSEHOLDS = frozenset(SEES_HOUSEHOLDS)
GROUND = frozenset({Role.COMMUNITY_SECRETARY, Role.PLANNER}) | ADMINISTRATOR
DRAFTS = GROUND  # who draws plans
PLANS = DRAFTS | {Role.APPROVER}  # who sees plans that are not published

READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Rule:
    """Roles that may read (GET) and write (all other methods) through a route."""

    read: Collection[str] = NOBODY
    write: Collection[str] = NOBODY

    def allows(self, method: str) -> Collection[str]:
        return self.read if method in READING else self.write


ROUTES: dict[str, Rule] = {
    # languages and log-in
    "set_language": Rule(write=ANYBODY),
    "favicon": Rule(ANYBODY),
    "pages:login": Rule(ANYBODY, ANYBODY),
    "pages:logout": Rule(write=SIGNED_IN),
    # the resident
    "pages:home": Rule(ANYBODY),
    "pages:place": Rule(ANYBODY),
    "pages:door": Rule(ANYBODY),
    "pages:sketch": Rule(ANYBODY),
    "pages:elder": Rule(write=ANYBODY),
    "pages:privacy": Rule(ANYBODY),
    "pages:grid": Rule(ANYBODY),
    "pages:report": Rule(ANYBODY, ANYBODY),
    "pages:report_near": Rule(ANYBODY),
    "pages:report_echo": Rule(write=ANYBODY),
    "pages:report_places": Rule(ANYBODY),
    "pages:report_preview": Rule(write=ANYBODY),
    "pages:track": Rule(ANYBODY),
    "pages:rate": Rule(write=ANYBODY),
    "pages:track_photos": Rule(write=ANYBODY),
    "pages:own_photo": Rule(ANYBODY),
    "pages:find": Rule(ANYBODY, ANYBODY),
    "pages:photo": Rule(ANYBODY),  # the view asks who may see this one
    "pages:hotspots": Rule(ANYBODY),  # figures withheld where they must be; exact for staff, on their ground
    # staff: which doors are mine
    "pages:mine": Rule(SIGNED_IN),
    "pages:doors": Rule(HOUSEHOLDS),
    # the planner
    "pages:plans": Rule(PLANS),
    "pages:table": Rule(PLANS),
    "pages:review": Rule(PLANS),
    "pages:impact": Rule(PLANS),
    "pages:compare": Rule(PLANS),
    "pages:notices": Rule(PLANS),
    "pages:intake": Rule(PLANS, DRAFTS),
    "pages:step": Rule(write=PLANS),
    # the desk: which cases somebody may see, and what they may do, is asked of cases/access.py and cases/states.py
    "pages:cases": Rule(SIGNED_IN),
    "pages:case": Rule(SIGNED_IN),
    "pages:case_acts": Rule(write=SIGNED_IN),
    "pages:case_act": Rule(write=SIGNED_IN),
    "pages:case_slips": Rule(write=SIGNED_IN),
    "pages:case_print": Rule(SIGNED_IN),
    "pages:case_reporter": Rule(write=SIGNED_IN),
    "pages:case_public": Rule(write=SIGNED_IN),
    "pages:case_rules": Rule(SIGNED_IN),  # the view asks for the community's staff, or a dispatcher
    "pages:whistles": Rule(SIGNED_IN),
    "pages:whistle": Rule(SIGNED_IN),
    "pages:whistle_new": Rule(SIGNED_IN, SIGNED_IN),
    "pages:whistle_act": Rule(write=SIGNED_IN),
    "pages:statistics": Rule(ANYBODY),  # the view asks for whom the figures are exact
    # the map
    "maps:map": Rule(ANYBODY),
    "maps:list": Rule(ANYBODY),
    "maps:tile": Rule(ANYBODY),
    # other programs
    "api:schema": Rule(ANYBODY),
    "api:docs": Rule(ANYBODY),
    "api:contact": Rule(ANYBODY),
    "api:areas": Rule(ANYBODY, ADMINISTRATOR),
    "api:area": Rule(ANYBODY, ADMINISTRATOR),
    "api:compounds": Rule(ANYBODY, GROUND),
    "api:compound": Rule(ANYBODY, GROUND),
    "api:grids": Rule(ANYBODY),
    "api:grid": Rule(ANYBODY),
    "api:buildings": Rule(ANYBODY, GROUND),
    "api:building": Rule(ANYBODY, GROUND),
    "api:stairwells": Rule(ANYBODY, GROUND),
    "api:stairwell": Rule(ANYBODY, GROUND),
    "api:imports": Rule(write=GROUND),
    "api:plans": Rule(PLANS, DRAFTS),
    "api:plan": Rule(PLANS, DRAFTS),
    "api:plan_table": Rule(PLANS),
    "api:plan_operations": Rule(PLANS, DRAFTS),
    "api:plan_decisions": Rule(PLANS, PLANS),
    "api:plan_undo": Rule(write=DRAFTS),
    "api:plan_redo": Rule(write=DRAFTS),
    "api:plan_problems": Rule(PLANS),
    "api:plan_arcs": Rule(PLANS),
    "api:plan_lines": Rule(PLANS),
    "api:plan_impact": Rule(PLANS),
    "api:plan_comparison": Rule(PLANS),
    "api:plan_export": Rule(PLANS),
    "api:plan_import": Rule(write=DRAFTS),
    "api:plan_notes": Rule(PLANS, PLANS),
    "api:plan_note": Rule(write=PLANS),
    "api:cases": Rule(SIGNED_IN),
    "api:case": Rule(SIGNED_IN),
    "api:case_moves": Rule(write=SIGNED_IN),
    "api:case_several": Rule(write=SIGNED_IN),
    "api:statistics": Rule(ANYBODY),
    "api:public_cases": Rule(ANYBODY),
    "api:hotspots": Rule(ANYBODY),
    "open311:discovery": Rule(ANYBODY),
    "open311:services": Rule(ANYBODY),
    "open311:service": Rule(ANYBODY),
    "open311:requests": Rule(ANYBODY, ANYBODY),  # the view asks for a key where the installation has some
    "open311:request": Rule(ANYBODY),
    "open311:token": Rule(ANYBODY),
    "api:nowhere": Rule(ANYBODY, ANYBODY),
    "api:root": Rule(ANYBODY, ANYBODY),
}
# Whole namespaces that guard themselves.
NAMESPACES: dict[str, Rule] = {
    "admin": Rule(ANYBODY, ANYBODY),  # Django's own log-in stands in front; is_staff decides
}


def roles_of(user: Any, on: date) -> set[str]:
    """The roles that a user answers for on a day, and "signed_in", "administrator" where they apply."""
    if not user.is_authenticated:
        return set(ANYBODY)
    roles = set(_posts_of(user, on).values_list("role", flat=True))
    return roles | ANYBODY | SIGNED_IN | (ADMINISTRATOR if user.is_superuser else NOBODY)


def areas_of(user: Any, roles: Collection[str], on: date) -> list[str]:
    """Official codes of the areas that a user answers for in one of the roles on a day, and so for all below them."""
    if not user.is_authenticated:
        return []
    posts = _posts_of(user, on).filter(role__in=roles, area__isnull=False)
    return list(posts.values_list("area__code", flat=True).order_by("area__code"))


def covers_area(user: Any, code: str, roles: Collection[str], on: date) -> bool:
    """True when a post that the user answers for in one of the roles covers an area, by its official code, on a day."""
    if user.is_superuser or not user.is_authenticated:
        return bool(user.is_superuser)
    above = {code[:digits] for digits in (6, 9, 12) if digits <= len(code)}
    return not above.isdisjoint(areas_of(user, roles, on))


def _posts_of(user: Any, on: date) -> Any:
    """The one question of who stands in for whom (grids/models/appointments.py); this room does not know the model."""
    return user.appointments.model.objects.answered_by(user, on)


def rule_for(view_name: str) -> Rule | None:
    """The rule of a route; None where the table does not name it."""
    namespace = view_name.partition(":")[0]
    return ROUTES.get(view_name) or NAMESPACES.get(namespace)
