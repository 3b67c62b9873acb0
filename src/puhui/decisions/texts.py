"""The engine's own reasons, in the languages of the console. A product's reasons stand in its file."""

from __future__ import annotations

from collections.abc import Mapping

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
    "no_authority": (
        "No level of authority reaches this amount",
        "没有审批层级有权批准该金额",
        "沒有審批層級有權批准該金額",
    ),
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
