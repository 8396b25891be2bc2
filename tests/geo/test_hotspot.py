"""Hot spots: the published formulas, by hand and against the plain matrix form."""

import math
from itertools import combinations

import numpy as np
import pytest
import shapely

from geo.hexagons import Lattice, neighbours, spread
from geo.hotspot import (
    count,
    density,
    emerging,
    false_discovery,
    gi_star,
    hexagon_window,
    hotspots,
    per_households,
    permuted_p,
    row_standardised,
    trend,
    two_sided,
    window,
)

HERE = (119.0, 25.9)
LATTICE = Lattice(100)
MIDDLE = LATTICE.cells_of([HERE[0]], [HERE[1]])
FLOWER = spread(MIDDLE, rings=1)  # a cell and its six neighbours
MEADOW = spread(FLOWER, rings=4)  # 91 cells


def plain_gi_star(x, w):
    """Ord and Getis (1995), equation 14.3, written with the whole matrix of weights."""
    n = len(x)
    whole, squares = w.sum(axis=1), (w**2).sum(axis=1)
    s = math.sqrt((x**2).sum() / n - x.mean() ** 2)
    return (w @ x - whole * x.mean()) / (s * np.sqrt((n * squares - whole**2) / (n - 1)))


def matrix_of(around):
    w = np.zeros((around.size, around.size))
    w[around.of, around.near] = around.weight
    return w


# Gi*


def test_gi_star_of_three_in_a_row_by_hand():
    # 0 - 1 - 2 with values 0, 0, 3: mean 1, s^2 = 9/3 - 1 = 2. The end: W = S = 2, so z = (3 - 2) / (sqrt 2 sqrt 1).
    row = window([0, 0, 1, 1, 1, 2, 2], [0, 1, 0, 1, 2, 1, 2], 3)
    z = gi_star([0, 0, 3], row)
    assert z == pytest.approx([-math.sqrt(2), 0, 1 / math.sqrt(2)], abs=1e-15)


def test_gi_star_of_one_request_in_a_meadow_by_hand():
    # n = 91, one cell has 1: s^2 = 1/91 - 1/91^2 = 90/91^2. A whole window has 7 cells, so z is
    # (1 - 7/91) / (sqrt(90)/91 * sqrt((91 * 7 - 49) / 90)) = 84 / sqrt(588) = 2 sqrt 3.
    middle = np.isin(MEADOW, MIDDLE)
    z = gi_star(middle.astype(float), hexagon_window(MEADOW))
    assert z[np.isin(MEADOW, FLOWER)] == pytest.approx([2 * math.sqrt(3)] * 7, abs=1e-12)


def test_gi_star_of_six_points_is_that_of_the_books():
    # PySAL's own example: six points, a band of 15, binary weights. Values printed in the documentation of esda.
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
    near = np.hypot(*(points[:, None] - points).transpose(2, 0, 1)) <= 15
    around = window(np.nonzero(near)[0], np.nonzero(near)[1], 6)
    values = [2, 3, 3.2, 5, 8, 7]
    binary = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    by_rows = [-0.62488094, -0.09144599, 0.41150696, -0.09144599, 0.24690418, 1.28024388]
    assert gi_star(values, around) == pytest.approx(binary, abs=5e-9)
    assert gi_star(values, row_standardised(around), as_esda=True) == pytest.approx(by_rows, abs=5e-9)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["binary", "rows", "any"])
def test_gi_star_is_the_matrix_form(seed, kind):
    chance = np.random.default_rng(seed)
    cells = np.sort(chance.choice(MEADOW, 60, replace=False))
    around = hexagon_window(cells)
    if kind == "rows":
        around = row_standardised(around)
    if kind == "any":
        around = around._replace(weight=chance.random(len(around.of)) + 0.1)
    x = chance.poisson(3, 60).astype(float)
    assert gi_star(x, around) == pytest.approx(plain_gi_star(x, matrix_of(around)), abs=1e-12)


def test_rows_and_binary_weights_give_one_z():
    x = np.random.default_rng(1).poisson(2, len(MEADOW))
    around = hexagon_window(MEADOW)
    assert gi_star(x, row_standardised(around)) == pytest.approx(gi_star(x, around), abs=1e-12)


def test_gi_star_keeps_its_digits_far_from_zero():
    x = np.random.default_rng(1).poisson(2, len(MEADOW)).astype(float)
    around = hexagon_window(MEADOW)
    assert gi_star(x + 2.0**20, around) == pytest.approx(gi_star(x, around), abs=1e-9)


def test_nothing_stands_out_where_all_is_equal():
    around = hexagon_window(MEADOW)
    assert (gi_star(np.full(len(MEADOW), 0.1), around) == 0).all()


@pytest.mark.parametrize("change", [lambda around: around, row_standardised])
def test_a_window_that_holds_all_there_is_cannot_stand_out(change):
    everyone = window(np.repeat(range(5), 5), np.tile(range(5), 5), 5)
    assert (gi_star([1, 2, 3, 4, 9], change(everyone)) == 0).all()


@pytest.mark.parametrize("values", [[1, np.nan, 2], [1, 2], [1, 2, np.inf]])
def test_a_value_that_is_missing_is_refused(values):
    with pytest.raises(ValueError, match="finite"):
        gi_star(values, window([0, 1, 2], [0, 1, 2], 3))


@pytest.mark.parametrize(("of", "near"), [([0, 3], [0, 0]), ([0, 0], [0, -1])])
def test_a_window_on_a_place_that_is_not_there_is_refused(of, near):
    with pytest.raises(ValueError, match="not there"):
        window(of, near, 3)


def test_the_window_of_a_cell_is_itself_and_the_given_ones_around():
    cells = np.sort(MEADOW[::2])
    w = matrix_of(hexagon_window(cells))
    for place, cell in enumerate(cells):
        near = np.isin(cells, neighbours(np.array([cell]))) | (cells == cell)
        assert (w[place] == near).all()


# From positions


def test_positions_become_cells_with_their_neighbours():
    lon, lat = [np.full(5, x) for x in HERE]
    found = hotspots(LATTICE, lon, lat)
    assert (found.cells == FLOWER).all()
    assert found.counts.sum() == found.counts.max() == 5


def test_a_planted_hotspot_is_found_and_the_rest_is_not():
    chance = np.random.default_rng(7)
    ground = shapely.box(119.0, 25.9, 119.05, 25.95)
    lon, lat = (chance.uniform(low, low + 0.05, 3000) for low in HERE)
    lon = np.concatenate([lon, 119.03 + 0.001 * chance.standard_normal(150)])
    lat = np.concatenate([lat, 25.93 + 0.001 * chance.standard_normal(150)])
    found = hotspots(LATTICE, lon, lat, study=LATTICE.within(ground))
    hot = LATTICE.centres(found.cells[(found.q <= 0.05) & (found.z > 0)])
    assert len(hot) >= 7
    assert np.hypot(*(hot - (119.03, 25.93)).T).max() < 0.006


def test_positions_outside_of_the_study_area_are_left_out():
    found = hotspots(LATTICE, [HERE[0], HERE[0] + 1], [HERE[1], HERE[1]], study=MEADOW)
    assert found.counts.sum() == 1
    assert (found.cells == MEADOW).all()


def test_no_positions_are_no_hotspots():
    assert all(len(column) == 0 for column in hotspots(LATTICE, [], []))
    assert (hotspots(LATTICE, [], [], study=MEADOW).p == 1).all()


def test_counting_is_by_cell():
    assert count(MEADOW[[3, 5, 3]], MEADOW[:5]).tolist() == [0, 0, 0, 2, 0]


def test_a_rate_is_per_hundred_households_and_missing_where_nobody_lives():
    rates = per_households([3, 5, 0], [150, 0, 10])
    assert rates[[0, 2]].tolist() == [2.0, 0.0]
    assert np.isnan(rates[1])


# Significance


def test_p_is_that_of_the_tables():
    assert two_sided([0, 1.959963984540054, -2.5758293035489004]) == pytest.approx([1, 0.05, 0.01], abs=1e-15)


def test_false_discovery_by_hand():
    # p * m / rank, then the smallest from the back: 4 * .01 / 1, 4 * .04 / 3, 4 * .03 / 2, 4 * .5 / 4
    assert false_discovery([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert len(false_discovery([])) == 0


def test_permuted_p_is_the_share_of_all_deals():
    # Every way to deal the other values to the middle of a flower with one petal fewer, counted out.
    cells = FLOWER[:6]
    x = np.array([5.0, 1.0, 0.0, 2.0, 0.0, 7.0])
    around = hexagon_window(cells)
    p = permuted_p(x, around, permutations=20_000, seed=1)
    for place in range(6):
        others = around.near[(around.of == place) & (around.near != place)]
        deals = np.array([sum(hand) for hand in combinations(np.delete(x, place), len(others))])
        tails = (deals >= x[others].sum()).mean(), (deals <= x[others].sum()).mean()
        assert p[place] == pytest.approx(min(1, 2 * min(tails)), abs=0.02)


def test_the_same_seed_gives_the_same_p():
    x, around = np.random.default_rng(0).poisson(2, len(MEADOW)), hexagon_window(MEADOW)
    assert (permuted_p(x, around, seed=4) == permuted_p(x, around, seed=4)).all()
    assert (permuted_p(x, around, seed=4) != permuted_p(x, around, seed=5)).any()


def test_places_with_nobody_around_are_dealt_nothing():
    alone = window([0, 1], [0, 1], 2)
    assert (permuted_p([1, 2], alone, permutations=9) == 1).all()
    assert len(permuted_p([], window([], [], 0), permutations=9)) == 0


# Density, trend, emergence


def test_density_keeps_the_number_of_requests():
    cells, height = density(LATTICE, MEADOW[:3], [4, 0, 6], bandwidth=500)
    assert height.sum() * LATTICE.area_m2 / 1e6 == pytest.approx(10)
    assert (np.diff(cells) > 0).all()


def test_density_is_the_quartic_kernel():
    cells, height = density(LATTICE, MIDDLE, [1], bandwidth=2000)
    far = LATTICE.centres(cells) - LATTICE.centres(MIDDLE)
    metres = np.hypot(far[:, 0] * 100_178, far[:, 1] * 110_773)  # metres a degree at 25.9 N
    kernel = 3 / (math.pi * 2.0**2) * np.maximum(1 - (metres / 2000) ** 2, 0) ** 2  # per square kilometre
    assert height == pytest.approx(kernel, abs=0.005 * kernel.max())
    assert cells[height.argmax()] == MIDDLE


def test_a_bandwidth_that_reaches_nobody_is_refused():
    with pytest.raises(ValueError, match="bandwidth"):
        density(LATTICE, MEADOW, np.ones(len(MEADOW)), bandwidth=LATTICE.spacing_m)


def test_the_trend_of_a_few_by_hand():
    # 5 and 0: 2 * (1/2)^5. 3 and 1: 2 * 5/16. 0 and 0: nothing to say. 2 and 2: both tails are above a half.
    found = trend([5, 3, 0, 2], [0, 1, 0, 2])
    assert found.p == pytest.approx([2 / 32, 10 / 16, 1, 1], rel=1e-12)
    assert found.change.tolist() == [5, 2, 0, 0]
    assert (found.q >= found.p).all()


def test_a_trend_of_unequal_periods_is_by_days():
    found = trend([1, 0], [3, 3], share=0.25)
    assert found.change.tolist() == [0, -1]
    assert found.p == pytest.approx([1, 2 * 0.75**3], rel=1e-12)


def test_a_trend_of_very_many_has_a_p():
    assert trend([500_000], [500_000]).p[0] == pytest.approx(1)
    assert trend([501_000], [499_000]).p[0] == pytest.approx(two_sided(1999 / 1000), rel=1e-3)


@pytest.mark.parametrize(("now", "share"), [([1], 0), ([1], 1), ([-1], 0.5)])
def test_a_trend_of_what_cannot_be_is_refused(now, share):
    with pytest.raises(ValueError):
        trend(now, [1], share=share)
    assert len(trend([], []).p) == 0


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ("...........h", "new"),
        ("..........hh", "consecutive"),
        ("..h.......hh", "sporadic"),
        (".hhhhhhhhhhh", "persistent"),
        ("hhhhhhhhhhh.", ""),
        ("............", ""),
    ],
)
def test_what_emerges(weeks, expected):
    quiet = np.zeros(len(MEADOW))
    hot = np.where(np.isin(MEADOW, FLOWER), 20, 0)
    names = emerging([hot if week == "h" else quiet for week in weeks], hexagon_window(MEADOW))
    middle = int(np.flatnonzero(np.isin(MEADOW, MIDDLE))[0])
    assert names[middle] == expected
    assert names[0] == ""


def test_a_few_requests_in_a_quiet_town_are_no_hotspot():
    weeks = [np.where(np.isin(MEADOW, MIDDLE), 4, 0)]
    assert "new" in emerging(weeks, hexagon_window(MEADOW), least=4)
    assert "new" not in emerging(weeks, hexagon_window(MEADOW), least=5)


def test_no_weeks_have_no_hotspots():
    assert emerging(np.empty((0, 7)), hexagon_window(FLOWER)) == [""] * 7
