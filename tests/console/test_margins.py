"""What a proposal, a note and the book earn: parts that add up, the same for one loan and for all, each opening to its formula."""

from __future__ import annotations

from typing import Any

import pytest


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_the_case_shows_the_margin_beside_the_price(scenario: Any, client_of: Any) -> None:
    """The parts by an independent sum: rate − rate × p − funding − operations − p × LGD − hurdle × capital − tax."""
    from puhui.decisions.models import Decision
    from puhui.loans.margins import margin_of_decision

    decision = Decision.objects.filter(application_id=scenario.waiting[0]).latest("pk")
    found = margin_of_decision(decision, decision.firm, scenario.institution, {"now_fen": 0})
    costs, p, rate = decision.record["stages"]["price"]["costs"], decision.probability_ppm / 1e6, decision.rate_ppm / 1e6
    tax = found.costs.tax_ppm / 1e6
    expected = (
        rate - rate * p - costs["funding_ppm"] / 1e6 - costs["operations_ppm"] / 1e6 - p * costs["lgd_ppm"] / 1e6
        - costs["hurdle_ppm"] * costs["capital_ppm"] / 1e12 - rate * tax / (1 + tax)
    )  # fmt: skip
    assert abs(found.found.margin_ppm - expected * 1e6) <= 4  # each part is rounded to a millionth
    page = text_of(client_of("approver").get(f"/cases/{scenario.waiting[0]}/"))
    assert 'id="margin"' in page
    assert "probability × loss = " in page


def test_the_book_earns_what_its_loans_earn(scenario: Any) -> None:
    """One statement over the book against the sum of one margin for each loan, to 1 yuan a year for rounding."""
    from puhui.calculations.net_margin import Costs, net_margin
    from puhui.loans.margins import margins_of_book
    from puhui.loans.models import Loan
    from puhui.products.parameters import table
    from puhui.products.queries import product

    day = scenario.institution.business_date
    rows = {row.product_code: row for row in margins_of_book(scenario.institution, day)}
    assert rows
    for code, row in rows.items():
        one = product(code, day)
        costs = table(one.parameters["costs"]).row(day, lender_kind="bank", security=one.price.security)
        total, owed, count = 0, 0, 0
        for loan in Loan.objects.filter(product_code=code, status__in=("performing", "overdue")):
            principal = loan.principal_fen - loan.principal_written_off_fen
            if loan.principal_fen <= 0:
                continue
            shares = Costs(
                funding_ppm=round(costs["funding"] * 1e6), operations_ppm=round(costs["operations"] * 1e6), pd_ppm=loan.probability_ppm,
                lgd_ppm=round(costs["loss_given_default"] * one.support.bank_share_ppm), hurdle_ppm=round(costs["hurdle"] * 1e6),
                capital_ppm=round(costs["capital"] * 1e6), tax_ppm=loan.interest_tax_ppm,
            )  # fmt: skip
            total, owed, count = total + net_margin(loan.rate_ppm, principal, shares).yearly_fen, owed + principal, count + 1
        assert (row.loans, row.principal_fen) == (count, owed)
        assert abs(row.yearly_fen - total) <= max(100, owed * 3 // 1_000_000)  # three millionths of rounding a loan


def test_a_note_and_the_portfolio_show_it(scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Loan

    loan = Loan.objects.order_by("pk").first()
    assert 'id="margin"' in text_of(client_of("officer").get(f"/loans/{loan.pk}/"))
    assert 'id="margins"' in text_of(client_of("risk").get("/portfolio/"))


def test_a_product_shows_what_it_costs_class_by_class(scenario: Any, client_of: Any) -> None:
    """Of the tax loan, 100,000 for 12 months: class A at prime rate and spread, or the floor, as the examples of tests/cases have it."""
    from datetime import date

    from puhui.decisions.examples import examples
    from puhui.products.queries import product, tables_of

    day = date(2026, 3, 2)
    farm = product("farm-season-loan", day)
    rows = {row.risk_class.code: row for row in examples(farm, tables_of(farm), day, "bank")}
    # tests/cases/products/farm-season-loan.yaml: class A 3.0% + 1.2%, class B 3.0% + 1.8%
    assert (rows["A"].rate_ppm, rows["B"].rate_ppm) == (42_000, 48_000)
    assert (rows["A"].interest_fen, rows["A"].first_fen) == (420_000, 10_420_000)  # one payment at the end: 4.2% of 100,000
    # 4.2% − 4.2% × 1.5% − 1.5% − 0.6% − 1.5% × 45% × 20% − 0.48%
    assert rows["A"].margin_ppm == 42_000 - 630 - 15_000 - 6_000 - 1_350 - 4_800
    page = text_of(client_of("risk").get("/products/relationship-loan/"))
    assert 'id="examples"' in page
    assert "In words" in page


def test_a_product_says_where_its_rate_is_below_what_the_margin_needs(scenario: Any, client_of: Any) -> None:
    """Class C of the invoice loan, a bank: its highest rate, 15%, is below what the margin needs; class A stands above it."""
    from datetime import date

    from puhui.decisions.examples import examples, margin_remarks
    from puhui.products.queries import product, tables_of

    day = date(2026, 3, 2)
    one = product("invoice-working-capital", day)
    rows = {row.risk_class.code: row for row in examples(one, tables_of(one), day, "bank")}
    low = rows["C"]
    assert low.is_loss and low.margin_ppm < 0 and low.rate_ppm is not None and low.rate_ppm < low.needed_ppm
    assert not rows["A"].is_loss and rows["A"].rate_ppm is not None and rows["A"].rate_ppm >= rows["A"].needed_ppm
    remarks = [str(fault) for fault in margin_remarks(one, tables_of(one), day) if "of a bank" in str(fault)]
    assert len(remarks) == 1 and "class C of a bank at 15.00%, a net margin of -0.28%" in remarks[0]
    assert f"a rate of {low.needed_ppm / 10_000:.2f}% or more" in remarks[0]
    page = text_of(client_of("risk").get("/products/invoice-working-capital/"))
    assert page.count("for the margin not to be below 0") == 1 and "Class C at" in page
    assert "for the margin not to be below 0" not in text_of(client_of("risk").get("/products/farm-season-loan/"))


def test_the_rate_without_loss_is_the_lowest_with_a_margin() -> None:
    from itertools import product as every

    from puhui.calculations.net_margin import Costs, net_margin, rate_without_loss

    for pd_ppm, tax_ppm, subsidy_ppm in every((0, 3_000, 77_777, 600_000), (0, 30_000, 60_000), (0, 5_000, 900_000)):
        costs = Costs(15_000, 6_001, pd_ppm, 450_000, 120_000, 40_000, tax_ppm, subsidy_ppm)
        found = rate_without_loss(costs)
        assert net_margin(found, 0, costs).margin_ppm >= 0
        assert found == 0 or net_margin(found - 1, 0, costs).margin_ppm < 0
    with pytest.raises(ValueError, match="no rate covers"):
        rate_without_loss(Costs(15_000, 6_000, 1_000_000, 450_000, 120_000, 40_000))
