"""
Where requests pile up: local statistics on cells, in plain numpy.

Everything here takes counts or rates of cells and an answer to "who is near whom" (`Window`), so that it serves the
hexagons of `geo.hexagons` and grids alike. Cost grows with the cells that are given and their neighbours, never with
the rectangle around them.
"""

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.crs import Floats
from geo.hexagons import Cells, Lattice, neighbours, spread

HOT = 0.05  # of the cells called hot or cold, the share that may be so by chance
PER = 100.0  # households to which a rate refers

Flags = NDArray[np.bool_]


class Window(NamedTuple):
    """
    Who is near whom among n places: place `of[k]` has place `near[k]` in its window, with weight `weight[k]`.

    For Gi* each place is in its own window. No pair comes twice.
    """

    size: int
    of: NDArray[np.int64]
    near: NDArray[np.int64]
    weight: Floats

    def sum_of(self, values: Floats) -> Floats:
        """For each place the weighted sum of the values in its window."""
        return np.bincount(self.of, self.weight * values[self.near], self.size).astype(float, copy=False)


class Hotspots(NamedTuple):
    """Of each cell of the study area: the count, Gi* as a z value, p on its own, and q corrected for their number."""

    cells: Cells
    counts: NDArray[np.int64]
    z: Floats
    p: Floats
    q: Floats


class Trend(NamedTuple):
    """Of each place: this period less what the one before lets expect, p on its own, and q corrected."""

    change: Floats
    p: Floats
    q: Floats


def hotspots(lattice: Lattice, lon: ArrayLike, lat: ArrayLike, study: Cells | None = None) -> Hotspots:
    """
    Getis-Ord Gi* of the number of positions in each cell.

    Parameters
    ----------
    lon, lat : array of float
        Degrees. See `Lattice.cells_of` for what is refused.
    study : cells, optional
        The cells among which a hot spot must stand out, such as `Lattice.within` a community; those without a position
        count as 0 and positions outside of them are left out. By default the cells with a position and their
        neighbours. It matters: the more empty ground, the hotter every cell with a position.

    Returns
    -------
    Hotspots, sorted by cell. Without positions and study area, all of length 0.
    """
    found = lattice.cells_of(lon, lat)
    cells = spread(found) if study is None else np.unique(study)
    counts = count(found, cells)
    z = gi_star(counts, hexagon_window(cells))
    p = two_sided(z)
    return Hotspots(cells, counts, z, p, false_discovery(p))


def count(found: Cells, cells: Cells) -> NDArray[np.int64]:
    """How often each of the cells (sorted, each once) was found. What was found elsewhere is left out."""
    result = np.zeros(len(cells), dtype=np.int64)
    occupied, times = np.unique(found, return_counts=True)
    place, known = _lookup(occupied, cells)
    result[place[known]] = times[known]
    return result


def per_households(counts: ArrayLike, households: ArrayLike) -> Floats:
    """Requests per 100 households; NaN where nobody lives, and such places must not be given to `gi_star`."""
    counts, homes = np.asarray(counts, dtype=float), np.asarray(households, dtype=float)
    return np.divide(PER * counts, homes, out=np.full(counts.shape, np.nan), where=homes > 0)


# Who is near whom


def hexagon_window(cells: Cells) -> Window:
    """Each cell (sorted, each once) with itself and those of its six neighbours that are given as well; weights 1."""
    places = np.arange(len(cells))
    near, known = _lookup(neighbours(cells).ravel(), cells)
    of = np.concatenate([places, np.repeat(places, 6)[known]])
    return window(of, np.concatenate([places, near[known]]), len(cells))


def window(of: ArrayLike, near: ArrayLike, size: int, weight: ArrayLike | None = None) -> Window:
    """
    A window from pairs of places, numbered from 0; weights 1 unless given.

    Raises `ValueError` for a place that is not there and for a weight that is not a number.
    """
    of, near = np.asarray(of, dtype=np.int64), np.asarray(near, dtype=np.int64)
    weights = np.ones(len(of)) if weight is None else np.asarray(weight, dtype=float)
    if len(of) and not (min(of.min(), near.min()) >= 0 and max(of.max(), near.max()) < size):
        raise ValueError("A window names a place that is not there.")
    if not np.isfinite(weights).all():
        raise ValueError("A weight is not a number.")
    return Window(size, of, near, weights)


def row_standardised(around: Window) -> Window:
    """The same window with the weights of each place divided by their sum, so that it takes the mean around it."""
    whole = np.bincount(around.of, around.weight, around.size)
    return around._replace(weight=around.weight / whole[around.of])


def _lookup(wanted: Cells, cells: Cells) -> tuple[NDArray[np.int64], Flags]:
    """Where each wanted cell stands among the cells (sorted), and whether it stands there at all."""
    place = np.searchsorted(cells, wanted)
    known = place < len(cells)
    known[known] = cells[place[known]] == wanted[known]
    return place, known


# Getis-Ord Gi*


def gi_star(values: ArrayLike, around: Window, *, as_esda: bool = False) -> Floats:
    """
    Getis-Ord Gi* of each place as a z value: how far the sum in its window lies above what chance would put there.

    .. math::

        z_i = \\frac{\\sum_j w_{ij} x_j - W_i \\bar x}{s \\sqrt{(n S_i - W_i^2) / (n - 1)}},\\quad
        W_i = \\sum_j w_{ij},\\ S_i = \\sum_j w_{ij}^2,\\ s^2 = \\frac{1}{n} \\sum_j (x_j - \\bar x)^2

    Parameters
    ----------
    values : array of n numbers
        Counts or rates.
    around : Window of n places
        With each place in its own window: that is the star. With weights that are all 1 before, binary and
        row-standardised windows give the same z.
    as_esda : bool
        Take W_i for S_i, as esda 2.9 does. For weights of 1 that is the same. For a row-standardised window it is the
        z of `G_Local(transform="R", star=True)`, too small by about the root of the number of places in the window;
        for comparing only.

    Returns
    -------
    array of n z values. 0 where nothing can stand out: all values are equal, or a window holds all there is. Empty for
    no places.

    Raises
    ------
    ValueError
        A value is missing (NaN) or infinite, or there are not as many values as places.

    Notes
    -----
    Source: J. K. Ord and A. Getis, "Local Spatial Autocorrelation Statistics: Distributional Issues and an
    Application", Geographical Analysis 27 (1995), equation 14.3.
    The normal law that turns z into p holds well where a window has some tens of requests; with fewer, trust
    `permuted_p` more.
    """
    x = np.asarray(values, dtype=float)
    if x.shape != (around.size,) or not np.isfinite(x).all():
        raise ValueError("Gi* needs one finite value for each place.")
    n = around.size
    if n < 2 or x.min() == x.max():
        return np.zeros(n)
    whole = np.bincount(around.of, around.weight, n)
    squares = whole if as_esda else np.bincount(around.of, around.weight**2, n)
    room = n * squares - whole**2
    spread_of_sum = x.std() * np.sqrt(np.maximum(room, 0.0) / (n - 1))
    # A window that holds all there is leaves no room; in weights that are no whole numbers, next to none.
    can_differ = room > 1e-12 * n * whole**2
    # Differences from the mean first, here and in `std`: values that are large and close together keep their digits.
    z = np.zeros(n)
    return np.divide(around.sum_of(x - x.mean()), spread_of_sum, out=z, where=can_differ)


def two_sided(z: ArrayLike) -> Floats:
    """The chance that a standard normal lies as far from 0 as z, on either side."""
    z = np.asarray(z, dtype=float)
    tails = (math.erfc(value) for value in (np.abs(z.ravel()) / math.sqrt(2.0)).tolist())
    return np.fromiter(tails, dtype=float, count=z.size).reshape(z.shape)


def false_discovery(p: ArrayLike) -> Floats:
    """
    The q value of each test: call all with q <= a significant, and the share of false ones among them is a on average.

    Good for tests that are independent or, as neighbouring windows are, rise and fall together.

    Sources: Y. Benjamini and Y. Hochberg, J. R. Stat. Soc. B 57 (1995); for dependence Y. Benjamini and D. Yekutieli,
    Ann. Stat. 29 (2001); for maps M. C. de Castro and B. H. Singer, Geographical Analysis 38 (2006).
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q


def permuted_p(values: ArrayLike, around: Window, *, permutations: int = 999, seed: int = 0) -> Floats:
    """
    Two-sided p of Gi* by conditional permutation: a place keeps its value and the others are dealt anew.

    Takes the weights for equal within a window, which they are for hexagons. p is at least 2 / (permutations + 1), and
    the same seed gives the same p. Each round deals one hand for all places (a place that is dealt to itself takes the
    last one instead): p of different places is not independent, p of one place is right.

    Source: L. Anselin, "Local Indicators of Spatial Association", Geographical Analysis 27 (1995), section 3.
    """
    x = np.asarray(values, dtype=float)
    others = np.bincount(around.of, around.of != around.near, around.size).astype(np.int64)
    seen = np.bincount(around.of, np.where(around.of != around.near, x[around.near], 0.0), around.size)
    above, below = np.zeros(around.size, dtype=np.int64), np.zeros(around.size, dtype=np.int64)
    chance = np.random.default_rng(seed)
    tie = 1e-9 * max(1.0, float(np.abs(x).max(initial=0.0)))
    for _ in range(permutations):
        dealt = _dealt(x, others, chance)
        above += dealt >= seen - tie
        below += dealt <= seen + tie
    return np.minimum(2.0 * (np.minimum(above, below) + 1) / (permutations + 1), 1.0)


def _dealt(x: Floats, others: NDArray[np.int64], chance: np.random.Generator) -> Floats:
    """For each place the sum of so many values of other places, drawn without putting back."""
    most = int(others.max(initial=0))
    if not most:
        return np.zeros(len(x))
    hand = chance.choice(len(x) - 1, most, replace=False)
    sums = np.concatenate([[0.0], np.cumsum(x[hand])])[others]
    for turn, place in enumerate(hand):
        if turn < others[place]:
            sums[place] += x[-1] - x[place]
    return sums


# For the eye, and from period to period


def density(lattice: Lattice, cells: Cells, counts: ArrayLike, *, bandwidth: float) -> tuple[Cells, Floats]:
    """
    Kernel density with the quartic kernel, for the eye only: requests per square kilometre.

    .. math:: K(d) = \\frac{3}{\\pi h^2} (1 - d^2 / h^2)^2 \\quad (d < h)

    Parameters
    ----------
    cells, counts : arrays of n
        A count sits in the middle of its cell, up to one side from where it was reported.
    bandwidth : float
        h, metres.

    Returns
    -------
    cells, sorted, within reach of any that is given, and the density of each. Summed over the cells and multiplied by
    their area it is the number of requests again: the kernel is scaled to be 1 on the lattice.

    Raises
    ------
    ValueError
        The bandwidth does not reach the next cell, so that nothing would be smoothed.

    Source: B. W. Silverman, "Density Estimation for Statistics and Data Analysis" (1986), equation 4.5.
    """
    steps, kernel = _quartic(lattice, bandwidth)
    reached = (np.asarray(cells, dtype=np.int64)[:, None] + steps).ravel()
    heights = (np.asarray(counts, dtype=float)[:, None] * kernel).ravel()
    found, place = np.unique(reached, return_inverse=True)
    return found, np.bincount(place, heights, len(found)) / (lattice.area_m2 / 1e6)


def _quartic(lattice: Lattice, bandwidth: float) -> tuple[Cells, Floats]:
    """Steps to the cells in reach and the share of a request that each of them gets."""
    if not lattice.spacing_m < bandwidth < math.inf:
        raise ValueError(f"The bandwidth must be more than the {lattice.spacing_m:.0f} m from cell to cell.")
    rings = np.arange(-math.ceil(bandwidth / lattice.side), math.ceil(bandwidth / lattice.side) + 1)
    q, r = (axis.ravel() for axis in np.meshgrid(rings, rings))
    share = 1.0 - (q * q + q * r + r * r) * (lattice.spacing_m / bandwidth) ** 2
    q, r, share = q[share > 0], r[share > 0], share[share > 0] ** 2
    return q * (1 << 24) + r, share / share.sum()


def trend(now: ArrayLike, before: ArrayLike, *, share: float = 0.5) -> Trend:
    """
    What changed in each place from the period before to this one, each with its own significance.

    Parameters
    ----------
    now, before : arrays of n whole numbers
        Requests in the two periods.
    share : float
        Of a place's requests in both periods, the part that falls in this one if nothing changed: days over days, or
        requests of the whole town over requests, to ask what changed against the town.

    Returns
    -------
    Trend. `change` is now - before * share / (1 - share). p is exact and two-sided: given both together, `now` is
    binomial, and twice the smaller tail is taken. It errs to the safe side; 1 where there were no requests.

    Raises
    ------
    ValueError
        The share does not lie between 0 and 1, or a count is negative.

    Source: J. Przyborowski and H. Wilenski, "Homogeneity of results in testing samples from Poisson series",
    Biometrika 31 (1940). Error of p: 1e-9 of itself.
    """
    a, b = np.asarray(now, dtype=np.int64), np.asarray(before, dtype=np.int64)
    if not 0.0 < share < 1.0:
        raise ValueError(f"A share lies between 0 and 1, not at {share}.")
    if min(a.min(initial=0), b.min(initial=0)) < 0:
        raise ValueError("A count is negative.")
    # Most places of a town share a few pairs of small counts, so each pair is worked out once.
    pairs, place = np.unique(np.stack([a, a + b], axis=1), axis=0, return_inverse=True)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, (a + b).max(initial=0) + 1)))])
    p = np.array([_binomial_p(int(x), int(n), share, logs) for x, n in pairs])[place.ravel()] if len(a) else np.empty(0)
    return Trend(a - b * share / (1.0 - share), p, false_discovery(p))


def _binomial_p(x: int, n: int, share: float, logs: Floats) -> float:
    """Twice the smaller tail of the binomial, at most 1; `logs` are the logarithms of the factorials."""
    k = np.arange(n + 1)
    mass = np.exp(logs[n] - logs[k] - logs[n - k] + k * math.log(share) + (n - k) * math.log1p(-share))
    return float(min(1.0, 2.0 * min(mass[: x + 1].sum(), mass[x:].sum())))


Emergence = Literal["", "new", "consecutive", "persistent", "sporadic"]


def is_hot(z: Floats, q: Floats, sums: Floats, *, level: float = HOT, least: float = 0.0) -> Flags:
    """
    Which places are hot: z above 0, q of at most `level`, and at least so many requests in the window (`sums`).

    The normal law calls a window of four hot where one is expected, once in a few hundred windows; `least` leaves out
    what is too little to be told from chance, or to be of use to anybody.
    """
    return (z > 0) & (q <= level) & (sums >= least)


def emerging(weekly: ArrayLike, around: Window, *, level: float = HOT, least: float = 0.0) -> list[Emergence]:
    """
    What the last of several weeks is for each place: is it hot now, and since when?

    Parameters
    ----------
    weekly : array of shape (weeks, n)
        Requests, the oldest week first; seven whole days each.
    level : float
        A place is hot in a week if its Gi* is above 0 with q of at most this, among the places of that week.
    least : float
        And if there are as many requests in its window: see `is_hot`.

    Returns
    -------
    list of n: "" not hot in the last week; "new" hot for the first time; "persistent" hot in at least 9 of 10 weeks;
    "consecutive" hot in two or more weeks on end, and never before those; "sporadic" hot again after a pause.
    All "" for no weeks.

    Source: the categories of Esri's "Emerging Hot Spot Analysis", without its neighbours in time.
    """
    found = [_is_hot(week, around, level, least) for week in np.asarray(weekly)]
    hot = np.array(found, dtype=bool).reshape(-1, around.size)
    return [_emergence(column) for column in hot.T] if len(hot) else [""] * around.size


def _is_hot(values: Floats, around: Window, level: float, least: float) -> Flags:
    z = gi_star(values, around)
    return is_hot(z, false_discovery(two_sided(z)), around.sum_of(values), level=level, least=least)


def _emergence(hot: Flags) -> Emergence:
    if not hot[-1]:
        return ""
    weeks = int(hot.sum())
    if weeks == 1:
        return "new"
    if weeks >= 0.9 * len(hot):
        return "persistent"
    return "consecutive" if hot[-weeks:].all() else "sporadic"
