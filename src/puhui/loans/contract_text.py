"""The text of a loan contract, filled from an offer. Contracts are in simplified Chinese, the language in which they bind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import Any

from puhui.calculations.capitals import amount_in_capitals
from puhui.calculations.rate_steps import rates_of, started
from puhui.calculations.schedule import schedule
from puhui.decisions.titles import titles
from puhui.loans.fold import terms_of
from puhui.loans.linked_rates import Link
from puhui.products.explaining_terms import linkage
from puhui.products.terms import Product
from puhui.products.wording import Wording

_METHODS = {
    "equal_instalment": "等额本息，按期归还本息",
    "equal_principal": "等额本金，按期归还本金和利息",
    "interest_only": "按期付息、到期还本",
    "bullet": "到期一次还本付息，利随本清",
    "flat": "平息，按期归还本息",
    "stepped": "分段还本，按期付息",
    "custom": "按还款计划所列日期和金额还本，同时付息",
}
# What the borrower chose as the purpose, in the words of the contract; other purposes stand as they were written.
_PURPOSES = {
    "stock": "采购存货",
    "inventory": "采购存货",
    "materials": "采购原材料",
    "wages": "支付工资",
    "rent": "支付房租和水电费",
    "orders": "履行订单",
}
_DAY_COUNTS = {
    "M/360": "对年对月对日，零头天数按年利率除以360计算",
    "30/360": "每月按30天、每年按360天计算",
    "ACT/360": "按实际天数计算，日利率为年利率除以360",
    "ACT/365": "按实际天数计算，日利率为年利率除以365",
    "ACT/ACT": "按实际天数计算，日利率为年利率除以当年天数",
}


def yuan(amount_fen: int) -> str:
    """Fen, nought or more, as grouped yuan with two decimals; no amount ever passes through a float."""
    return f"{amount_fen // 100:,}.{amount_fen % 100:02d}"


def percent(rate_ppm: int) -> str:
    """Millionths as percent with two decimals, more where the rate has them."""
    whole, rest = divmod(rate_ppm, 10_000)
    digits = f"{rest:04d}".rstrip("0")
    return f"{whole}.{digits.ljust(2, '0')}%"


def contract_text(
    *,
    number: str,
    institution: str,
    firm: str,
    identifier: str,
    purpose: str,
    terms: dict[str, Any],
    signed_on: date,
    annual_cost_ppm: int,
    conditions: Sequence[str],
    link: Link | None = None,
    product: Product | None = None,
) -> str:
    """The whole text. `terms` as `puhui loans quote` takes them; the schedule annexed assumes payout on `signed_on`.

    `product`: where the rate follows what the borrower does, the product that says so.

    Raises FaultsError when the terms cannot be quoted.
    """
    frozen = terms_of(started(terms, signed_on))
    rows = schedule(frozen)
    amount_fen = sum(row.principal for row in rows)
    lines = [
        f"第{row.number}期　{row.due}　本金 {yuan(row.principal)}　利息 {yuan(row.interest)}　合计 {yuan(row.total)}"
        f"　剩余本金 {yuan(row.balance)}"
        for row in rows
    ]
    penalty = terms.get("penalty") or {}
    markup, grace_days = penalty.get("markup_overdue", "0.5"), penalty.get("grace_days", 0)
    template = files("puhui.loans").joinpath("texts/contract-zh-Hans.txt").read_text(encoding="utf-8")
    return template.format(
        number=number,
        institution=institution,
        firm=firm,
        identifier=identifier,
        amount=yuan(amount_fen),
        amount_in_capitals=amount_in_capitals(amount_fen),
        currency=terms.get("currency", "CNY"),
        purpose=_PURPOSES.get(purpose, purpose),
        term=_term(terms, rows[-1].due),
        rate=_rate(terms, link),
        follows=_follows(product) if product else "",
        annual_cost=percent(annual_cost_ppm),
        repayment=_METHODS[terms.get("method", "equal_instalment")],
        day_count=_DAY_COUNTS[terms.get("day_count", "M/360")],
        grace=f"到期后{grace_days}天内还清的，按合同利率计息，不计罚息；逾期超过{grace_days}天的，" if grace_days else "",
        markup_overdue=percent(round(float(markup) * 1_000_000)),
        schedule="\n".join(lines),
        conditions="\n".join(f"{index}. {text}" for index, text in enumerate(conditions, 1)),
    )


def _rate(terms: Mapping[str, Any], link: Link | None) -> str:
    """Fixed, with what holds after so many days where it steps up; or an index with a spread and the days on which it is set anew."""
    rate, *steps = (percent(round(each * 1_000_000)) for _, each in rates_of(terms))
    if link is None:
        after = (f"；自放款日起满{days}天后，年利率 {step}" for (days, _), step in zip(rates_of(terms)[1:], steps, strict=True))
        return f"固定年利率 {rate}" + "".join(after) + ("，按实际用款天数分段计收" if steps else "")
    spread = f"{'加' if link.spread_e8 >= 0 else '减'}{abs(link.spread_e8) / 10_000:g}个基点"
    day = "放款日的对应日" if link.on == "anniversary" else "1月1日起算的重定价日"
    index = {"LPR1Y": "一年期", "LPR5Y": "五年期以上"}[link.index]
    return f"浮动年利率，签订日为 {rate}：{index}贷款市场报价利率{spread}，每{link.every_months}个月于{day}按前一日最近公布值重定价"


def _follows(product: Product) -> str:
    """What the rate follows beside that, by the product's links in its own words: how far it goes, and from when a look counts."""
    lines = list(linkage(Wording(product, "zh-hans", titles())))
    if not lines:
        return ""
    low, high = percent(product.price.minimum_ppm), percent(product.price.maximum_ppm)
    lines.append(f"自核定日起执行，不溯及以往；无约定证明材料的不予下浮；调整不使利率低于 {low} 或高于 {high}。")
    return "".join(f"\n　　　　利率挂钩：{line}" for line in lines)


def _term(terms: dict[str, Any], last_due: date) -> str:
    """How long, from the payout: so many periods, or until a day."""
    if "maturity" in terms or "instalments" not in terms:
        return f"至{last_due}止"
    return f"{terms['instalments']}期（每期{_step(terms.get('every', '1 month'))}）"


def _step(every: str) -> str:
    count, unit = every.split()
    name = {"day": "天", "week": "周", "month": "个月", "year": "年"}[unit]
    return f"{count}{name}"
