"""Names, codes and numbers of the made-up county. None belongs to anybody.

The county's division code begins with 99, which no place has; identity and credit codes carry right check digits all the same, so
that every check of the platform is met for real.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from puhui.parties.identifiers import code_check_character, identity_check_character, organisation_check_character

COUNTY = "云溪县"
DIVISION_CODE = "990121"

_FIRST = "云溪青禾明川望湖临江古渡长桥白石松岭"
_SECOND = "瑞恒盛泰祥和永昌丰德信诚嘉润兴隆佳美华安启航宏远锦程卓立广源"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
_GIVEN = "文华建国秀兰志强丽娟海燕晓东春梅永平玉珍俊杰雪莲立新雅琴德明慧敏"


def firm_name(generator: np.random.Generator, word: str, individual: bool, taken: set[str]) -> str:
    """A name that no other firm of the county has."""
    while True:
        start = 2 * int(generator.integers(len(_FIRST) // 2))
        middle = 2 * int(generator.integers(len(_SECOND) // 2))
        extra = _SECOND[int(generator.integers(len(_SECOND)))]
        name = _FIRST[start : start + 2] + _SECOND[middle : middle + 2] + extra + word
        name = f"{COUNTY}{name}{'经营部' if individual else '有限公司'}"
        if name not in taken:
            taken.add(name)
            return name


def person_name(generator: np.random.Generator) -> str:
    given = 2 * int(generator.integers(len(_GIVEN) // 2))
    return _SURNAMES[int(generator.integers(len(_SURNAMES)))] + _GIVEN[given : given + 2]


def unified_code(serial: int, individual: bool) -> str:
    """A unified social credit code with right check digits (GB 32100-2015), in a division that does not exist."""
    digits = f"{serial:08d}"
    body = f"9{'2' if individual else '1'}{DIVISION_CODE}{digits}{organisation_check_character(digits)}"
    return body + code_check_character(body)


def identity_number(serial: int, born: date) -> str:
    """A resident identity number with a right check digit (GB 11643-1999), in divisions that do not exist, a thousand people in each."""
    body = f"{int(DIVISION_CODE) + serial // 1000}{born:%Y%m%d}{serial % 1000:03d}"
    return body + identity_check_character(body)


def phone(serial: int) -> str:
    """Eleven digits beginning with 154, a block that no network has been given."""
    return f"154{serial:08d}"
