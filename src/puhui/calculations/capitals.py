"""Amounts in capital letters (大写金额), as contracts and notes of indebtedness must carry them beside the figures.

Source: the annex of the Payment and Settlement Measures (支付结算办法), as described in standards.md §3.
"""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def amount_in_capitals(amount_fen: int) -> str:
    """`amount_fen` ≥ 0 as 人民币…元…角…分; whole yuan and whole jiao end in 整.

    Raises ValueError for negative amounts and for 10¹⁶ yuan and more.
    """
    if not 0 <= amount_fen < 10**18:
        raise ValueError(f"no capitals for {amount_fen} fen")
    yuan, cents = divmod(amount_fen, 100)
    jiao, fen = divmod(cents, 10)
    text = "人民币" + (_whole(yuan) + "元" if yuan or not cents else "")
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif fen and yuan:
        text += "零"
    return text + (_DIGITS[fen] + "分" if fen else "整")


def _whole(number: int) -> str:
    """A whole number; a gap of zeros inside it is read as one 零."""
    if number == 0:
        return _DIGITS[0]
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group == 0:
            continue
        if text and (group < 1_000 or groups[index + 1] % 10 == 0):
            text += _DIGITS[0]
        text += _group(group) + _GROUPS[index]
    return text


def _group(group: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += (_DIGITS[0] if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text
