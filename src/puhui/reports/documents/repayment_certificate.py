"""The repayment certificate (还款证明; 贷款结清证明 where nothing is owed any more): what was paid when, and of what."""

from __future__ import annotations

from typing import Any

from puhui.loans.credit_models import Refinancing
from puhui.loans.models import Event, Loan
from puhui.reports.documents.document import Document, Facts, Paper, Rows, Section, Signatures, Text, with_total
from puhui.reports.documents.loan_facts import COMPONENTS, Known, amount_facts, borrower_facts, event_word, known
from puhui.reports.documents.statement import owing
from puhui.reports.documents.sums import check_equal
from puhui.reports.documents.words import capitals
from puhui.reports.tables import Column, shown

__all__ = ["repayment_certificate"]

_PART_OF = {"principal": "principal", "interest": "interest", "penalty": "penalty", "compound": "penalty", "fee": "fee", "cost": "fee"}


def repayment_certificate(paper: Paper, loan: Loan) -> Document:
    """All that was paid by the day of the paper, and whether anything is left. Raises FaultsError."""
    found = known(loan, paper.as_of)
    payments = _payments(found)
    _check(found, payments)
    closed = found.fold.position.status == "closed"
    facts = Facts("loan", paper.word("loan"), (
        *borrower_facts(paper, loan.firm), paper.fact("loan_number", loan.number), paper.fact("contract_number", loan.contract.number),
        paper.fact("start", loan.start, "date"), paper.fact("maturity", loan.maturity, "date"),
        *amount_facts(paper, "lent", found.counters.lent), paper.fact("status", paper.word(f"status_{found.fold.position.status}")),
    ))  # fmt: skip
    sections: list[Section] = [
        Text(_sentences(paper, found, payments, closed)),
        facts,
        _table(paper, payments),
        Signatures((paper.word("lender_signs"),)),
    ]
    return paper.document("repayment-certificate", loan.number, sections, title="settlement_certificate" if closed else "")


def _payments(found: Known) -> list[tuple[Event, dict[str, int]]]:
    """Payments that stand, with what each paid by component; what is kept beyond what was owed is `overpaid`."""
    undone = {str(event.detail.get("of")) for event in found.events if event.type == "reversal"}
    paid = {str(e.number): e for e in found.events if e.type in ("repayment", "payoff") and str(e.number) not in undone}
    parts: dict[str, dict[str, int]] = {number: dict.fromkeys(COMPONENTS, 0) for number in paid}
    for each in found.fold.position.allocations:
        if each.id in parts:
            parts[each.id][_PART_OF[each.component]] += each.amount
    return [(event, parts[number]) for number, event in paid.items()]


def _check(found: Known, payments: list[tuple[Event, dict[str, int]]]) -> None:
    """The parts of all payments are what the loan's counters say was paid, and a payment is the sum of its parts and what is over."""
    counters = found.counters
    expected = {"principal": counters.principal_repaid, "interest": counters.interest_paid, "penalty": counters.penalty_paid,
                "fee": counters.fee_paid}  # fmt: skip
    sums = {name: sum(parts[name] for _, parts in payments) for name in COMPONENTS}
    refunded = sum(event.amount_fen or 0 for event in found.events if event.type == "refund")
    amounts = sum(event.amount_fen or 0 for event, _ in payments)
    pairs = [(name, sums[name], expected[name]) for name in COMPONENTS]
    pairs.append(("payments", amounts, sum(sums.values()) + counters.overpaid + refunded))
    check_equal(f"repayment certificate {found.loan.number}", pairs)


def _table(paper: Paper, payments: list[tuple[Event, dict[str, int]]]) -> Rows:
    columns = (
        *paper.columns(("number", "count"), ("paid_on", "date"), ("what", "text")),
        *(Column(f"{name}_fen", paper.word(name), "fen") for name in COMPONENTS),
        *paper.columns(("amount_fen", "fen")),
    )
    rows: list[tuple[Any, ...]] = [
        (event.number, event.date, event_word(paper, event), *(parts[name] for name in COMPONENTS), event.amount_fen)
        for event, parts in payments
    ]
    return with_total("payments", paper.word("payments"), columns, rows, paper.word("total"))


def _sentences(paper: Paper, found: Known, payments: list[tuple[Event, dict[str, int]]], closed: bool) -> tuple[str, ...]:
    loan, counters = found.loan, found.counters
    total = sum(event.amount_fen or 0 for event, _ in payments)
    in_capitals = capitals(total, paper.language)
    told = f"{shown(total, 'fen')}{paper.word('capitals_of', text=in_capitals) if in_capitals else ''}"
    named = {"borrower": loan.firm.name, "loan": loan.number, "lender": paper.institution.name, "day": found.day, "paid": told}
    if closed:
        last = max((event.date for event, _ in payments), default=found.day)
        sentences = [paper.word("certify_closed", **named, last=last)]
    else:
        sentences = [paper.word("certify_open", **named, left=shown(owing(counters).total, "fen"))]
    waived = counters.principal_waived + counters.interest_waived + counters.penalty_waived + counters.fee_waived
    if waived:
        sentences.append(paper.word("certify_waived", amount=shown(waived, "fen")))
    renewed = Refinancing.objects.filter(old_loan=loan, day__lte=found.day).select_related("new_loan").first()
    if renewed:
        sentences.append(
            paper.word("certify_renewed", amount=shown(renewed.principal_fen, "fen"), day=renewed.day, number=renewed.new_loan.number)
        )
    return tuple(sentences)
