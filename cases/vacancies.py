"""
Combinations of category, level and place that have nobody: found before a case of theirs comes in.

A category is handled at its own level or, once escalated, above it; so levels below its own do not count.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Role
from buildings.models import Area
from cases.dispatch import DESKS, desk, most_special
from cases.models import Category, DispatchRule, Level
from grids.models import Appointment, Grid, GridBoundary

DIGITS = {Level.GRID: 12, Level.COMMUNITY: 12, Level.SUBDISTRICT: 9, Level.DISTRICT: 6}  # of the code of a level's area


@dataclass(frozen=True)
class Gap:
    """Cases of these categories and level reach nobody in these communities; where `goes_up`, the level above."""

    communities: tuple[Area, ...]
    level: Level
    categories: tuple[Category, ...]
    why: str
    goes_up: bool = False

    @property
    def is_for_all(self) -> bool:
        return len(self.categories) > 12


@dataclass
class Search:
    """What is read once for all communities. `gaps` asks two queries more for each, and two for each area above."""

    on: date
    rules: list[DispatchRule] = field(init=False)
    categories: list[Category] = field(init=False)
    members: dict[int, int] = field(init=False)  # of each handling unit
    desks: dict[tuple[str, int, str], User | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = DispatchRule.objects.select_related("area", "category", "handling_unit")
        counted = rows.exclude(handling_unit=None).annotate(n=Count("handling_unit__members"))
        self.rules, self.categories = list(rows), list(Category.objects.filter(in_use=True).exclude(parent=None))
        self.members = dict(counted.values_list("handling_unit", "n"))

    def gaps(self, communities: Iterable[Area]) -> list[Gap]:
        """All gaps, the lowest level first; what is missing in several communities alike is said once."""
        alike: dict[Gap, list[Area]] = defaultdict(list)
        for community in communities:
            for gap in self._of(community):
                alike[replace(gap, communities=())].append(community)
        found = [replace(gap, communities=tuple(areas)) for gap, areas in alike.items()]
        return sorted(found, key=lambda gap: (gap.goes_up, gap.level))

    def _of(self, community: Area) -> Iterator[Gap]:
        for level in Level:
            for rule, categories in self._decided(community, level):
                yield from self._of_rule(community, level, rule, categories)

    def _decided(self, community: Area, level: Level) -> Iterable[tuple[DispatchRule | None, list[Category]]]:
        """Each rule of a level with the categories for which it decides."""
        rules = [rule for rule in self.rules if rule.level == level]
        groups: dict[DispatchRule | None, list[Category]] = defaultdict(list)
        for category in self.categories:
            if category.level <= level:
                groups[most_special(rules, category, community)].append(category)
        return groups.items()

    def _of_rule(
        self, community: Area, level: Level, rule: DispatchRule | None, categories: list[Category]
    ) -> Iterator[Gap]:
        if rule and rule.handling_unit and not self.members[rule.handling_unit.pk]:
            why = _("%(unit)s没有登记经办人，派了单也没有人能接。") % {"unit": rule.handling_unit}
            yield Gap((community,), level, tuple(categories), why)
        role = Role(rule.role) if rule and rule.role else DESKS[level]
        if level == Level.GRID:
            yield from self._in_grids(community, role, categories)
        elif self._desk(community, level, role) is None:
            why = _("%(place)s今天没有%(role)s。") % {"place": self._above(community, level), "role": role.label}
            yield Gap((community,), level, tuple(categories), why)

    def _in_grids(self, community: Area, role: Role, categories: list[Category]) -> Iterator[Gap]:
        vacant = self._vacant(community, role)
        if not vacant:
            return
        above = self._desk(community, Level.COMMUNITY, Role.COMMUNITY_STAFF)
        words = {"grids": "、".join(grid.name for grid in vacant), "role": role.label}
        why = _("%(grids)s今天没有%(role)s。") % words
        yield Gap((community,), Level.GRID, tuple(categories), why, goes_up=above is not None)

    def _vacant(self, community: Area, role: Role) -> list[Grid]:
        shapes = GridBoundary.objects.in_force(self.on).filter(grid__community=community, grid__level=Grid.Level.GRID)
        held = Appointment.objects.in_force(self.on).filter(role=role, grid__community=community)
        free = shapes.exclude(grid__in=held.values("grid")).select_related("grid").order_by("grid__code")
        return [shape.grid for shape in free]

    def _desk(self, community: Area, level: int, role: Role) -> User | None:
        key = ((community.code or "")[: DIGITS[Level(level)]], level, str(role))
        if key not in self.desks:
            self.desks[key] = desk(community, level, role, self.on)[0]
        return self.desks[key]

    def _above(self, community: Area, level: Level) -> str:
        """The area of a level that holds a community."""
        area = community
        while area.parent is not None and len(area.code or "") > DIGITS[level]:
            area = area.parent
        return str(area)
