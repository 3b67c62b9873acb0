"""What lies on the desks when the year is over: other products asked for, a vote, and a change of policy in the making; the village's
list is `village_desk.py`, the bank's statement `bank_desk.py`.

Whoever opens the console finds each of these pages with work that is half done, and does the other half.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.db.models import QuerySet

from puhui.county.bank_desk import take_in_a_statement
from puhui.county.lending import settle_questions
from puhui.county.plan import PRODUCT, County
from puhui.county.village_desk import lend_to_the_village
from puhui.decisions import actions as decisions
from puhui.decisions.models import Application, Decision
from puhui.features.models import Snapshot
from puhui.parties.models import User
from puhui.products import drafting
from puhui.products.queries import product

OTHER_PRODUCTS = ("draw-and-repay-line", "first-loan", "stable-employment-loan", "innovation-points-loan")
FIRMS_A_PRODUCT = 3
LARGE = "tax-credit-loan"
COMBINED = "combined-start-and-jobs-loan"
STRICTER = {
    "inv_out_active_months_12m >= 9": "inv_out_active_months_12m >= 12",
    "Sales in nine or more of the last twelve months": "Sales in each of the last twelve months",
    "Sales in fewer than nine of the last twelve months": "No sales in some of the last twelve months",
    "近十二个月中有九个月以上有销售": "近十二个月每个月都有销售",
    "近十二个月中有销售的月份不足九个": "近十二个月中有的月份没有销售",
    "近十二個月中有九個月以上有銷售": "近十二個月每個月都有銷售",
    "近十二個月中有銷售的月份不足九個": "近十二個月中有的月份沒有銷售",
}
LEAST_HIRED = 0.1  # of its people, as the start loan asks of a company


def lay_out(county: County) -> None:
    people = {user.username: user for user in User.objects.filter(institution=county.institution)}
    ask_for_other_products(county)
    ask_for_combined_loans(county)
    lend_to_the_village(county, people)
    call_a_vote(county, people)
    draft_a_policy(county, people)
    take_in_a_statement(county)


def ask_for_other_products(county: County) -> None:
    """Some firms ask for products that are decided on evidence alone; the largest for more than anybody but the committee may grant."""
    sales = county.economy.sales_yuan[:, -12:].sum(axis=1)
    largest = [county.firms[number] for number in sales.argsort()[::-1][:FIRMS_A_PRODUCT]]
    day = county.institution.business_date
    found = {code: product(code, day) for code in (LARGE, *OTHER_PRODUCTS)}
    asked = [(LARGE, firm, 300_000_000) for firm in largest]
    for place, code in enumerate(OTHER_PRODUCTS):
        lent_to = [firm for firm in county.firms if firm.kind in found[code].borrower_kinds]
        asked += [(code, firm, 20_000_000) for firm in lent_to[place * FIRMS_A_PRODUCT :][:FIRMS_A_PRODUCT]]
    rows = [
        {
            "firm": firm, "product_code": code, "amount_fen": max(found[code].minimum_fen, min(amount_fen, found[code].maximum_fen)),
            "term_months": min(12, found[code].maximum_months), "purpose": "inventory", "channel": "phone",
            "key": f"other:{code}:{firm.pk}",
        }
        for code, firm, amount_fen in asked
    ]  # fmt: skip
    decisions.decide_many(county.institution, decisions.submit_many(county.institution, rows, "borrower"), "system")


def ask_for_combined_loans(county: County) -> None:
    """Companies that have hired those whom the start loan is to help, those that lack most for their business first, ask for it and the
    loan for jobs at once: each becomes its parts."""
    form = {"stable_loan_outstanding": 0, "start_loans_before": 0, "project_cost": 400_000, "own_funds": 120_000}
    hired, lacking = _hired_shares(county), _lacking_yuan(county)
    companies = [firm for firm in county.firms if firm.kind == "enterprise"]
    companies.sort(key=lambda firm: (hired.get(firm.pk, 0.0) < LEAST_HIRED, -lacking.get(firm.pk, 0.0), -(firm.staff_count or 0), firm.pk))
    firms = companies[:FIRMS_A_PRODUCT]
    rows = [
        {
            "firm": firm, "product_code": COMBINED, "amount_fen": 50_000_000, "term_months": 24, "purpose": "inventory",
            "channel": "counter", "key": f"combined:{firm.pk}", "facts": form,
        }
        for firm in firms
    ]  # fmt: skip
    decisions.decide_many(county.institution, decisions.submit_many(county.institution, rows, "borrower"), "system")


def _hired_shares(county: County) -> dict[int, float]:
    """Firm → people of the key groups hired within a year, of all its people, as its newest snapshot tells."""
    told = _newest(county).values_list("firm", "values__si_key_group_hires_12m", "values__si_headcount_now")
    return {firm: hires / people for firm, hires, people in told if hires and people}


def _lacking_yuan(county: County) -> dict[int, float]:
    """Firm → the working capital that its statements show a need of beyond its own funds and its loans; others are left out."""
    told = _newest(county).values_list("firm", "values__fs_wc_loan_gap")
    return {firm: gap_yuan for firm, gap_yuan in told if gap_yuan and gap_yuan > 0}


def _newest(county: County) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(institution=county.institution).order_by("firm", "-as_of", "-pk").distinct("firm")


def call_a_vote(county: County, people: Mapping[str, User]) -> None:
    """The largest case that is the committee's is called, and the officer has voted; where none is, nothing is."""
    waiting = Application.Status.REFERRED
    cases = Decision.objects.filter(application__institution=county.institution, application__status=waiting, authority="committee")
    decision = cases.order_by("-amount_fen", "pk").first()
    if decision is None:
        return
    reason = "订单与回款均已核实，金额较大，提请贷审会审议。"
    settle_questions(decision, people["officer"], reason)
    sitting = decisions.call_committee(decision, people["officer"], reason)
    decisions.vote(sitting, people["officer"], "yes", reason)


def draft_a_policy(county: County, people: Mapping[str, User]) -> None:
    """The risk manager writes a stricter version of the product in use; nobody has decided on it."""
    in_force = product(PRODUCT, county.institution.business_date, county.institution)
    text = drafting.source_of(in_force, county.institution, settings.PUHUI_CATALOGUE)
    version = drafting.create(county.institution, PRODUCT, "连续经营月数提高到十二个月", text, people["risk"])
    stricter = text
    for old, new in STRICTER.items():
        stricter = stricter.replace(old, new)
    drafting.save(version.draft, stricter, people["risk"], version.number, "九个月提高到十二个月")
