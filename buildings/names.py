"""Names as they are looked for: by the likeness of their trigrams, and by their parts."""

from django.contrib.postgres.indexes import GinIndex, GistIndex, OpClass
from django.db.models import Q


def by_likeness(field: str, *, where: Q | None = None) -> GistIndex:
    """The index that finds the nearest names first, however far (`<->`), and names by a part (`LIKE`)."""
    return GistIndex(OpClass(field, "gist_trgm_ops"), condition=where, name=f"%(class)s_{field}_by_likeness")


def by_parts(field: str) -> GinIndex:
    """The index that finds a text by its parts (`LIKE`): smaller and faster than likeness where rows are many."""
    return GinIndex(OpClass(field, "gin_trgm_ops"), name=f"%(class)s_{field}_by_parts")
