"""A small estate in Yongtai, written to files in the formats that people send."""

from pathlib import Path

import pytest
import shapely

from buildings.imports.ground import Choices, plan_import
from buildings.models import Area
from geo.crs import metres_per_degree, snap

WEST, SOUTH = 118.9400000, 25.8600000
CODE = "350125100001"


def metres(shape):
    """A shape drawn in metres from the estate's corner, in degrees on the grid."""
    scale = metres_per_degree(SOUTH)
    return snap(shapely.transform(shape, lambda c: c / scale + (WEST, SOUTH)))


@pytest.fixture
def write(tmp_path: Path):
    """Write a layer of (geometry, properties) to a file of a name; returns its path."""

    def to_file(
        name: str, features, *, layer: str = "buildings", crs: str = "EPSG:4326", append: bool = False, **more
    ) -> Path:
        import numpy as np
        from pyogrio import raw

        shapes = [shape for shape, _ in features]
        names = list(features[0][1]) if features else []
        columns = [np.array([properties[name] for _, properties in features], dtype=object) for name in names]
        drivers = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}
        raw.write(
            tmp_path / name, shapely.to_wkb(np.array(shapes, dtype=object)), columns, names, layer=layer, crs=crs,
            geometry_type=more.pop("geometry_type", shapes[0].geom_type if shapes else "Polygon"),
            driver=drivers[Path(name).suffix], append=append, **more,
        )  # fmt: skip
        return tmp_path / name

    return to_file


def slab(number: int, **properties):
    """The building of a number: 54 by 12 m, one behind the other."""
    shape = metres(shapely.box(20, 30 * number, 74, 30 * number + 12))
    return shape, {"id": str(number), "楼号": f"{number}", "类型": "住宅", "层数": 6} | properties


@pytest.fixture
def estate(write) -> Path:
    return write("estate.gpkg", [slab(number) for number in range(1, 6)])


@pytest.fixture
def community(db) -> Area:
    """An empty community of 200 by 300 m around the estate."""
    from geo.geos import to_geos

    district = Area.objects.create(code="350125", name="永泰县", level=6)
    town = Area.objects.create(code="350125100", name="樟城镇", level=9, parent=district)
    ground = shapely.MultiPolygon([metres(shapely.box(0, 0, 200, 300))])
    return Area.objects.create(code=CODE, name="近邻社区", level=12, parent=town, boundary=to_geos(ground))


@pytest.fixture
def bring(community):
    """Import a file and write it; returns the report."""

    def commit(path: Path, **options):
        choices = Choices(**options.pop("choices", {}))
        return plan_import(path, choices=choices, **options).commit()

    return commit
