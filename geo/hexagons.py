"""
A lattice of hexagons that lies still: two queries, of whatever place and time, always count in the same cells.

    The lattice is drawn in one equal-area projection for the whole country (Albers, standard parallels 25 N and 47 N,
    central meridian 105 E, GRS 80) and anchored where 105 E meets the equator. There are no zones and so no seams,
    and each cell covers the same ground to 1e-9. Lengths are off by at most 0.3 % at 26 N, 2 % from 20 N to 50 N and
    4 % from 18 N to 54 N, too long one way where they are too short the other: the cells there are a little stretched.

A cell is a whole number, its two axial coordinates packed in one, and stays below 2^53 so that JavaScript can hold it.
Pointed end up, row r is 1.5 sides north of row r - 1 and shifted half a cell east:

     / \\ / \\
    | 0,1 | 1,1 |       q to the east, r to the north
     \\ / \\ / \\
      | 0,0 | 1,0 |
       \\ / \\ /          (the formulas are those of A. Patel, "Hexagonal Grids", Red Blob Games, 2013)
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from geo.crs import Floats, round_to_grid

Cells = NDArray[np.int64]

SIDE = 100.0  # metres; a cell is then 173 m wide, 2.6 ha: about the ground of a compound
_LEAST_SIDE = 5.0  # metres; below that a cell of the country would not fit its 24 bits
_PROJECTION = "+proj=aea +lat_0=0 +lon_0=105 +lat_1=25 +lat_2=47 +x_0=0 +y_0=0 +ellps=GRS80 +units=m +no_defs"
_HALF = 1 << 23  # added to either coordinate, so that both are positive
_ROW = 1 << 24
# Axial steps to the six neighbours, from the east and round by the north.
_AROUND = np.array([(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)])
_CORNERS = np.array([(1, 1), (0, 2), (-1, 1), (-1, -1), (0, -2), (1, -1)])  # in steps of `_unit`, from the centre


@dataclass(frozen=True)
class Lattice:
    """
    All hexagons of one size.

    Parameters
    ----------
    side : float
        Metres of an edge, also the distance from centre to corner. Neighbouring centres are 1.73 sides apart.

    Raises
    ------
    ValueError
        The side is below 5 m or not a number.
    """

    side: float = SIDE

    def __post_init__(self) -> None:
        if not _LEAST_SIDE <= self.side < math.inf:
            raise ValueError(f"The side of a cell is {self.side} m; it must be at least {_LEAST_SIDE:g} m.")

    @property
    def area_m2(self) -> float:
        """Square metres of a cell."""
        return 1.5 * math.sqrt(3.0) * self.side**2

    @property
    def spacing_m(self) -> float:
        """Metres from the centre of a cell to the centre of its neighbour: its width."""
        return math.sqrt(3.0) * self.side

    def cells_of(self, lon: ArrayLike, lat: ArrayLike) -> Cells:
        """
        The cell of each position (degrees, WGS 84 or CGCS2000), in their order; none for none.

        A position on an edge belongs to one of its cells, always the same one. Raises `ValueError` for a position that
        is missing (NaN), infinite or outside of what can be projected: leave those out first, and say how many.
        """
        x, y = _transformer(back=False).transform(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float))
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise ValueError("A position is missing or cannot be projected.")
        r = y / (1.5 * self.side)
        q = x / self.spacing_m - r / 2.0
        return _pack(*_nearest(q, r))

    def centres(self, cells: Cells) -> Floats:
        """Lon/lat of the middle of each cell, degrees, shape (n, 2)."""
        return _unproject(self._centres_m(cells))

    def polygons(self, cells: Cells) -> NDArray[Any]:
        """
        Each cell as a polygon in degrees, its corners on the grid of 1e-7.

        Neighbours share their corners bit for bit. The edges are straight in degrees: 3 mm beside those in which
        points are counted, for a side of 500 m.
        """
        steps = _steps(cells)[:, None, :] + _CORNERS
        corners = _unproject((steps * self._unit).reshape(-1, 2)).reshape(-1, 6, 2)
        return shapely.polygons(round_to_grid(corners))

    def within(self, ground: BaseGeometry) -> Cells:
        """
        The cells whose centre lies on the ground (degrees) or on its outline, sorted: a study area.

        So each cell belongs to one ground of a coverage only, but for a centre on a common edge. Empty gives none.
        """
        if ground.is_empty:
            return np.empty(0, dtype=np.int64)
        candidates = self._around_bounds(ground)
        shapely.prepare(ground)
        return np.sort(candidates[shapely.intersects(ground, shapely.points(self.centres(candidates)))])

    def _around_bounds(self, ground: BaseGeometry) -> Cells:
        """All cells of the rectangle around the ground in metres, which its bent edges may leave by less than a row."""
        outline = shapely.segmentize(shapely.box(*ground.bounds), 0.1)
        flat = shapely.transform(outline, _transformer(back=False).transform, interleaved=False)
        west, south, east, north = flat.buffer(2.0 * self.side).bounds
        rows = np.arange(math.floor(south / (1.5 * self.side)), math.ceil(north / (1.5 * self.side)) + 1)
        first = np.floor(west / self.spacing_m - rows / 2.0).astype(np.int64)
        columns = np.arange(math.ceil((east - west) / self.spacing_m) + 2)
        return _pack(first[:, None] + columns, rows[:, None]).ravel()

    @property
    def _unit(self) -> Floats:
        return np.array([math.sqrt(3.0) / 2.0 * self.side, self.side / 2.0])

    def _centres_m(self, cells: Cells) -> Floats:
        return _steps(cells) * self._unit


def neighbours(cells: Cells) -> Cells:
    """The six cells around each cell, shape (n, 6): east, north-east, north-west, west, south-west, south-east."""
    return np.asarray(cells, dtype=np.int64)[:, None] + (_AROUND[:, 0] * _ROW + _AROUND[:, 1])


def spread(cells: Cells, rings: int = 1) -> Cells:
    """The cells and those at most so many steps from one of them, sorted and each once."""
    cells = np.unique(cells)
    for _ in range(rings):
        cells = np.unique(np.concatenate([cells, neighbours(cells).ravel()]))
    return cells


def axial(cells: Cells) -> Cells:
    """The two coordinates q and r of each cell, shape (n, 2)."""
    cells = np.asarray(cells, dtype=np.int64)
    return np.stack([(cells >> 24) - _HALF, (cells & (_ROW - 1)) - _HALF], axis=-1)


def _pack(q: Cells, r: Cells) -> Cells:
    return (q + _HALF) * _ROW + (r + _HALF)


def _steps(cells: Cells) -> Cells:
    """
    The centres in whole steps of `Lattice._unit`.

    Corners are whole steps as well, so that two cells compute a common corner from the same numbers.
    """
    q, r = axial(cells).T
    return np.stack([2 * q + r, 3 * r], axis=-1)


def _nearest(q: Floats, r: Floats) -> tuple[Cells, Cells]:
    """Whole axial coordinates: round all three of the cube, then mend the one that was rounded furthest."""
    s = -q - r
    whole_q, whole_r, whole_s = np.rint(q), np.rint(r), np.rint(s)
    off_q, off_r, off_s = np.abs(whole_q - q), np.abs(whole_r - r), np.abs(whole_s - s)
    mend_q = (off_q > off_r) & (off_q > off_s)
    mend_r = ~mend_q & (off_r > off_s)
    mended_q = np.where(mend_q, -whole_r - whole_s, whole_q)
    return mended_q.astype(np.int64), np.where(mend_r, -whole_q - whole_s, whole_r).astype(np.int64)


def _unproject(metres: Floats) -> Floats:
    return np.stack(_transformer(back=True).transform(metres[:, 0], metres[:, 1]), axis=-1)


@lru_cache(maxsize=2)
def _transformer(*, back: bool) -> Transformer:
    ends = (_PROJECTION, "EPSG:4490") if back else ("EPSG:4490", _PROJECTION)
    return Transformer.from_crs(*ends, always_xy=True)
