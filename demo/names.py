"""Names and telephone numbers of people who do not exist."""

from dataclasses import dataclass
from random import Random


def _words(text: str) -> list[str]:
    return text.split()


SURNAMES = {
    "福建": "陈陈陈陈林林林黄黄张张吴吴李郑郑王王刘苏蔡杨叶许谢鄢鄢卢檀池方江何连邱余",
    "天津": "张张张王王王李李李刘刘赵杨陈孙马于韩郭田宋高冯董吕崔魏穆佟",
}
OLD_MEN = _words("建国 国强 志明 德福 金水 永生 文忠 长林 世昌 宝山 庆云 学礼 德顺 金土 家旺 兴发 天福 振华 玉山 守义")
OLD_WOMEN = _words(
    "秀英 桂兰 玉珍 淑琴 月娥 美珠 金莲 素贞 凤仙 丽华 宝珠 惠珍 爱玉 雪娇 桂香 玉兰 淑敏 秀钦 美英 春花"
)
MEN = _words(
    "伟 强 军 勇 晓东 志鹏 海峰 建平 文斌 俊杰 明辉 国栋 立新 永泉 少华 剑锋 振宇 宏伟 凯 鑫 浩然 子轩 宇航 思远 梓豪"
)
WOMEN = _words(
    "芳 敏 静 丽 燕 晓红 雪梅 丽娟 美玲 海燕 慧 婷 玲玲 艳萍 佳 琳 晓燕 欣怡 雨桐 诗涵 梦洁 雅琴 秋月 文静 丹"
)


@dataclass(frozen=True)
class Person:
    """Somebody invented. No number was looked up; the 1990000 block stands for "not a real phone"."""

    name: str
    phone: str


class Registry:
    """Invents people: names may recur, as they do in a town; telephone numbers never do."""

    def __init__(self, rng: Random, region: str, *, first: int) -> None:
        self._rng = rng
        self._surnames = SURNAMES[region]
        self._next = first

    def person(self, *, old: float = 0.35) -> Person:
        """A new person; `old` is the chance of a name of the generation born before 1965."""
        women, men = (OLD_WOMEN, OLD_MEN) if self._rng.random() < old else (WOMEN, MEN)
        given = self._rng.choice(women if self._rng.random() < 0.55 else men)
        return Person(self._rng.choice(self._surnames) + given, self.phone())

    def phone(self) -> str:
        """A well-formed mobile number that is plainly made up: 1990000 and a serial."""
        self._next += 1
        return f"1990000{self._next:04d}"
