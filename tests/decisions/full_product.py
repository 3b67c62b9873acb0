"""A product that uses everything a product file may say, for tests: application facts, derived values, a class by table, support."""

from __future__ import annotations

from puhui.products import reading
from puhui.products.documents import Document
from puhui.products.terms import Product

SHIPPED = reading.CATALOGUE / "products" / "invoice-working-capital-2020-01-01.toml"

ADDITIONS = """
[application]
security_value = "CNY"
order_amount = "CNY"
is_first_loan = "flag"

[application_texts.security_value]
en = "Value of the security"
zh-hans = "押品价值"
zh-hant = "押品價值"

[application_texts.order_amount]
en = "Amount of the order"
zh-hans = "订单金额"
zh-hant = "訂單金額"

[application_texts.is_first_loan]
en = "First loan"
zh-hans = "首贷户"
zh-hant = "首貸戶"

[[definitions]]
name = "needed_capital"
unit = "CNY"
expression = "max(0, coalesce(order_amount, 0) * 0.7 - existing_exposure)"
texts.en = "Capital that the order needs"
texts.zh-hans = "订单所需资金"
texts.zh-hant = "訂單所需資金"

[[definitions]]
name = "share_in_class"
unit = "CNY"
expression = "share_of_sales[risk_class] * inv_out_amt_12m * (1 - 0.5 * is_first_loan)"
texts.en = "Share of sales of the class"
texts.zh-hans = "按类别的销售比例"
texts.zh-hant = "按類別的銷售比例"

[[score_tables]]
name = "conduct_points"
[[score_tables.items]]
value = "inv_out_active_months_12m"
bands = [ { from = 12, points = 30 }, { from = 9, points = 20 }, { from = 6, points = 10 } ]
null_points = 5
[[score_tables.items]]
value = "inv_out_yoy"
bands = [ { from = 0.2, points = 25 }, { from = 0.0, points = 15 }, { from = -0.3, points = 5 } ]
below_points = -10

[[decision_tables]]
name = "customer_class"
unit = "text"
rows = [
  { when = "conduct_points >= 45 and is_first_loan == 0", then = "A" },
  { when = "conduct_points >= 25 or security_value >= 2 * requested_amount", then = "B" },
  { when = "conduct_points >= 5", then = "C" },
]
otherwise = "D"

[[decision_tables]]
name = "cap_of_class"
unit = "CNY"
rows = [
  { when = "risk_class == 'A'", then = 500_000 },
  { when = "is_first_loan == 1", then = "0.5 * requested_amount + needed_capital" },
]
otherwise = 300_000

[security]
kinds = ["receivable", "guarantee"]
cover = 0.5

[[linkage]]
code = "jobs"
fact = "inv_out_yoy"
steps = [ { from = 0.0, change = -0.001 }, { from = 0.1, change = -0.002 } ]
measured = "every 6 months"
evidence = ["C08"]
clawback = true

[support]
loss_shares = [ { party = "guarantor", share = 0.8 }, { party = "bank", share = 0.2 } ]
interest_shares = [ { party = "treasury", rate = 0.01, months = 24 }, { party = "district", share_of_rate = 0.5, months = 12 } ]
"""


def full_text() -> str:
    """The shipped product with everything added, its class given by table."""
    text = SHIPPED.read_text(encoding="utf-8")
    text = text.replace('model = "invoice-scorecard"', 'policy_class = "customer_class"')
    text = text.replace(
        'names.en = "Invoice working-capital loan"',
        'family = "order"\ndecision_days = 3\nrequires_consent_of = ["firm", "owner"]\nnames.en = "Invoice working-capital loan"',
    )
    for cut, probability in (("0.04", "0.01"), ("0.10", "0.03"), ("0.20", "0.08")):
        text = text.replace(f"probability_below = {cut}", f"probability = {probability}")
    text = text.replace('code = "D"\n', 'code = "D"\nprobability = 0.3\n')
    bounds = """[[limit.bounds]]
code = "share_in_class"
yuan = "min(share_in_class, cap_of_class)"
null = "refer"
names.en = "By class"
names.zh-hans = "按类别"
names.zh-hant = "按類別"

[[limit.bounds]]
code = "single_borrower\""""
    text = text.replace('[[limit.bounds]]\ncode = "single_borrower"', bounds)
    return text + ADDITIONS


def full_product(folder, old: str = "", new: str = "") -> Product:
    """The full product read from a file, with one passage exchanged."""
    text = full_text()
    assert old in text
    path = folder / "full.toml"
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return reading.load(path)


def full_document(folder) -> Document:
    return full_product(folder).document
