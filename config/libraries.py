"""GDAL, GEOS and PROJ out of the wheels of pyogrio and shapely, so that no system package is needed."""

import os
from importlib.util import find_spec
from pathlib import Path


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it: importing would load the libraries too early."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed: run `make run`, which makes the virtual environment.")
    return Path(spec.origin).parent


def _library(package: str, pattern: str) -> str:
    folder = _package(package)
    return str(next(iter(sorted((folder.parent / f"{package}.libs").glob(pattern)))))


def gdal() -> str:
    """Path of libgdal; also points GDAL and PROJ to the data that belong to it."""
    data = _package("pyogrio")
    os.environ.setdefault("GDAL_DATA", str(data / "gdal_data"))
    os.environ.setdefault("PROJ_DATA", str(data / "proj_data"))
    return _library("pyogrio", "libgdal*.so*")


def geos() -> str:
    """Path of libgeos_c, the same GEOS that shapely uses."""
    return _library("shapely", "libgeos_c*.so*")
