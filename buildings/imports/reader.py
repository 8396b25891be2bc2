"""
Read one GIS file in a process of its own: `python -m buildings.imports.reader DRIVER PATH OUT [ENCODING]`.

GDAL opens a stranger's file with whichever of its hundred drivers feels responsible, and some of them follow paths
and addresses inside the file. Here OGR_SKIP, set by the parent before GDAL is loaded, leaves one driver; memory,
time and output are limited; and a crash in a decoder is the child's. No Django in here.

Writes per layer OUT/<i>.json (name, crs, columns), OUT/<i>.wkb (bytes) and OUT/<i>.npy (lengths, -1 for no geometry).
"""

import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from buildings.imports.pbf import Broken, incomplete

MEMORY = 6 * 2**30  # bytes; a .osm.pbf of a large city needs two
SECONDS = 900  # of processor time
OUTPUT = 4 * 2**30  # bytes in one file


def limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(driver: str, path: str, out: str, encoding: str = "") -> None:
    limit()
    import pyogrio

    if (found := set(pyogrio.list_drivers())) != {driver}:
        raise SystemExit(f"drivers {sorted(found)}")
    # What GDAL cannot make sense of comes back as no geometry and is refused row by row.
    warnings.simplefilter("ignore")
    broken = incomplete(Path(path)) if driver == "OSM" else ({}, {})
    for number, (layer, _) in enumerate(pyogrio.list_layers(path)):
        meta, geometries, columns = read(path, str(layer), encoding)
        if driver == "OSM" and layer not in ("points", "lines"):  # half a street is a street
            columns["incomplete"] = marks(columns, *broken)
        write(Path(out) / str(number), str(layer), meta, geometries, columns)


def marks(columns: dict[str, Any], ways: Broken, relations: Broken) -> Any:
    """Of each area of which the file holds only a part: a place that it knows, "lon lat", or "?"; else nothing."""
    import numpy as np

    numbers = columns["osm_id"].tolist()
    own = columns["osm_way_id"].tolist() if "osm_way_id" in columns else [None] * len(numbers)
    found = [
        _mark(int(way), ways) if way else _mark(int(number or 0), relations)
        for way, number in zip(own, numbers, strict=True)
    ]
    return np.array(found, dtype=object)


def _mark(number: int, broken: Broken) -> str:
    if number not in broken:
        return ""
    place = broken[number]
    return f"{place[0]:.7f} {place[1]:.7f}" if place else "?"


def read(path: str, layer: str, encoding: str) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    from pyogrio import raw

    options = {"encoding": encoding} if encoding else {}
    meta, _, geometries, columns = raw.read(path, layer=layer, **options)
    return meta, geometries, dict(zip([str(name) for name in meta["fields"]], columns, strict=True))


def write(stem: Path, layer: str, meta: dict[str, Any], geometries: Any, columns: dict[str, Any]) -> None:
    import numpy as np
    import orjson

    count = len(next(iter(columns.values()))) if columns else len(geometries) if geometries is not None else 0
    wkb = [None] * count if geometries is None else list(geometries)
    lengths = np.array([-1 if item is None else len(item) for item in wkb], dtype=np.int64)
    np.save(stem.with_suffix(".npy"), lengths, allow_pickle=False)
    stem.with_suffix(".wkb").write_bytes(b"".join(item for item in wkb if item is not None))
    table = {name: [plain(value) for value in column.tolist()] for name, column in columns.items()}
    document = {"name": layer, "crs": meta.get("crs"), "columns": table}
    stem.with_suffix(".json").write_bytes(orjson.dumps(document, default=str))


def plain(value: Any) -> Any:
    """What JSON can hold; text with broken surrogates loses them and is then found to be garbled."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return None
    return value


if __name__ == "__main__":
    os.environ.setdefault("OSM_USE_CUSTOM_INDEXING", "YES")
    main(*sys.argv[1:])
