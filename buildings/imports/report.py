"""What an import did or would do: counts per layer, and each refused row with its number, place and reason."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from buildings.tables import as_csv
from geo.errors import GeometryRefused, Place


class RowRefused(Exception):
    """A row whose attributes, and not its geometry, keep it out."""

    def __init__(self, code: str, sentence: str, *, field: str = "", place: Place | None = None, **params: object):
        super().__init__(code)
        self.code, self.sentence, self.field, self.place, self.params = code, sentence, field, place, params


@dataclass(slots=True)
class Refusal:
    """One row that was left out. `row` counts from 1 within its layer; of a spreadsheet it is the line as shown."""

    layer: str
    row: int
    source_id: str
    code: str
    sentence: str
    place: Place | None = None
    field: str = ""

    def as_row(self) -> dict[str, Any]:
        lon, lat = self.place or ("", "")
        return {
            "layer": self.layer, "row": self.row, "source_id": self.source_id, "code": self.code, "field": self.field,
            "lon": lon, "lat": lat, "sentence": self.sentence,
        }  # fmt: skip


@dataclass(slots=True)
class Count:
    """Rows of one layer. `left_out` are rows that the project has no use for, such as an unnamed bench."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    gone: int = 0
    left_out: int = 0


@dataclass
class Report:
    counts: dict[str, Count] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    #: Code and name of a community that the import makes because nobody named the ground.
    provisional: tuple[str, str] | None = None

    def count(self, layer: str) -> Count:
        return self.counts.setdefault(layer, Count())

    def refuse(self, layer: str, row: int, source_id: str, why: GeometryRefused | RowRefused) -> None:
        """Note that a row is left out, and why."""
        self.count(layer).refused += 1
        sentence = gettext(why.sentence) % why.params
        self.refused.append(
            Refusal(layer, row, source_id, why.code, sentence, why.place, getattr(why, "field", "geometry"))
        )

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)

    @property
    def changes(self) -> int:
        """Rows that a commit writes."""
        return sum(count.new + count.changed + count.gone for count in self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        return {
            "counts": {layer: asdict(count) for layer, count in self.counts.items()},
            "refused": [refusal.as_row() for refusal in self.refused],
            "warnings": self.warnings,
            "provisional_community": self.provisional and dict(zip(("code", "name"), self.provisional, strict=True)),
        }

    def write(self, path: Path) -> None:
        """As JSON, or as CSV of the refused rows that a spreadsheet opens (UTF-8 with a byte order mark)."""
        if path.suffix.lower() == ".json":
            path.write_text(json.dumps(self.as_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
            return
        head = ["layer", "row", "source_id", "code", "field", "lon", "lat", "sentence"]
        path.write_bytes(as_csv(head, ([row[name] for name in head] for row in self._rows())))

    def _rows(self) -> Iterator[dict[str, Any]]:
        return (refusal.as_row() for refusal in self.refused)
