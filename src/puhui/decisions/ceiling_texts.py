"""What the ceilings of law are called, in the languages of the console."""

from __future__ import annotations

from collections.abc import Mapping

_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "single_borrower": (
        "Loans to one borrower, of capital (Commercial Bank Law 39)",
        "单一借款人贷款占资本净额上限（商业银行法第39条）",
        "單一借款人貸款佔資本淨額上限（商業銀行法第39條）",
    ),
    "household": (
        "Business loans to one household, of an online micro-lender",
        "网络小贷单户经营性贷款余额上限",
        "網絡小貸單戶經營性貸款餘額上限",
    ),
    "single_exposure": ("Exposure to one borrower, of tier 1 capital", "单一客户风险暴露占一级资本上限", "單一客戶風險暴露佔一級資本上限"),
    "group": ("Exposure to a connected group, of tier 1 capital", "关联客户组风险暴露占一级资本上限", "關聯客戶組風險暴露佔一級資本上限"),
    "group_of_capital": (
        "Loans to a borrower with its related parties, of net assets",
        "借款人及其关联方合计占净资产上限",
        "借款人及其關聯方合計佔淨資產上限",
    ),
    "related_one": ("One related party of the lender, of capital", "对单个关联方授信占资本净额上限", "對單個關聯方授信佔資本淨額上限"),
    "related_group": (
        "The group of a related party of the lender, of capital",
        "对单个关联方所在集团授信占资本净额上限",
        "對單個關聯方所在集團授信佔資本淨額上限",
    ),
    "related_all": ("All related parties of the lender, of capital", "对全部关联方授信占资本净额上限", "對全部關聯方授信佔資本淨額上限"),
}


def ceiling_text(code: str) -> dict[str, str]:
    """The name of a ceiling by language."""
    english, simplified, traditional = _TEXTS[code]
    return {"en": english, "zh-hans": simplified, "zh-hant": traditional}


_LEVELS: Mapping[str, tuple[str, str, str]] = {
    "section": ("industry section {code}", "行业门类{code}", "行業門類{code}"),
    "division": ("industry division {code}", "行业大类{code}", "行業大類{code}"),
    "province": ("province {code}", "省级地区{code}", "省級地區{code}"),
    "city": ("city {code}", "地市{code}", "地市{code}"),
    "county": ("county {code}", "区县{code}", "區縣{code}"),
}
_OF: Mapping[str, tuple[str, str, str]] = {
    "loans": ("of the loans planned", "占计划贷款余额", "佔計劃貸款餘額"),
    "capital": ("of capital", "占资本净额", "佔資本淨額"),
}


def cell_text(level: str, cell: str, of: str) -> dict[str, str]:
    """The name of a limit on an industry or a region by language; `cell` as `calculations.concentration` writes it."""
    code = cell.partition(":")[2]
    places = [each.format(code=code) for each in _LEVELS[level]]
    english, simplified, traditional = _OF[of]
    return {
        "en": f"Loans to {places[0]}, {english}",
        "zh-hans": f"{places[1]}贷款{simplified}上限",
        "zh-hant": f"{places[2]}貸款{traditional}上限",
    }
