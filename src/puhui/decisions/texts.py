"""What reasons say, in the languages of the console: the engine's own texts, and how a fact is told that nobody knows.

A product's reasons stand in its file. A rule that could not be told speaks against a case too, but a fact that is not known is not a bad
one: it is told by what the rule looks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXTS: Mapping[str, tuple[str, str, str]] = {
    "borrower_kind": (
        "This kind of borrower is outside the product",
        "该类借款人不在本产品范围内",
        "該類借款人不在本產品範圍內",
    ),
    "term": ("The term is outside the product's range", "期限超出本产品范围", "期限超出本產品範圍"),
    "class_not_lent": (
        "The risk of default is above what this product lends to",
        "违约风险超出本产品的授信范围",
        "違約風險超出本產品的授信範圍",
    ),
    "good_class": ("Low risk of default by the score", "评分显示违约风险低", "評分顯示違約風險低"),
    "bound_unknown": (
        "A bound of the limit cannot be computed",
        "有一项额度约束无法计算",
        "有一項額度約束無法計算",
    ),
    "limit_below_minimum": (
        "What can be lent is below the product's least amount",
        "可授信额度低于产品起点金额",
        "可授信額度低於產品起點金額",
    ),
    "less_than_asked": ("The limit is below the amount asked", "可授信额度低于申请金额", "可授信額度低於申請金額"),
    "no_rate": (
        "Costs and expected loss are above the highest permitted rate",
        "资金成本、运营成本与预期损失之和超过最高利率",
        "資金成本、營運成本與預期損失之和超過最高利率",
    ),
    "above_cap": ("The annual cost would be above the legal cap", "综合年化成本超过上限", "綜合年化成本超過上限"),
    "part_refused": (
        "Another part of the combined loan was refused, and this part is not lent without it",
        "组合贷的另一部分已被拒绝，本部分不单独发放",
        "組合貸的另一部分已被拒絕，本部分不單獨發放",
    ),
    "no_authority": (
        "No level of authority reaches this amount",
        "没有审批层级有权批准该金额",
        "沒有審批層級有權批准該金額",
    ),
    "no_consent": (
        "No consent covers what the product reads: invited to apply, nothing was looked at",
        "无覆盖本产品所需数据的授权：仅邀请申请，未查阅任何数据",
        "無覆蓋本產品所需資料的授權：僅邀請申請，未查閱任何資料",
    ),
    "no_snapshot": (
        "Nothing is known of the firm yet: invited to apply",
        "尚无该企业的数据：仅邀请申请",
        "尚無該企業的資料：僅邀請申請",
    ),
    "person_decides": (
        "A person would decide: invited to apply, nothing is promised",
        "须人工审批：仅邀请申请，不作承诺",
        "須人工審批：僅邀請申請，不作承諾",
    ),
    "quota_budget": ("The budget of the campaign is used up", "活动预算已用完", "活動預算已用完"),
    "quota_region": ("The quota of the region is used up", "该地区配额已用完", "該地區配額已用完"),
    "concentration": (
        "The lender's limit on this industry or region is used up",
        "本机构对该行业或地区的集中度限额已用完",
        "本機構對該行業或地區的集中度限額已用完",
    ),
    "quota_industry": ("The quota of the industry is used up", "该行业配额已用完", "該行業配額已用完"),
    "price_funding": ("Funding", "资金成本", "資金成本"),
    "price_operations": ("Operations", "运营成本", "營運成本"),
    "price_expected_loss": ("Expected loss", "预期损失", "預期損失"),
    "price_capital": ("Capital charge", "资本成本", "資本成本"),
    "price_margin": ("Margin", "利润空间", "利潤空間"),
}


def text(code: str) -> dict[str, str]:
    """The reason of a code by language."""
    english, simplified, traditional = _TEXTS[code]
    return {"en": english, "zh-hans": simplified, "zh-hant": traditional}


def reason_text(reason: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, str]:
    """What a reason of a decision's record says, by language; nothing for a reason without words."""
    text: dict[str, str] = reason.get("text") or {}
    if not reason.get("is_unknown"):
        return text
    return unknown(next((rule["text"] for rule in record["stages"]["rules"] if rule["id"] == reason["code"]), text))


def unknown(names: Mapping[str, str]) -> dict[str, str]:
    """That nothing shows yet whether a rule holds; `names`: of the rule, by language."""
    words = {"en": "No evidence yet: ", "zh-hans": "尚无证据：", "zh-hant": "尚無證據："}
    return {language: words[language] + name for language, name in names.items()}
