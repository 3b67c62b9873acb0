"""Loans that a receipt might be for, found by number, account and name, each with what it owes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db.models import Q

from puhui.loans import queries as loan_queries
from puhui.loans.models import Loan
from puhui.payments.matching import Candidate, Clue, Suggestion, suggestions
from puhui.payments.models import FirmAccount, PaymentOrder, Receipt

MOST_CANDIDATES = 50
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{3,39}")


def suggested(receipt: Receipt) -> tuple[Clue | None, list[Suggestion]]:
    """What a receipt from a statement tells and the loans that it might be for, the best first. Nothing for a payment of ours that came
    back: a person pays it again or undoes the loan."""
    line = receipt.statement_line
    if line is None:
        return None, []
    if line.our_reference and PaymentOrder.objects.filter(reference=line.our_reference).exists():
        return None, []
    index = bytes(line.other_account_index) if line.other_account_index is not None else None
    clue = Clue(receipt.amount_fen, f"{line.our_reference} {line.text}", line.other_name, index)
    return clue, suggestions(clue, _candidates(receipt, clue))


def _candidates(receipt: Receipt, clue: Clue) -> Sequence[Candidate]:
    words = set(_NUMBER.findall(clue.text))
    found = Q(number__in=words) | Q(contract__number__in=words) | Q(contract__number__in={word.rsplit("-", 1)[0] for word in words})
    if clue.payer.strip():
        found |= Q(firm__name=clue.payer.strip()) | Q(firm__people__person__name=clue.payer.strip())
        if len(clue.payer.strip()) >= 4:
            found |= Q(firm__name__startswith=clue.payer.strip()[:4])
    if clue.account_index is not None:
        found |= Q(firm__accounts__number_index=clue.account_index, firm__accounts__ended_at=None)
    rows = Loan.objects.filter(found, institution_id=receipt.institution_id, start__lte=receipt.value_on).exclude(status="closed")
    loans = list(
        rows.select_related("firm", "contract", "institution").prefetch_related("firm__people__person").distinct()[:MOST_CANDIDATES]
    )
    accounts: dict[int, list[bytes]] = {}
    for firm_id, index in FirmAccount.objects.filter(firm__in={loan.firm_id for loan in loans}).values_list("firm_id", "number_index"):
        accounts.setdefault(firm_id, []).append(bytes(index))
    owed = loan_queries.owed_of_each(loans, min(receipt.value_on, receipt.institution.business_date))
    return [_candidate(loan, owed[loan.pk], accounts.get(loan.firm_id, [])) for loan in loans]


def _candidate(loan: Loan, owed: loan_queries.Owed, account_indexes: Sequence[bytes]) -> Candidate:
    return Candidate(
        loan_id=loan.pk,
        numbers=(loan.number, loan.contract.number),
        firm=loan.firm.name,
        people=[each.person.name for each in loan.firm.people.all() if each.until is None],
        account_indexes=account_indexes,
        due_fen=owed.due_fen,
        next_fen=owed.next_due_fen,
        to_close_fen=owed.to_close_fen,
    )
