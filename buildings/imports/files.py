"""
Open a file that a stranger sent: what it is by its first bytes, and its layers as tables.

Nothing is believed but content. GDAL sees a file only in a process of its own with the one driver that its first
bytes call for (see `reader`); GeoJSON and CSV are read here. Archives are unpacked by us, flat, and within limits.
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from django.conf import settings
from numpy.typing import NDArray

from buildings.imports.refusals import (
    ArchiveBomb,
    CannotRead,
    Damaged,
    EmptyFile,
    IsAFolder,
    MissingPart,
    NoSuchFile,
    NotAGeoPackage,
    NothingToImport,
    TooLarge,
    UnknownFormat,
    UnsafeArchive,
)
from buildings.imports.text import decode

MAX_BYTES = 2 * 2**30  # unpacked; OpenStreetMap's extract of the largest province is below 1 GB
MAX_RATIO = 200  # of compression; text of repeated coordinates reaches 30
MAX_MEMBERS = 1_000
PATIENCE = 1_800  # seconds for reading one file; 200,000 buildings take five
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SIMPLE = frozenset(("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"))


@dataclass
class Table:
    """One layer: columns of equal length, and geometries in the layer's own coordinates (None where unreadable)."""

    name: str
    columns: dict[str, list[Any]]
    geometries: NDArray[Any] | None
    crs: str | None = None

    def __len__(self) -> int:
        if self.geometries is not None:
            return len(self.geometries)
        return len(next(iter(self.columns.values()), ()))


@dataclass
class Source:
    """A file's format, name and tables. `kind` is osm, gpkg, geojson, shapefile or csv."""

    kind: str
    name: str
    tables: list[Table] = field(default_factory=list)


def open_source(path: Path, *, encoding: str = "", name: str = "") -> Source:
    """
    Read a file of any format that we import.

    Raises
    ------
    ImportRefused
        With a sentence that says what to do. Nothing of the file is kept, temporary files included.
    """
    name = name or path.name
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path, kind, inner = _identify(readable(path, name), name, Path(folder))
        source = Source(kind, name, list(_TABLES[kind](path, encoding, name)))
        if kind in ("shapefile", "geojson", "csv"):  # of one layer, which is called as its file is
            source.tables[0].name = Path(inner).stem
    if not any(len(table) for table in source.tables):
        raise NothingToImport(name=name)
    return source


def readable(path: Path, name: str) -> Path:
    """The path of a file that is there, holds something and may be read; else a refusal that says which it is not."""
    try:
        if path.is_dir():
            raise IsAFolder(name=name)
        if not path.is_file():
            raise NoSuchFile(name=name)
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise CannotRead(name=name, reason=getattr(error, "strerror", None) or error) from None
    if size == 0:
        raise EmptyFile(name=name)
    if size > MAX_BYTES:
        raise TooLarge(limit=MAX_BYTES // 2**20)
    return path


def _identify(path: Path, name: str, folder: Path) -> tuple[Path, str, str]:
    """The file itself, what it is, and what it was called, inside of an archive if it came in one."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if head.startswith(b"PK\x03\x04"):
        path, name = _unpack(path, name, folder)
        with path.open("rb") as stream:
            head = stream.read(512)
    return path, _kind_of(head, path, name), name


def _kind_of(head: bytes, path: Path, name: str) -> str:
    if head[6:15] == b"OSMHeader":
        return "osm"
    if head.startswith(b"SQLite format 3\0"):
        if head[68:72] in (b"GPKG", b"GP10", b"GP11"):
            return "gpkg"
        raise NotAGeoPackage(name=name)
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shapefile"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "geojson"
    if path.suffix.lower() in (".csv", ".txt", ".tsv") and not text.startswith(b"<") and b"\0\0" not in head:
        return "csv"
    raise UnknownFormat(name=name)


# Archives


def _unpack(path: Path, name: str, folder: Path) -> tuple[Path, str]:
    """The one file of an archive that we read, unpacked flat under a name of ours; and its own name."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_members(members)
            wanted = _wanted(members, name)
            return _extract(archive, wanted, folder), _name_of(wanted[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise Damaged(name=name, reason=type(error).__name__) from None


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_BYTES:
        raise TooLarge(limit=MAX_BYTES // 2**20)
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.filename.startswith(("/", "\\")) or ".." in parts or ":" in member.filename:
            raise UnsafeArchive(member=member.filename[:80])
        if member.external_attr >> 16 & 0o170000 == 0o120000:  # a symbolic link
            raise UnsafeArchive(member=member.filename[:80])
        if member.file_size > 2**20 and member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise ArchiveBomb(member=member.filename[:80])


def _wanted(members: Sequence[zipfile.ZipInfo], name: str) -> list[zipfile.ZipInfo]:
    """The parts of the first shapefile, or the first file of another format."""
    members = [member for member in members if "__MACOSX" not in member.filename]
    for member in members:
        stem, suffix = os.path.splitext(member.filename)
        if suffix.lower() == ".shp":
            return [m for m in members if os.path.splitext(m.filename)[0] == stem and _suffix(m) in SHAPEFILE]
    for member in members:
        if member.filename.lower().endswith((".gpkg", ".geojson", ".json", ".csv", ".osm.pbf", ".pbf")):
            return [member]
    raise UnknownFormat(name=name)


def _name_of(member: zipfile.ZipInfo) -> str:
    """Its name without folders; Chinese Windows writes GBK, which the format calls code page 437."""
    text = member.filename
    if not member.flag_bits & 0x800:
        try:
            text = text.encode("cp437").decode("gb18030")
        except UnicodeError:
            pass
    return text.replace("\\", "/").rsplit("/", 1)[-1]


def _suffix(member: zipfile.ZipInfo) -> str:
    return os.path.splitext(member.filename)[1].lower()


def _extract(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], folder: Path) -> Path:
    left = MAX_BYTES
    for member in members:
        target = folder / f"archive{_suffix(member)}"
        with archive.open(member) as stream, target.open("wb") as out:
            # The directory of an archive may lie about sizes, so what really comes out is counted.
            while chunk := stream.read(2**20):
                left -= len(chunk)
                if left < 0 or out.tell() > max(2**20, MAX_RATIO * member.compress_size):
                    raise ArchiveBomb(member=member.filename[:80])
                out.write(chunk)
    return folder / f"archive{_suffix(members[0])}" if len(members) == 1 else folder / "archive.shp"


# Formats that GDAL reads


def _osm(path: Path, encoding: str, name: str) -> Iterator[Table]:
    return _by_gdal("OSM", path, "input.osm.pbf", "", name)


def _gpkg(path: Path, encoding: str, name: str) -> Iterator[Table]:
    return _by_gdal("GPKG", path, "input.gpkg", "", name)


def _shapefile(path: Path, encoding: str, name: str) -> Iterator[Table]:
    for suffix in (".shx", ".dbf"):
        if _beside(path, suffix) is None:
            raise MissingPart(part=suffix)
    return _by_gdal("ESRI Shapefile", path, "input.shp", encoding or _dbf_encoding(path), name)


def _beside(path: Path, suffix: str) -> Path | None:
    """The part of a shapefile with another suffix, in small or capital letters."""
    candidates = (path.with_suffix(suffix), path.with_suffix(suffix.upper()))
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _dbf_encoding(path: Path) -> str:
    """Encoding of a shapefile without .cpg, which GDAL would take for Latin-1: UTF-8 if it is that, else GB18030."""
    if _beside(path, ".cpg") is not None:
        return ""
    table = _beside(path, ".dbf")
    assert table is not None
    data = table.read_bytes()
    body = data[int.from_bytes(data[8:10], "little") :]
    # A field cut at its width may end in half a character, so a few errors are no proof.
    broken = body.decode("utf-8", "replace").count("\ufffd")
    high = sum(byte > 127 for byte in body[: 2**20])
    return "UTF-8" if broken * 50 <= high else "GB18030"


def _by_gdal(driver: str, path: Path, alias: str, encoding: str, name: str) -> Iterator[Table]:
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        given, out = Path(folder) / "in", Path(folder) / "out"
        given.mkdir()
        out.mkdir()
        parts = SHAPEFILE if driver == "ESRI Shapefile" else (path.suffix,)
        for suffix in parts:
            if (part := _beside(path, suffix)) is not None:
                (given / (alias if len(parts) == 1 else f"input{suffix}")).symlink_to(part.resolve())
        _run_reader(driver, given / alias, out, encoding, name)
        for stem in sorted(out.glob("*.json"), key=lambda stem: int(stem.stem)):
            yield _read_back(stem)


def _run_reader(driver: str, path: Path, out: Path, encoding: str, name: str) -> None:
    import pyogrio

    others = ",".join(other for other in pyogrio.list_drivers() if other != driver)
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(out),
        "TMPDIR": str(out),
        "CPL_TMPDIR": str(out),
        "OGR_SKIP": others,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "buildings.imports.reader", driver, str(path), str(out), encoding]
    try:
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Damaged(name=name, reason=f"> {PATIENCE} s") from None
    if done.returncode:
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Damaged(name=name, reason=_plain_reason(reason[0] if reason else "", path))


def _plain_reason(line: str, path: Path) -> str:
    """What GDAL said, without the name of its temporary file."""
    return line.split(":", 1)[-1].replace(str(path), "").replace(str(path.parent), "").strip(" '\"")[:160]


def _read_back(stem: Path) -> Table:
    document = orjson.loads(stem.read_bytes())
    lengths = np.load(stem.with_suffix(".npy"), allow_pickle=False)
    blob = stem.with_suffix(".wkb").read_bytes()
    ends = np.cumsum(np.maximum(lengths, 0))
    wkb = [None if length < 0 else blob[end - length : end] for length, end in zip(lengths, ends, strict=True)]
    geometries = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore") if wkb else np.array([])
    has_any = document["name"] and len(lengths)
    return Table(document["name"], document["columns"], geometries if has_any else np.array([]), document["crs"])


# Formats that we read


def _geojson(path: Path, encoding: str, name: str) -> Iterator[Table]:
    try:
        document = orjson.loads(decode(path.read_bytes(), encoding, name=name).encode())
    except (ValueError, RecursionError):
        raise Damaged(name=name, reason="JSON") from None
    features = _features(document)
    if features is None:
        raise UnknownFormat(name=name)
    geometries = np.array([_from_geojson(feature) for feature in features], dtype=object)
    yield Table(Path(name).stem, _columns_of(features), geometries, _crs_of(document))


def _features(document: Any) -> list[dict[str, Any]] | None:
    if not isinstance(document, dict):
        return None
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return [feature if isinstance(feature, dict) else {} for feature in document["features"]]
    if document.get("type") == "Feature":
        return [document]
    return [{"geometry": document}] if str(document.get("type")) in _SIMPLE else None


def _from_geojson(feature: dict[str, Any]) -> Any:
    """The geometry of a feature as GEOS reads it, not yet checked; None where it is none that we use."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or str(geometry.get("type")) not in _SIMPLE:
        return None
    kept = {"type": geometry["type"], "coordinates": geometry.get("coordinates")}
    try:
        return shapely.from_geojson(orjson.dumps(kept), on_invalid="ignore")
    except orjson.JSONEncodeError:  # nested deeper than any geometry
        return None


def _columns_of(features: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    rows = [_properties(feature) for feature in features]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    row = dict(properties) if isinstance(properties, dict) else {}
    if isinstance(feature.get("id"), (str, int)):
        row.setdefault("id", feature["id"])
    return row


def _crs_of(document: dict[str, Any]) -> str:
    """The `crs` member of GeoJSON before 2016, else longitude and latitude as RFC 7946 has it."""
    crs = document.get("crs")
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    return name if isinstance(name, str) else "OGC:CRS84"


def _csv(path: Path, encoding: str, name: str) -> Iterator[Table]:
    yield Table(Path(name).stem, read_csv(decode(path.read_bytes(), encoding, name=name), name=name), None)


def read_csv(text: str, *, name: str) -> dict[str, list[Any]]:
    """Columns of a CSV text by its headings; comma, semicolon or tab, whichever the first line has most of."""
    csv.field_size_limit(16 * 2**20)
    first = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        heading = [cell.strip() for cell in next(rows, [])]
        body = [row for row in rows if any(cell.strip() for cell in row)]
    except csv.Error:
        raise Damaged(name=name, reason="CSV") from None
    if not any(heading):
        raise NothingToImport(name=name)
    width = len(heading)
    return {
        head or f"#{index + 1}": [row[index] if index < len(row) else "" for row in body]
        for index, head in enumerate(heading[:width])
    }


_TABLES = {"osm": _osm, "gpkg": _gpkg, "geojson": _geojson, "shapefile": _shapefile, "csv": _csv}
