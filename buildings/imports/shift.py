"""Whether a file's coordinates look shifted."""

from collections.abc import Iterator, Mapping

from buildings.imports.rows import Row


def warnings(rows: Mapping[str, list[Row]], coord_type: str) -> Iterator[str]:
    yield from ()
