"""A made-up county in which some firms are entered twice: spelled otherwise, with parts left out, or with an old number."""

from __future__ import annotations

import random

from puhui.parties.identifiers import code_check_character, organisation_check_character
from puhui.parties.matching import Record

# fmt: off
STYLES = [
    "清溪",
    "河口",
    "永丰",
    "金叶",
    "东升",
    "瑞祥",
    "华茂",
    "广源",
    "德兴",
    "龙泉",
    "宏达",
    "恒信",
    "顺安",
    "天禾",
    "富春",
    "双虹",
    "百合",
    "大明",
    "新业",
    "长青",
]
TRADES = [
    "竹木制品",
    "五金机电",
    "农产品",
    "纺织",
    "茶业",
    "建筑工程",
    "物流",
    "餐饮管理",
    "塑料制品",
    "电子科技",
    "食品",
    "家具",
    "印刷",
    "养殖",
    "环保设备",
]
# fmt: on
FORMS = ("有限公司", "有限责任公司", "经营部", "厂", "农民专业合作社")
DIVISIONS = ("330106", "330109", "330110")
PLACES = {"330106": "杭州市西湖区", "330109": "杭州市萧山区", "330110": "杭州市余杭区"}
TO_TRADITIONAL = str.maketrans("东华广龙业农产纺织筑电设备环", "東華廣龍業農產紡織築電設備環")


def county(seed: int, firms: int = 600, duplicates: int = 90) -> tuple[list[Record], set[tuple[int, int]]]:
    """Records, and the pairs that are one firm. Owners hold up to three firms; names of style and trade come more than once."""
    dice = random.Random(seed)
    owners = [f"person-{number}" for number in range(int(firms * 0.8))]
    records = [_firm(dice, number, owners) for number in range(1, firms + 1)]
    truth = set()
    for place, original in enumerate(dice.sample(records, duplicates)):
        number = firms + 1 + place
        records.append(_again(dice, original, number))
        truth.add((original.firm, number))
    return records, truth


def _firm(dice: random.Random, number: int, owners: list[str]) -> Record:
    division, form = dice.choice(DIVISIONS), dice.choice(FORMS)
    name = PLACES[division] + dice.choice(STYLES) + dice.choice(("", "", dice.choice("一二三新老盛嘉"))) + dice.choice(TRADES) + form
    owner = dice.choice(owners)
    organisation = f"MA{number:06d}"
    start = ("93" if "合作社" in form else "91") + division + organisation + organisation_check_character(organisation)
    code = start + code_check_character(start)
    return Record(
        number, name, (("uscc", code),), division, dice.choice(("2041", "1711", "5171", "6210", "4890", "0311")),
        frozenset([owner]), frozenset([f"phone-{owner}"]),
    )  # fmt: skip


def _again(dice: random.Random, firm: Record, number: int) -> Record:
    """The firm entered a second time, as from an invoice, a phone call or an old file."""
    name = firm.name.removeprefix(PLACES[firm.division])
    name = dice.choice(
        (name, "浙江省" + firm.name, f"{name}（杭州）" if not name.endswith("公司") else firm.name, name.translate(TO_TRADITIONAL))
    )
    if name.endswith(FORMS[0]):
        name = name.removesuffix(FORMS[0]) + dice.choice((FORMS[0], FORMS[1], "(有限责任公司)"))
    if dice.random() < 0.15:  # a character typed wrongly
        at = dice.randrange(1, len(name) - 3)
        name = name[:at] + dice.choice("木水火土") + name[at + 1 :]
    code = firm.numbers[0][1]
    numbers = dice.choice(((), (), (("tax", code[2:17]),)))
    people = firm.people if dice.random() < 0.75 else frozenset()
    phones = firm.phones if dice.random() < 0.7 else frozenset()
    return Record(
        number, name, numbers, firm.division if dice.random() < 0.85 else "", firm.industry if dice.random() < 0.6 else "", people, phones
    )
