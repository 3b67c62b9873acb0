"""The repayment certificate (还款证明; 贷款结清证明 where nothing is owed any more): what was paid when, and of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from puhui.loans.credit_models import Refinancing
from puhui.loans.models import Event, Loan
from puhui.reports.documents.document import Document, Facts, Paper, Rows, Section, Signatures, Text, with_total
from puhui.reports.documents.loan_facts import COMPONENTS, Known, amount_facts, borrower_facts, event_word, known
from puhui.reports.documents.statement import kept_at, owing
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


@dataclass(frozen=True)
class _Payment:
    """What was paid by an event: of which component how much, in fen; `kept`: a fee kept when the money was paid out."""

    event: Event
    amount_fen: int
    parts: dict[str, int]
    kept: bool = False


def _payments(found: Known) -> list[_Payment]:
    """Payments that stand, and fees kept at payout, in the order in which they came."""
    undone = {str(event.detail.get("of")) for event in found.events if event.type == "reversal"}
    standing = [event for event in found.events if str(event.number) not in undone]
    parts = {str(event.number): dict.fromkeys(COMPONENTS, 0) for event in standing if event.type in ("repayment", "payoff")}
    for each in found.fold.position.allocations:
        if each.id in parts:
            parts[each.id][_PART_OF[each.component]] += each.amount
    payments = []
    for event in standing:
        if str(event.number) in parts:
            payments.append(_Payment(event, event.amount_fen or 0, parts[str(event.number)]))
        elif event.type == "drawdown" and (fee := kept_at(found.loan, found.events, event)):
            payments.append(_Payment(event, fee, dict.fromkeys(COMPONENTS, 0) | {"fee": fee}, kept=True))
    return payments


def _check(found: Known, payments: list[_Payment]) -> None:
    """The parts of all payments are what the loan's counters say was paid, and a payment is the sum of its parts and what is over."""
    counters = found.counters
    expected = {"principal": counters.principal_repaid, "interest": counters.interest_paid, "penalty": counters.penalty_paid,
                "fee": counters.fee_paid}  # fmt: skip
    sums = {name: sum(payment.parts[name] for payment in payments) for name in COMPONENTS}
    refunded = sum(event.amount_fen or 0 for event in found.events if event.type == "refund")
    pairs = [(name, sums[name], expected[name]) for name in COMPONENTS]
    pairs.append(("payments", sum(each.amount_fen for each in payments), sum(sums.values()) + counters.overpaid + refunded))
    check_equal(f"repayment certificate {found.loan.number}", pairs)


def _table(paper: Paper, payments: list[_Payment]) -> Rows:
    columns = (
        *paper.columns(("event", "text"), ("paid_on", "date"), ("what", "text")),
        *(Column(f"{name}_fen", paper.word(name), "fen") for name in COMPONENTS),
        *paper.columns(("amount_fen", "fen")),
    )
    rows: list[tuple[Any, ...]] = [
        (each.event.number, each.event.date, paper.word("fee_kept") if each.kept else event_word(paper, each.event),
         *(each.parts[name] for name in COMPONENTS), each.amount_fen)
        for each in payments
    ]  # fmt: skip
    return with_total("payments", paper.word("payments"), columns, rows, paper.word("total"))


def _sentences(paper: Paper, found: Known, payments: list[_Payment], closed: bool) -> tuple[str, ...]:
    loan, counters = found.loan, found.counters
    total = sum(each.amount_fen for each in payments)
    in_capitals = capitals(total, paper.language)
    told = f"{shown(total, 'fen')}{paper.word('capitals_of', text=in_capitals) if in_capitals else ''}"
    named = {"borrower": loan.firm.name, "loan": loan.number, "lender": paper.institution.name, "day": found.day, "paid": told}
    if closed:
        last = max((each.event.date for each in payments), default=found.day)
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
