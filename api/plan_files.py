"""Plans as files: out to QGIS and spreadsheets, and in again."""

from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.views import APIView

from api import plan_answers
from api.errors import Conflict, Refused
from api.http import TooLarge
from api.plan_compare import attachment, file_name, pdf
from api.plan_schema import documented
from api.plan_table import made
from api.plans import answer, find
from buildings.imports.refusals import ImportRefused
from geo.adopt import Doubt
from geo.slivers import Sliver
from grids.models import Plan
from planning.adoption import commit
from planning.engine import current
from planning.exports import FORMATS, export
from planning.intake import WIDEST, Intake, Row, read
from planning.paper import map_sheet
from planning.refusals import NotADraft
from planning.table import Table

LARGEST = 20 * 2**20  # bytes


@documented
class ExportView(APIView):
    """A plan as a file."""

    def get(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan)
        kind = request.GET.get("format", "gpkg")
        if kind == "pdf":
            return pdf(row, lambda: map_sheet(row))
        if kind not in FORMATS:
            words = _("format 只能是 %(values)s。") % {"values": "、".join([*FORMATS, "pdf"])}
            raise Refused("bad_format", words, field="format")
        file = export(row, kind)
        return attachment(file.content, file.media_type, f"{file_name(row)}.{file.suffix}")


@documented
class IntakeView(APIView):
    """A net from a file: what it would do, or with `commit=1` one step of the draft's log."""

    parser_classes = [MultiPartParser]

    def post(self, request: Any, plan: int) -> HttpResponse:
        row = find(request.user, plan, to_write=True)
        if row.status != Plan.Status.DRAFT:
            raise Conflict(NotADraft.code, str(NotADraft()))
        table = current(row)
        found = _read(request, table)
        is_committed = request.GET.get("commit") == "1" and found.op is not None
        if is_committed:
            step = made(row, lambda: commit(plan=row, by=request.user, version=table.version, op=found.op or {}))
            table = step.table
        return answer({"committed": is_committed, "version": table.version, **report(table, found)})


def _read(request: Any, table: Table) -> Intake:
    upload = request.FILES.get("file")
    if upload is None:
        raise Refused("missing", _("请把文件放在 file 里上传。"), field="file")
    if upload.size > LARGEST:
        raise TooLarge(_("文件太大，一次最多 20 MB。"))
    with TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / f"net{_suffix(upload.name)}"
        with path.open("wb") as out:
            for chunk in upload.chunks():
                out.write(chunk)
        try:
            follow, width = request.GET.get("follow") == "1", _width(request.GET.get("close_slivers", "0"))
            return read(table, path, name=Path(upload.name).name[:80], follow=follow, close_slivers=width)
        except ImportRefused as why:
            raise Refused(why.code, str(why), field="file") from None


def _suffix(name: str) -> str:
    """Of a table the suffix says that it is one; anything else is known by its first bytes."""
    suffix = Path(name).suffix.lower()
    return suffix if suffix in (".csv", ".txt", ".tsv") else ""


def _width(text: str) -> float:
    try:
        width = float(text)
    except ValueError:
        width = -1.0
    if not (isfinite(width) and 0 <= width <= WIDEST):
        words = _("close_slivers 是米数，从 0 到 %(most)d。") % {"most": WIDEST}
        raise Refused("bad_number", words, field="close_slivers")
    return width


# --- answers ----------------------------------------------------------------------------------------------------------


def report(table: Table, found: Intake) -> dict[str, Any]:
    """What a file says, for programs."""
    labels: Mapping[str, Mapping[str, Any]] = (found.op or {}).get("labels", {})
    return {
        "kind": found.kind,
        "refusal": found.refusal,
        "changes": {level: _stairwells(table, labels.get(level, {})) for level in ("grid", "segment")},
        "created": found.created,
        "refused": [_row(row) for row in found.refused],
        "doubts": [_doubt(table, doubt) for doubt in found.doubts],
        "nowhere": found.nowhere,
        "slivers": [_sliver(table, sliver) for sliver in found.slivers],
        "closed": [_sliver(table, sliver) for sliver in found.closed],
        "cut": [{"name": table.name_of(str(each.params.get("name", ""))), "place": each.place} for each in found.cut],
    }


def _stairwells(table: Table, cells: Iterable[str]) -> int:
    return len(table.state.units(cells))


def _row(row: Row) -> dict[str, Any]:
    return {"row": row.number, "code": row.code, "sentence": row.sentence, "place": row.place}


def _doubt(table: Table, doubt: Doubt) -> dict[str, Any]:
    shares = [{"grid": table.name_of(label), "share": round(share, 3)} for label, share in doubt.shares.items()]
    titles = [table.unit_title(unit) for unit in doubt.units]
    return {
        "units": list(doubt.units), "titles": titles, "to": table.name_of(doubt.to), "shares": shares,
        "place": doubt.place,
    }  # fmt: skip


def _sliver(table: Table, sliver: Sliver) -> dict[str, Any]:
    return {
        "kind": sliver.kind,
        "area_m2": round(sliver.area, 1),
        "width_m": round(sliver.width, 2),
        "among": [table.name_of(label) for label in sliver.among],
        "to": table.name_of(sliver.to) if sliver.to else None,
        "place": sliver.place,
        "shape": plan_answers.geojson(sliver.shape),
    }
