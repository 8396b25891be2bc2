"""
The plan of 樟城镇 (永泰县), drawn by hand in metres round 118.93 E 25.87 N.

Where the town lies, its codes and the names of its communities are real; every street, house and person is invented.
"""

from random import Random

from shapely import LineString

from demo.blocks import Estate
from demo.board import Board, Cover, Road
from demo.lines import beside, curve, ring
from demo.quarters import Block, alleys, build

SEED = 350125100
RIVER_WIDTH = 54.0  # metres

RIVER = [
    (-505, 470),
    (-470, 300),
    (-440, 150),
    (-350, -40),
    (-200, -165),
    (0, -212),
    (200, -175),
    (370, -70),
    (480, 45),
    (590, 128),
    (700, 190),
]
RIM = [
    (-500, 420),
    (-380, 408),
    (-250, 425),
    (-120, 392),
    (20, 402),
    (140, 418),
    (270, 452),
    (400, 430),
    (520, 402),
    (590, 330),
    (622, 200),
    (588, 60),
    (560, -80),
    (450, -215),
    (330, -340),
    (190, -392),
    (40, -425),
    (-90, -412),
    (-230, -432),
    (-350, -372),
    (-455, -240),
    (-525, -120),
    (-560, 40),
    (-540, 220),
]

# name: (kind, points); the two roads along the river are drawn beside it
STREETS = {
    "县府路": (
        "arterial",
        [(-404, 195), (-320, 140), (-240, 105), (-80, 62), (95, 75), (280, 130), (440, 205), (560, 238), (660, 246)],
    ),
    "北环路": (
        "arterial",
        [(-445, 335), (-330, 322), (-200, 325), (-20, 298), (180, 318), (345, 345), (440, 352), (540, 368), (660, 372)],
    ),
    "上马路": (
        "arterial",
        [
            (-285, -345),
            (-255, -300),
            (-225, -205),
            (-190, -100),
            (-215, 10),
            (-240, 105),
            (-205, 215),
            (-200, 325),
            (-225, 450),
        ],
    ),
    "南门路": (
        "arterial",
        [(60, -460), (70, -340), (85, -240), (80, -110), (95, 75), (55, 190), (75, 305), (100, 450)],
    ),
    "较场路": ("arterial", [(262, -100), (290, 20), (280, 130), (305, 240), (345, 345), (360, 460)]),
    "樟坂路": (
        "arterial",
        [
            (-484, 160),
            (-497, 40),
            (-470, -60),
            (-415, -165),
            (-345, -240),
            (-255, -300),
            (-90, -345),
            (70, -340),
            (250, -300),
            (400, -190),
            (540, -20),
            (615, 70),
        ],
    ),
    "城峰街": (
        "street",
        [
            (-425, 262),
            (-320, 248),
            (-205, 215),
            (-70, 188),
            (55, 190),
            (180, 222),
            (305, 240),
            (455, 290),
            (560, 312),
            (660, 318),
        ],
    ),
    "南街": ("street", [(-370, 58), (-290, 20), (-215, 10), (-60, -42), (88, -22)]),
    "沙浮街": ("street", [(82, -75), (165, -48), (285, 0), (378, 72), (408, 192)]),
    "文庙街": ("street", [(-55, -160), (-52, -42), (-80, 62)]),
    "北门路": ("street", [(-150, 78), (-128, 130), (-112, 197), (-60, 250), (-20, 298), (-42, 430)]),
    "沙浮路": ("street", [(190, -140), (172, -46), (192, 100)]),
    "杨梅路": ("street", [(150, 88), (172, 160), (150, 212), (205, 260), (230, 325), (222, 460)]),
    "吉祥路": ("street", [(446, 207), (436, 250), (455, 290), (440, 352), (470, 460)]),
    "樟树路": ("street", [(-98, -238), (-90, -345), (-115, -460)]),
    "塔山路": ("street", [(230, -210), (250, -300), (270, -420)]),
    "登高路": ("street", [(-320, 140), (-296, 195), (-318, 248), (-330, 322), (-352, 450)]),
}
STREETS["湾尾路"] = ("street", [(352, 42), (372, 25), (402, 18)])
STREETS["府后街"] = ("street", [(-124, 142), (-40, 122), (68, 150)])
SHOPPING = ("南街", "文庙街", "南门路", "县府路")

COMMUNITIES = {
    "350125100001": "南门社区",
    "350125100002": "登高社区",
    "350125100003": "沙浮社区",
    "350125100004": "杨梅社区",
    "350125100005": "北门社区",
    "350125100006": "吉祥社区",
    "350125100007": "樟树坂社区",
    "350125100201": "城关村",
}


def _estate(angle: float, **changes: object) -> Estate:
    return Estate(angle=angle, **changes)  # type: ignore[arg-type]


BLOCKS = [
    # 南门: the old town inside the bend
    Block((-146, 32), "350125100001", "old", alley=3400, lot=350, options={"shops": ("南街", "县府路")}),
    Block((14, 14), "350125100001", "old", alley=3600, lot=340, options={"shops": ("南街", "文庙街", "南门路")}),
    Block((-121, -76), "350125100001", "old", alley=3800, lot=390, options={"shops": ("文庙街",)}),
    Block((15, -90), "350125100001", "old", alley=4000, lot=380, options={"shops": ("南街", "南门路")}),
    Block((-115, -164), "350125100001", "green", name="滨江公园"),
    # 登高: the hill in the west
    Block(
        (-298, 73),
        "350125100002",
        "estate",
        name="登高山庄",
        estate=_estate(-24, gap=20, floors=(5, 6)),
        gates=((-230, 60),),
        options={"company": "登高物业", "garden": (-352, 104, 10), "garden_name": "登高山庄花园"},
    ),
    Block((-247, -36), "350125100002", "old", alley=3000, lot=320, options={"shops": ("上马路",)}),
    Block(
        (-354, 200),
        "350125100002",
        "green",
        name="登高山公园",
        options={
            "pond": [(-352, 195), (-338, 205), (-333, 222), (-348, 226), (-362, 212)],
            "pond_name": "半月池",
            "walks": (
                [(-405, 230), (-375, 215), (-365, 190), (-335, 175), (-318, 160)],
                [(-375, 215), (-350, 238), (-325, 232)],
            ),
            "buildings": (("登高亭", "pavilion", -385, 205, 20, 1),),
        },
    ),
    Block((-257, 177), "350125100002", "old", alley=3200, lot=390, options={"shops": ("上马路",)}),
    Block((-373, 286), "350125100002", "village", alley=3600, lot=430),
    Block(
        (-260, 272),
        "350125100002",
        "estate",
        name="城峰小区",
        estate=_estate(3, gap=17, stairwells=(2, 3), floors=(4, 5), length=(12, 13), depth=11),
        gates=((-207, 265),),
        options={"kind": "old"},
    ),
    Block((-389, 378), "350125100002", "green", name="登高山"),
    Block((-274, 375), "350125100002", "village", alley=3600, lot=480),
    Block((-411, 139), "350125100002", "green", name="滨江绿道"),
    # 北门: offices, schools, hospital, and what is old between them
    Block((-178, 142), "350125100005", "old", alley=3400, lot=360, options={"shops": ("县府路",)}),
    Block(
        (-20, 95),
        "350125100005",
        "public",
        options={
            "ground": "square",
            "ground_name": "县府广场",
            "buildings": (("樟城镇人民政府", "office", -35, 98, -2, 5), ("樟城镇便民服务中心", "wing", 40, 102, 6, 4)),
        },
    ),
    Block(
        (-20, 160),
        "350125100005",
        "school",
        name="北门小学",
        gates=((-40, 128),),
        options={"main": (-72, 168, -8), "hall": (-22, 160, -2), "track": (28, 166, 6)},
    ),
    Block((-125, 258), "350125100005", "old", alley=3600, lot=380),
    Block(
        (-1, 247),
        "350125100005",
        "estate",
        name="北门新村",
        estate=_estate(-8, gap=17, stairwells=(2, 3), floors=(5,), length=(12, 13.5), depth=11),
        gates=((50, 250),),
        options={"kind": "old"},
    ),
    Block(
        (-116, 357),
        "350125100005",
        "public",
        options={
            "ground": "green",
            "buildings": (
                ("樟城镇卫生院门诊楼", "wing", -95, 345, -8, 5),
                ("樟城镇卫生院住院楼", "hall", -150, 358, -2, 6),
            ),
        },
    ),
    Block((29, 356), "350125100005", "old", alley=3200, lot=420),
    # 杨梅: newer estates under the hill
    Block((120, 148), "350125100004", "old", alley=3200, lot=360, options={"shops": ("县府路",)}),
    Block(
        (228, 162),
        "350125100004",
        "estate",
        name="杨梅雅苑",
        estate=_estate(14, gap=21, style="mixed", floors=(6,)),
        gates=((225, 225),),
        options={"company": "永安物业", "garden": (262, 150, 12), "garden_name": "杨梅雅苑中心花园"},
    ),
    Block((132, 256), "350125100004", "old", alley=3600, lot=430),
    Block(
        (270, 282),
        "350125100004",
        "estate",
        name="龙峰新城",
        estate=_estate(10, gap=26, stairwells=(1, 2), floors=(7,)),
        gates=((255, 236),),
        options={
            "company": "龙峰物业",
            "towers": ((304, 309, 16, 11, 2), (270, 303, 12, 11, 2)),
            "garden": (248, 268, 11),
        },
    ),
    Block((158, 370), "350125100004", "village", alley=3800, lot=470),
    Block((290, 391), "350125100004", "green", name="杨梅山"),
    # 沙浮: on the old sandbank
    Block((135, 11), "350125100003", "old", alley=3200, lot=360, options={"shops": ("县府路", "南门路")}),
    Block(
        (236, 41),
        "350125100003",
        "estate",
        name="沙浮小区",
        estate=_estate(18, gap=17, stairwells=(2, 3), floors=(5, 6), length=(12, 14)),
        gates=((195, 60),),
        options={"kind": "old"},
    ),
    Block((131, -105), "350125100003", "old", alley=3000, lot=340, options={"shops": ("南门路",)}),
    Block(
        (222, -61),
        "350125100003",
        "public",
        options={
            "ground": "square",
            "ground_name": "沙浮市场",
            "buildings": (("沙浮农贸市场", "hall", 225, -52, 22, 2), ("沙浮市场综合楼", "shed", 222, -90, 24, 3)),
        },
    ),
    Block((335, 94), "350125100003", "old", alley=3400, lot=390, options={"shops": ("较场路",)}),
    Block((429, 22), "350125100003", "green", name="沙浮湿地公园"),
    # 吉祥: estates in the east
    Block(
        (347, 212),
        "350125100006",
        "estate",
        name="吉祥花园",
        estate=_estate(24, gap=20, style="sawtooth", floors=(6,)),
        gates=((310, 215),),
        options={"company": "吉祥物业"},
    ),
    Block(
        (487, 242),
        "350125100006",
        "estate",
        name="溪畔家园",
        estate=_estate(14, gap=20, stairwells=(2, 3), floors=(5, 6)),
        gates=((470, 290),),
        options={"company": "吉祥物业"},
    ),
    Block((391, 295), "350125100006", "old", alley=3200, lot=420),
    Block((519, 324), "350125100006", "village", alley=3600, lot=420),
    Block(
        (401, 392), "350125100006", "green", name="较场公园", options={"walks": ([(352, 400), (400, 392), (450, 398)],)}
    ),
    Block((497, 384), "350125100006", "village", alley=4000, lot=460),
    Block(
        (330, -10),
        "350125100006",
        "green",
        name="吉祥公园",
        options={
            "pond": [(320, -22), (340, -14), (356, 4), (342, 10), (326, -4)],
            "pond_name": "荷花池",
            "walks": ([(300, -30), (322, 0), (352, 18), (375, 5)],),
        },
    ),
    Block(
        (418, 83),
        "350125100006",
        "estate",
        name="吉祥湾",
        estate=_estate(41, gap=22, style="bent", stairwells=(2, 3), floors=(6, 7)),
        gates=((440, 198),),
        options={"company": "吉祥物业", "garden": (520, 168, 12), "garden_name": "吉祥湾花园"},
    ),
    # 樟树坂: resettled on the south bank
    Block(
        (-169, -272),
        "350125100007",
        "estate",
        name="樟溪新村",
        estate=_estate(-9, gap=18, stairwells=(3, 4), floors=(5,), length=(12, 13)),
        gates=((-93, -285),),
        options={"kind": "resettlement"},
    ),
    Block(
        (-7, -298),
        "350125100007",
        "estate",
        name="樟树坂安置小区",
        estate=_estate(-2, gap=18, stairwells=(2, 3, 4), floors=(5,), length=(12, 13)),
        gates=((75, -290),),
        options={"kind": "resettlement"},
    ),
    Block(
        (163, -274),
        "350125100007",
        "school",
        name="樟城中学",
        gates=((150, -330),),
        options={"main": (122, -292, 6), "hall": (168, -252, 12), "track": (198, -284, 16)},
    ),
    Block((-15, -382), "350125100007", "old", alley=3600, lot=470),
    Block((164, -362), "350125100007", "village", alley=4200, lot=480),
    Block((447, -93), "350125100007", "village", alley=6000, lot=620, options={"empty": 0.4}),
    Block((458, -168), "350125100007", "green", name="塔山"),
    Block((-129, -208), "350125100007", "green", name="南岸绿道"),
    Block((443, -30), "350125100007", "green", name="南岸绿道"),
    # 城关村: the village under the western hill
    Block((-440, -90), "350125100201", "village", alley=4200, lot=520, options={"empty": 0.3}),
    Block(
        (-300, -330), "350125100201", "village", alley=4600, lot=560, options={"empty": 0.25, "near": ("樟坂路", 78)}
    ),
    Block((-450, 114), "350125100201", "green", name="西岸绿道"),
]

ALLEY_NAMES = (
    "仓前 井边 榕树 祠堂 鱼市 打铁 豆腐 竹排 米粉 灯笼 书院 状元 学前 城隍 观音 水门 渡口 码头 盐仓 布市 染坊 石桥 "
    "石板 木屐 油巷 酒库 茶亭 桂花 荔枝 龙眼 橄榄 李园 柚园 梅园 松下 竹下 樟下 桥头 岭下 山边 后山 前洋 后洋 下洋 "
    "洋中 洋尾 坂头 坂尾 坑口 溪边 溪尾 池头 池尾 塘边 田中 田头 新厝 旧厝 大厝 上厝 下厝 楼下 楼前 门楼 旗杆 牌坊 "
    "学堂 文昌 武圣 关帝 天后 魁星 登云 聚星 紫阳 朝阳 向阳 东升 和睦 仁和 义和 永福 安民 平安 太平 同心 长寿 福寿 "
    "双井 三井 七星 八角 六角 半月 玉带 金鸡 凤凰 麒麟 鲤鱼 白鹭 燕子 黄楼 红墙 青石 沙埕 沙洲 芦苇 水磨 碾坊 砖窑 "
    "瓦窑 炭场 柴市 牛墟 猪仔 鸡鸭 菜园 花园 果园 苗圃 "
)


def draw() -> Board:
    """The town on the drawing board."""
    rng = Random(SEED)
    board = Board(rim=ring(RIM).exterior, river=curve(RIVER))
    board.network(
        [*_banks(board.river), *(Road(name, kind, curve(points)) for name, (kind, points) in STREETS.items())]
    )
    town = [(block, board.face_at(block.at)) for block in BLOCKS]
    names = (name + suffix for suffix in "巷弄里" for name in ALLEY_NAMES.split())
    board.network([*board.roads, *(alley for block, face in town for alley in alleys(face, block, rng, names))])
    board.covers.append(Cover("water", board.inside(board.river.buffer(RIVER_WIDTH / 2)), "大樟溪"))
    build(board, town, rng)
    return board


def _banks(river: LineString) -> list[Road]:
    return [Road("滨江路", "street", beside(river, 46)), Road("南岸路", "street", beside(river, -44))]
