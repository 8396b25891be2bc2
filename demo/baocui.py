"""
The plan of 宝翠花都 (瑞景街道, 北辰区, 天津市), drawn by hand in metres round 117.10 E 39.21 N.

Where it lies, its codes and its name are real; every street, house and person is invented.
"""

from collections.abc import Sequence
from random import Random

import numpy as np

from demo.board import Board, Road
from demo.lines import Points, curve, ring
from demo.quarters import Block, build

SEED = 120113004
CODE = "120113004013"
COMMUNITIES = {CODE: "宝翠花都社区"}
TURN = np.radians(-8)  # the quarter's streets run askew to the compass


def _turned(points: Points) -> Points:
    """Points of the plan, drawn with the streets upright, as they lie on the ground."""
    xy = np.asarray(points, dtype=float)
    turned = np.column_stack([xy @ [np.cos(TURN), -np.sin(TURN)], xy @ [np.sin(TURN), np.cos(TURN)]])
    return [(float(x), float(y)) for x, y in turned]


RIM = [
    (-270, 225),
    (-60, 240),
    (150, 238),
    (275, 215),
    (285, 20),
    (270, -230),
    (60, -250),
    (-150, -245),
    (-275, -225),
    (-290, 0),
]
STREETS = {
    "龙门东道": ("arterial", [(-320, 188), (-215, 182), (-60, 172), (110, 176), (215, 186), (320, 205)]),
    "龙泉道": ("arterial", [(-320, -178), (-215, -182), (-40, -194), (120, -192), (215, -182), (320, -165)]),
    "辰昌路": ("arterial", [(-232, 290), (-222, 182), (-212, 60), (-216, -70), (-222, -182), (-225, -290)]),
    "宝翠路": ("street", [(232, 290), (222, 186), (212, 70), (226, -60), (220, -182), (212, -290)]),
    "翠园路": ("street", [(22, 173), (4, 90), (-12, 10), (2, -80), (18, -195)]),
    "花都街": ("street", [(-12, 10), (60, 2), (140, 12), (217, 6)]),
}

# number, form, x, y, angle, floors, doors a floor
WEST = [
    ("1", "saw2", -170, 136, -2, 11, 2),
    ("2", "bent3", -110, 136, 2, 18, 2),
    ("3", "tower", -42, 134, 4, 24, 3),
    ("5", "slab4", -152, 88, 0, 6, 2),
    ("6", "saw2", -74, 86, 0, 11, 2),
    ("7", "bent2", -175, 38, 4, 18, 2),
    ("8", "step3", -105, 42, 0, 18, 2),
    ("9", "tower", -48, 30, -4, 24, 3),
    ("9-1", "slab2", -172, -14, -3, 11, 2),
    ("10", "slab2", -46, -36, 5, 18, 2),
    ("11", "corner4", -158, -96, 0, 6, 2),
    ("12", "bent2", -58, -104, -3, 18, 2),
]
NORTH_EAST = [
    ("13", "bent3", 72, 136, -2, 18, 2),
    ("15", "saw2", 132, 136, 2, 11, 2),
    ("16", "tower", 184, 140, 3, 24, 3),
    ("17", "slab2", 52, 88, 4, 18, 2),
    ("18", "slab2", 114, 88, 0, 18, 2),
    ("18-1", "step3", 50, 40, 3, 11, 2),
    ("19", "saw2", 118, 44, -2, 11, 2),
    ("20", "tower", 182, 46, -3, 24, 3),
]
SOUTH_EAST = [
    ("21", "step3", 54, -34, -3, 11, 2),
    ("22", "slab2", 116, -30, 0, 11, 2),
    ("23", "bent2", 178, -34, 5, 18, 2),
    ("25", "slab4", 58, -86, 2, 6, 2),
    ("26", "tower", 188, -92, 0, 24, 3),
    ("27", "bent3", 66, -146, -4, 18, 2),
    ("28", "slab2", 126, -148, 0, 18, 2),
    ("31甲", "saw2", 182, -144, 4, 11, 2),
]


def _houses(plan: Sequence[tuple[str, str, float, float, float, int, int]]) -> list[tuple[object, ...]]:
    """A list of houses, moved and turned with the quarter's streets."""
    spots = _turned([(x, y) for _, _, x, y, *_ in plan])
    turn = float(np.degrees(TURN))
    return [
        (number, form, *spot, angle + turn, floors, doors)
        for (number, form, _, _, angle, floors, doors), spot in zip(plan, spots, strict=True)
    ]


def _garden(kind: str, name: str, x: float, y: float, width: float, height: float) -> tuple[str, str, Points]:
    """An uneven round patch of green or water."""
    outline = [(-1, 0.1), (-0.6, 0.8), (0.1, 1), (0.8, 0.6), (1, -0.2), (0.4, -0.9), (-0.5, -0.8)]
    return kind, name, _turned([(x + u * width / 2, y + v * height / 2) for u, v in outline])


BLOCKS = [
    Block(
        (-100, 20),
        CODE,
        "placed_estate",
        "宝翠花都翠竹园",
        gates=(_turned([(-2, 60)])[0], _turned([(-220, -40)])[0]),
        options={
            "company": "宝翠物业",
            "houses": _houses(WEST),
            "ways": [
                _turned(w)
                for w in (
                    [(-205, 112), (-100, 110), (-15, 108)],
                    [(-205, 62), (-110, 64), (-15, 58)],
                    [(-205, 12), (-140, 16), (-75, 10), (-20, -2)],
                    [(-205, -40), (-120, -42), (-15, -58)],
                )
            ],
            "covers": [
                _garden("green", "翠竹园中心花园", -110, -12, 62, 40),
                _garden("water", "翠湖", -106, -12, 30, 18),
                _garden("green", "健身园", -70, -155, 80, 34),
            ],
        },
    ),
    Block(
        (110, 90),
        CODE,
        "placed_estate",
        "宝翠花都丹桂园",
        gates=(_turned([(222, 92)])[0],),
        options={
            "company": "宝翠物业",
            "houses": _houses(NORTH_EAST),
            "ways": [_turned(w) for w in ([(20, 112), (110, 112), (200, 114)], [(20, 64), (110, 66), (200, 66)])],
            "covers": [_garden("green", "丹桂园花园", 178, 92, 44, 30)],
        },
    ),
    Block(
        (110, -90),
        CODE,
        "placed_estate",
        "宝翠花都海棠园",
        gates=(_turned([(10, -112)])[0],),
        options={
            "company": "宝翠物业",
            "houses": _houses(SOUTH_EAST),
            "ways": [_turned(w) for w in ([(20, -60), (110, -58), (205, -62)], [(25, -114), (110, -116), (205, -118)])],
            "covers": [_garden("green", "海棠园花园", 130, -88, 56, 40)],
        },
    ),
]


def draw() -> Board:
    """The community on the drawing board, with the beginning of the streets around it."""
    board = Board(rim=ring(_turned(RIM)).exterior)
    board.network([Road(name, kind, curve(_turned(points))) for name, (kind, points) in STREETS.items()])
    build(board, [(block, board.face_at(_turned([block.at])[0])) for block in BLOCKS], Random(SEED))
    return board
