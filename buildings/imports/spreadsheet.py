"""Rows of a CSV or Excel file under their headings, with the line numbers that people see."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from buildings.imports.files import MAX_BYTES, MAX_RATIO, readable
from buildings.imports.refusals import ArchiveBomb, Damaged, TooLarge, UnknownSpreadsheet
from buildings.imports.text import clean, decode

TOP = 15  # rows in which the headings are looked for: lists begin with a title, a date, an office
MOST_COLUMNS = 200
MOST_ROWS = 2_000_000


@dataclass
class Sheet:
    """Headings, and rows by line number; each cell as clean text."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def read_sheet(path: Path, *, headings: Mapping[str, str], encoding: str = "", name: str = "") -> Sheet:
    """The first sheet of a file. The headings are the first row of which at least two cells are known words."""
    name = name or path.name
    readable(path, name)
    lines = _excel(path, name) if _is_zip(path) else _csv(path, encoding, name)
    return _below_headings(lines, headings, name)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PK\x03\x04"


def _csv(path: Path, encoding: str, name: str) -> Iterator[tuple[int, list[str]]]:
    data = path.read_bytes()
    if data.startswith(b"\xd0\xcf\x11\xe0") or data[:4] == b"%PDF":
        raise UnknownSpreadsheet(name=name)
    text = decode(data, encoding, name=name)
    if "\0" in text:
        raise UnknownSpreadsheet(name=name)
    head = "\n".join(islice(text.split("\n"), TOP))
    csv.field_size_limit(2**20)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        for row in rows:
            yield rows.line_num, [clean(cell) for cell in row[:MOST_COLUMNS]]
    except csv.Error:
        raise Damaged(name=name, reason=f"CSV {rows.line_num}") from None


def _excel(path: Path, name: str) -> Iterator[tuple[int, list[str]]]:
    """Cells as Excel last showed them: formulas are not run and not kept."""
    from openpyxl import load_workbook

    _check_workbook(path, name)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheet = next(iter(book.worksheets))
        sheet.reset_dimensions()  # the file may claim a million columns
        rows: Iterable[Any] = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
        for number, row in enumerate(rows, start=1):
            yield number, [clean(cell) for cell in row]
            if number > MOST_ROWS:
                raise TooLarge(limit=MAX_BYTES // 2**20)
    except (TooLarge, GeneratorExit):
        raise
    except Exception as error:  # openpyxl raises whatever its XML and its styles stumble over
        raise Damaged(name=name, reason=type(error).__name__) from None


def _check_workbook(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise Damaged(name=name, reason="zip") from None
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise UnknownSpreadsheet(name=name)
    if sum(member.file_size for member in members) > MAX_BYTES // 4:
        raise TooLarge(limit=MAX_BYTES // 4 // 2**20)
    for member in members:
        if member.file_size > 2**20 and member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise ArchiveBomb(member=member.filename[:80])


def _below_headings(lines: Iterator[tuple[int, list[str]]], headings: Mapping[str, str], name: str) -> Sheet:
    for _line, cells in islice(lines, TOP):
        if sum(key_of(cell) in headings for cell in cells) >= 2:
            return Sheet(cells, [(number, row) for number, row in lines if any(row)])
    raise UnknownSpreadsheet(name=name)


def key_of(heading: str) -> str:
    """A heading as it is looked up: without spaces, case, and what stands in brackets."""
    for left, right in ("()", "[]"):
        if left in heading and right in heading:
            heading = heading[: heading.index(left)] + heading[heading.index(right) + 1 :]
    return "".join(heading.split()).strip("*:").lower()
