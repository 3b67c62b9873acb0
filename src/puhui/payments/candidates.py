"""Loans that a receipt might be for, found by number, account and name, each with what it owes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.db.models import Q, QuerySet

from puhui.loans import queries as loan_queries
from puhui.loans.keeping import events_of
from puhui.loans.models import Loan
from puhui.loans.queries import Owed
from puhui.payments.matching import Candidate, Clue, Suggestion, grounds_for, suggestions
from puhui.payments.models import FirmAccount, PaymentOrder, Receipt, StatementLine

MOST_CANDIDATES = 50
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{3,39}")


def suggested(receipt: Receipt) -> tuple[Clue | None, list[Suggestion]]:
    """What a receipt from a statement tells and the loans that it might be for, the best first. Nothing for a payment of ours that came
    back: a person pays it again or undoes the loan."""
    clue = _clues([receipt]).get(receipt.pk)
    if clue is None:
        return None, []
    loans = list(_loans(receipt.institution_id, _found_by(clue)).filter(start__lte=receipt.value_on)[:MOST_CANDIDATES])
    accounts = _accounts(loans)
    owed = loan_queries.owed_of_each(loans, min(receipt.value_on, receipt.institution.business_date))
    return clue, suggestions(clue, [_candidate(loan, accounts, owed[loan.pk]) for loan in loans])


def best_of_each(receipts: Sequence[Receipt]) -> dict[int, Suggestion]:
    """Receipt → the loan that it is most likely for, of those that something else than the amount speaks for. Few queries for them all."""
    clues = _clues(receipts)
    if not clues:
        return {}
    found = Q()
    for clue in clues.values():
        found |= _found_by(clue)
    loans = list(_loans(receipts[0].institution_id, found)[: MOST_CANDIDATES * len(clues)])
    accounts, history = _accounts(loans), events_of(loan.pk for loan in loans)
    best = {}
    for receipt in receipts:
        if (told := clues.get(receipt.pk)) is None:
            continue
        day = min(receipt.value_on, receipt.institution.business_date)
        named = [loan for loan in loans if loan.start <= receipt.value_on and grounds_for(told, _candidate(loan, accounts))]
        candidates = [_candidate(loan, accounts, loan_queries.owed(loan, day, history[loan.pk])) for loan in named]
        if likely := suggestions(told, candidates):
            best[receipt.pk] = likely[0]
    return best


def _clues(receipts: Sequence[Receipt]) -> dict[int, Clue]:
    """Receipt → what its line tells; not of debits, nor of our own payments that came back. One query."""
    lines = {receipt: receipt.statement_line for receipt in receipts if receipt.statement_line is not None}
    named = {line.our_reference for line in lines.values() if line.our_reference}
    ours = set(PaymentOrder.objects.filter(reference__in=named).values_list("reference", flat=True)) if named else set()
    return {receipt.pk: _clue(receipt, line) for receipt, line in lines.items() if line.our_reference not in ours}


def _clue(receipt: Receipt, line: StatementLine) -> Clue:
    index = bytes(line.other_account_index) if line.other_account_index is not None else None
    return Clue(receipt.amount_fen, f"{line.our_reference} {line.text}", line.other_name, index)


def _found_by(clue: Clue) -> Q:
    """Loans whose number, contract, firm, person or account a clue names."""
    words = set(_NUMBER.findall(clue.text))
    found = Q(number__in=words) | Q(contract__number__in=words) | Q(contract__number__in={word.rsplit("-", 1)[0] for word in words})
    payer = clue.payer.strip()
    if payer:
        found |= Q(firm__name=payer) | Q(firm__people__person__name=payer)
        if len(payer) >= 4:
            found |= Q(firm__name__startswith=payer[:4])
    if clue.account_index is not None:
        found |= Q(firm__accounts__number_index=clue.account_index, firm__accounts__ended_at=None)
    return found


def _loans(institution_id: int, found: Q) -> QuerySet[Loan]:
    rows = Loan.objects.filter(found, institution_id=institution_id).exclude(status="closed")
    return rows.select_related("firm", "contract", "institution").prefetch_related("firm__people__person").distinct()


def _accounts(loans: Sequence[Loan]) -> dict[int, list[bytes]]:
    """Firm → the blind indexes of its accounts."""
    accounts: dict[int, list[bytes]] = {}
    for firm_id, index in FirmAccount.objects.filter(firm__in={loan.firm_id for loan in loans}).values_list("firm_id", "number_index"):
        accounts.setdefault(firm_id, []).append(bytes(index))
    return accounts


def _candidate(loan: Loan, accounts: Mapping[int, Sequence[bytes]], owed: Owed | None = None) -> Candidate:
    """A loan as matching sees it; without what is owed, no amount fits it."""
    return Candidate(
        loan_id=loan.pk,
        numbers=(loan.number, loan.contract.number),
        firm=loan.firm.name,
        people=[each.person.name for each in loan.firm.people.all() if each.until is None],
        account_indexes=accounts.get(loan.firm_id, []),
        due_fen=owed.due_fen if owed else 0,
        next_fen=owed.next_due_fen if owed else 0,
        to_close_fen=owed.most_fen if owed else -1,
    )
