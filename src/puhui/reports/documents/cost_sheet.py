"""The what-you-pay sheet (贷款明白纸): each cost of a loan, who takes it, who bears it, how it is reckoned, and what all of it comes to.

It is told of an offer, before anything is signed, and of a loan, as it was agreed. The costs are what the plan asks when all is paid on its
day, each fee by itself; what is taken from nobody, or borne by the lender, stands there too, so that nothing else may be asked later.
Source: domain/regulation.md §7 (comprehensive cost, APR 单利), practice.md 6 and 15; catalogue fee-rules, stamp-duty, rate-caps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from puhui.calculations.caps import caps_on_cost
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.money import decimal_fraction
from puhui.calculations.quote import answer
from puhui.calculations.rate_steps import started
from puhui.calculations.rates import in_force
from puhui.calculations.schedule import scheduled
from puhui.calculations.stamp_duty import duty_of_contract
from puhui.calculations.term_records import RATE_SCALE, Terms
from puhui.decisions.models import Offer
from puhui.loans.fold import terms_of
from puhui.loans.models import Loan
from puhui.loans.taxing import firm_size
from puhui.parties.models import Firm
from puhui.products.law import law_on
from puhui.products.parameters import table as parameter_table
from puhui.products.taxes import stamp_duty_on
from puhui.reports.documents.document import Document, Facts, Paper, Rows, Section, Signatures, Text, with_total
from puhui.reports.documents.loan_facts import amount_facts, borrower_facts, penalty_text, schedule_rows
from puhui.reports.documents.sums import check_equal
from puhui.reports.documents.words import percent
from puhui.reports.tables import Table

__all__ = ["Cost", "costs_of_terms", "loan_sheet", "offer_sheet"]

# Kinds of fees that the lender has to pay itself; any other kind of the table of fee rules may be asked by nobody.
_BORNE_BY_LENDER = ("mortgage_registration", "valuation")


@dataclass(frozen=True)
class Cost:
    """One cost: `code` is the word for it, `name` the name that it was given; who takes it; how it is reckoned; how much in fen."""

    code: str
    taker: str
    basis: str
    when: str
    amount_fen: int
    name: str = ""


def offer_sheet(paper: Paper, offer: Offer) -> Document:
    """The sheet of an offer, paid out on the day of the paper. Raises FaultsError."""
    document = started(offer.terms, paper.as_of)
    return _sheet(paper, offer.firm, document, paper.word("offer_number", number=offer.pk), paper.as_of, offer.amount_fen)


def loan_sheet(paper: Paper, loan: Loan) -> Document:
    """The sheet of a loan as it was agreed. Raises FaultsError for a day before its payout."""
    if paper.as_of < loan.start:
        raise FaultsError([Fault("as of", str(paper.as_of), f"a day from the payout of {loan.number} on, {loan.start}")])
    return _sheet(paper, loan.firm, loan.terms, loan.number, loan.start, loan.contract.amount_fen)


def _sheet(paper: Paper, firm: Firm, document: dict[str, Any], number: str, agreed_on: date, contract_fen: int) -> Document:
    plan = {key: value for key, value in document.items() if key not in ("events", "as_of", "checks")}
    terms = terms_of(plan)
    if terms.line is not None:
        raise FaultsError([Fault("terms", "a line", "a loan: what a line costs follows what is drawn; ask for the sheet of a draw")])
    rows, flows, _ = scheduled(terms)
    costs = [*costs_of_terms(paper, plan), _duty(paper, firm, agreed_on, contract_fen)]
    paid = sum(amount for _, amount in flows if amount > 0)
    total = sum(cost.amount_fen for cost in costs)
    not_in_plan = sum(cost.amount_fen for cost in costs if cost.taker != "lender")
    check_equal(f"what-you-pay sheet {number}", [("costs", total - not_in_plan, paid - terms.amount)])
    loan = Facts("loan", paper.word("loan"), (
        *borrower_facts(paper, firm), paper.fact("lender", paper.institution.name), *amount_facts(paper, "amount", terms.amount),
        paper.fact("currency", terms.currency), paper.fact("start", terms.start, "date"), paper.fact("maturity", rows[-1].due, "date"),
        paper.fact("method", paper.word(f"method_{terms.method}")), paper.fact("rate", _rates(paper, terms)),
    ))  # fmt: skip
    sections: list[Section] = [
        loan,
        _cost_table(paper, costs),
        _all_in(paper, plan, terms, total, agreed_on),
        _late(paper, terms),
        _not_asked(paper, firm, agreed_on),
        schedule_rows(paper, rows, "what_to_pay_when"),
        Text((paper.word("sheet_note"),)),
        Signatures((paper.word("lender_signs"), paper.word("borrower_read"))),
    ]
    return paper.document("what-you-pay", number, sections)


def costs_of_terms(paper: Paper, plan: dict[str, Any]) -> list[Cost]:
    """Interest, each fee of the contract, each fee to somebody else. A fee is what the plan asks more because of it."""
    bare = {key: value for key, value in plan.items() if key != "fees"}
    without = _asked(terms_of(bare))
    terms = terms_of(plan)
    costs = [Cost("interest", "lender", paper.word("basis_rate", rate=_rates(paper, terms)), paper.word("when_schedule"), without)]
    for item in plan.get("fees") or []:
        amount = _asked(terms_of({**bare, "fees": [item]})) - without
        when = item["when"] if item["when"] not in ("drawdown", "instalment") else paper.word(f"when_{item['when']}")
        costs.append(Cost("fee", "lender", _fee_basis(paper, item), when, amount, item["name"]))
    upfront = plan.get("upfront") or {}
    for item in upfront.get("fees_to_third_parties") or []:
        amount = int((decimal_fraction(item["amount"]) or 0) * 10**terms.exponent)
        costs.append(Cost("fee_third_party", "third_party", paper.word("basis_fixed"), paper.word("when_drawdown"), amount, item["name"]))
    return costs


def _rates(paper: Paper, terms: Terms) -> str:
    """The rate; where it steps up by the days used, each with the days after which it counts."""
    (start, first), *steps = terms.rates
    after = (paper.word("rate_after", days=(day - start).days, rate=percent(rate)) for day, rate in steps)
    return paper.word("rate_steps", rates="".join((percent(first), *after))) if steps else percent(first)


def _asked(terms: Terms) -> int:
    """All that is paid by plan, less what was lent."""
    return sum(amount for _, amount in scheduled(terms)[1])


def _fee_basis(paper: Paper, item: dict[str, Any]) -> str:
    if "rate" not in item:
        return paper.word("basis_fixed")
    rate = int((decimal_fraction(item["rate"]) or 0) * RATE_SCALE)
    return paper.word("basis_share", rate=percent(rate), of=paper.word(f"share_of_{item.get('of', 'amount')}"))


def _duty(paper: Paper, firm: Firm, day: date, contract_fen: int) -> Cost:
    """The borrower's own stamp duty on the contract; 0 where it is exempt or not taxed."""
    duty = stamp_duty_on(day, settings.PUHUI_CATALOGUE)
    size = firm_size(firm, day)
    amount = duty_of_contract(contract_fen, duty, lender=paper.institution.kind, borrower=firm.kind, size=size)
    basis = paper.word("basis_duty", rate=percent(duty.rate_ppm * 100)) if amount else paper.word("basis_no_duty")
    return Cost("stamp_duty", "tax_office", basis, paper.word("when_signed"), amount)


def _cost_table(paper: Paper, costs: list[Cost]) -> Rows:
    columns = paper.columns(
        ("cost", "text"), ("taken_by", "text"), ("borne_by", "text"), ("reckoned", "text"), ("paid_when", "text"), ("amount_fen", "fen")
    )  # fmt: skip
    rows = [
        (cost.name or paper.word(f"cost_{cost.code}"), paper.word(f"taker_{cost.taker}"), paper.word("bearer_borrower"),
         cost.basis, cost.when, cost.amount_fen)
        for cost in costs
    ]  # fmt: skip
    return with_total("costs", paper.word("costs"), columns, rows, paper.word("costs_total"))


def _all_in(paper: Paper, plan: dict[str, Any], terms: Terms, total_fen: int, day: date) -> Facts:
    """What it comes to: the sum, the cost a year with and without what is not interest, and the cap of the law."""
    everything = answer(plan)["annual_cost"]
    interest = answer({key: value for key, value in plan.items() if key not in ("fees", "upfront")})["annual_cost"]
    law = law_on(day, settings.PUHUI_CATALOGUE)
    caps = [share for share, _ in caps_on_cost(law, paper.institution.kind)]
    facts = [
        paper.fact("costs_total", total_fen, "fen"),
        paper.fact("all_paid", terms.amount + total_fen, "fen"),
        paper.fact("annual_nominal", _rate(everything["nominal"])),
        paper.fact("annual_effective", _rate(everything["effective"])),
        paper.fact("annual_interest_only", _rate(interest["nominal"])),
        paper.fact("annual_cap", percent(int(min(caps) * RATE_SCALE)) if caps else None),
    ]
    if terms.margin:
        facts.append(paper.fact("margin", terms.margin, "fen"))
    return Facts("all_in", paper.word("all_in"), tuple(facts))


def _rate(text: str | None) -> str | None:
    """A rate of the quote, six decimals, as percent; None where there is no single one."""
    return None if text is None else percent(round(float(text) * 10**6) * 100)


def _late(paper: Paper, terms: Terms) -> Facts:
    """What only lateness or misuse costs, and what early repayment does."""
    penalty = terms.penalty
    facts = [paper.fact("penalty_terms", penalty_text(paper, penalty, in_force(terms.rates, scheduled(terms)[0][-1].due)))]
    if penalty is not None:
        compound = penalty.compound_in_term or penalty.compound_overdue
        facts.append(paper.fact("compound_terms", paper.word("compound_yes" if compound else "compound_no")))
        facts.append(paper.fact("grace_days", penalty.grace_days, "count"))
    early = "early_to_date" if terms.recalculation is not None else "early_as_planned"
    facts.append(paper.fact("early_terms", paper.word(early)))
    return Facts("late", paper.word("late"), tuple(facts))


def _not_asked(paper: Paper, firm: Firm, day: date) -> Rows:
    """What the law lets nobody ask of this borrower, and what the lender bears itself."""
    size = firm_size(firm, day)
    rules = parameter_table("fee-rules", settings.PUHUI_CATALOGUE).valid_on(day)
    rows = []
    for rule in rules:
        lenders, sizes = rule.get("lender_kinds") or [], rule.get("borrower_sizes") or []
        if (lenders and paper.institution.kind not in lenders) or (sizes and size != "not_known" and size not in sizes):
            continue
        borne = "bearer_lender" if rule["fee_kind"] in _BORNE_BY_LENDER else "bearer_nobody"
        rows.append((paper.word(f"fee_kind_{rule['fee_kind']}"), paper.word(borne)))
    columns = paper.columns(("cost", "text"), ("borne_by", "text"))
    return Rows(Table("not_asked", paper.word("not_asked"), columns, tuple(rows)))
