"""What people call a place; and names as they are looked for, by the likeness of their trigrams and by their parts."""

from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db.models import Q
from django.utils.translation import gettext


def building_title(*, name: str, number: str, address: str, code: str) -> str:
    """What people call a building: its name, else its number, else its address, else that it has none."""
    return name or (gettext("%s号楼") % number if number else address or gettext("无门牌 %s") % code[-5:])


def stairwell_title(*, name: str, number: str) -> str:
    """What people call a stairwell: its name, else its number."""
    return name or gettext("%s单元") % number


def by_likeness(field: str, *, where: Q | None = None) -> GistIndex:
    """The index that finds the nearest names first, however far (`<->`), and names by a part (`LIKE`)."""
    return GistIndex(OpClass(field, "gist_trgm_ops"), condition=where, name=f"%(class)s_{field}_by_likeness")


def by_parts(field: str) -> GinIndex:
    """The index that finds a text by its parts (`LIKE`): smaller and faster than likeness where rows are many."""
    return GinIndex(OpClass(field, "gin_trgm_ops"), name=f"%(class)s_{field}_by_parts")
