"""Money that came in: put to loans, left in suspense, taken back from a wrong loan. Returning it is `ordering.return_receipt`.

Every receipt is in the books from the moment on which it is known: first in suspense, then at the loan. What is applied takes effect on
the day on which the money came, however late it is found out for whom. Keys derive from the receipt, so nothing is applied twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from puhui.books.actions import open_day
from puhui.calculations.debts import Debt, Share, distribute
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.loans import actions as loans
from puhui.loans import queries as loan_queries
from puhui.loans.collateral import held_on
from puhui.loans.fold import terms_of
from puhui.loans.keeping import events_of
from puhui.loans.models import Contract, Event, Loan
from puhui.loans.rate_setting import rate_before
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Institution
from puhui.payments import posting
from puhui.payments.candidates import suggested
from puhui.payments.matching import certain
from puhui.payments.models import BankAccount, DebitResult, Receipt, ReceiptApplication, StatementLine

__all__ = ["apply", "apply_over", "match_open", "shares_over", "take_in", "undo"]

ACTOR = "matching"


def take_in(
    institution: Institution, account: BankAccount, amount_fen: int, value_on: date, source: StatementLine | DebitResult, actor: str
) -> Receipt:
    """Money into suspense, inside the caller's transaction: from the bank account, or from what a bank has debited and not paid over."""
    line = source if isinstance(source, StatementLine) else None
    result = source if isinstance(source, DebitResult) else None
    receipt = Receipt.objects.create(
        institution=institution, bank_account=account, amount_fen=amount_fen, value_on=value_on, booked_on=institution.business_date,
        statement_line=line, debit_result=result,
    )  # fmt: skip
    origin = "own_cash" if line is not None else "payment_clearing"
    posting.move(institution, "receipt", value_on, [(origin, "suspense", amount_fen)], f"receipt {receipt.pk}", actor)
    return receipt


@transaction.atomic
def apply(
    receipt: Receipt, loan: Loan, amount_fen: int, actor: str, *, key: str, score: int = 0, grounds: Sequence[str] = (), reason: str = ""
) -> ReceiptApplication:
    """Put a receipt, or a part of it, to a loan, effective on the day on which the money came. The same key again changes nothing.

    Raises FaultsError: more than is in suspense, more than closes the loan, a loan of another lender.
    """
    institution = receipt.institution
    day = open_day(institution)
    receipt = Receipt.objects.select_for_update(of=("self",)).select_related("institution").get(pk=receipt.pk)
    if existing := receipt.applications.filter(key=key).first():
        if (existing.loan_id, existing.amount_fen) != (loan.pk, amount_fen):
            raise FaultsError(
                [Fault(f"key {key}", f"used for {existing.amount_fen / 100:.2f} on loan {existing.loan_id}", "a key of its own")]
            )
        return existing
    faults = []
    if not 0 < amount_fen <= receipt.open_fen:
        faults.append(
            Fault("amount", f"{amount_fen / 100:.2f}", f"more than 0 and at most {receipt.open_fen / 100:.2f}, what is in suspense")
        )
    if loan.institution_id != institution.pk:
        faults.append(Fault(f"loan {loan.number}", "one of another institution", f"a loan of {institution}"))
    check(faults)
    on = min(max(receipt.value_on, loan.start), day)
    event = loans.repay(loan, amount_fen, f"receipt:{receipt.pk}:{key}", actor, on=on)
    posting.move(institution, "receipt_applied", on, [("suspense", "settlement", amount_fen)], f"receipt {receipt.pk}", actor)
    receipt.applied_fen += amount_fen
    receipt.save(update_fields=["applied_fen"])
    application = ReceiptApplication.objects.create(
        receipt=receipt, loan=loan, event_id=event.pk, amount_fen=amount_fen, key=key, score=score, grounds=list(grounds),
        reason=reason.strip()[:300], applied_on=day, applied_by=actor,
    )  # fmt: skip
    detail = {"loan": loan.number, "amount_fen": amount_fen, "score": score, "grounds": list(grounds)}
    record_audit(institution, actor, "receipt.applied", "receipt", receipt.pk, detail)
    return application


@transaction.atomic
def undo(application: ReceiptApplication, reason: str, actor: str) -> ReceiptApplication:
    """Take a receipt back from a loan that it was not for: the repayment is reversed as if it had never been, the money is in suspense
    again. A second time changes nothing. Raises FaultsError without a reason, or for one that is itself an undoing."""
    institution = application.receipt.institution
    day = open_day(institution)
    receipt = Receipt.objects.select_for_update(of=("self",)).select_related("institution").get(pk=application.receipt_id)
    if existing := ReceiptApplication.objects.filter(undoes=application).first():
        return existing
    faults = [] if reason.strip() else [Fault("reason", "none", "why it was not for this loan")]
    if application.undoes_id is not None:
        faults.append(Fault("application", "an undoing", "one that stands"))
    check(faults)
    key = f"undo:{application.key}"
    event = loans.reverse(Event.objects.get(pk=application.event_id), f"receipt:{receipt.pk}:{key}", reason, actor)
    moves = [("settlement", "suspense", application.amount_fen)]
    posting.move(institution, "receipt_unapplied", day, moves, f"receipt {receipt.pk}", actor)
    receipt.applied_fen -= application.amount_fen
    receipt.save(update_fields=["applied_fen"])
    undone = ReceiptApplication.objects.create(
        receipt=receipt, loan_id=application.loan_id, event_id=event.pk, amount_fen=-application.amount_fen, key=key, undoes=application,
        reason=reason.strip()[:300], applied_on=day, applied_by=actor,
    )  # fmt: skip
    record_audit(institution, actor, "receipt.unapplied", "receipt", receipt.pk, {"application": application.pk, "reason": reason.strip()})
    return undone


def shares_over(firm: Firm, amount_fen: int, on: date, designated: Sequence[Loan] = ()) -> tuple[list[Share], int]:
    """How a payment of a borrower goes over all its loans on a day by Civil Code 560 and 561, and what is left. Ids are loan ids.

    `designated`: loans that the borrower named when paying, which go first.
    """
    open_loans = Loan.objects.filter(firm=firm, start__lte=on).exclude(status__in=("closed", "undrawn"))
    debts = _debts(list(open_loans.select_related("institution", "contract").order_by("pk")), on)
    named = [str(loan.pk) for loan in designated]
    check(
        Fault(f"loan {loan.number}", "not open, or another borrower's", f"one of {firm}") for loan in designated if loan.firm_id != firm.pk
    )
    return distribute(amount_fen, [debt for debt in debts if debt.total], on, designated=[each for each in named if _owes(debts, each)])


def _owes(debts: Sequence[Debt], loan_id: str) -> bool:
    return any(debt.id == loan_id and debt.total for debt in debts)


def apply_over(receipt: Receipt, firm: Firm, actor: str, *, key: str, designated: Sequence[Loan] = ()) -> list[ReceiptApplication]:
    """Put what is open of a receipt over all debts of a borrower that are due; the rest stays in suspense. All or nothing."""
    with transaction.atomic():
        open_day(receipt.institution)
        receipt = Receipt.objects.select_for_update(of=("self",)).select_related("institution").get(pk=receipt.pk)
        if earlier := list(receipt.applications.filter(key__startswith=f"{key}/", undoes=None).order_by("pk")):
            return earlier
        if not receipt.open_fen:
            raise FaultsError([Fault(f"receipt {receipt.pk}", "nothing in suspense", "an amount that is open")])
        shares, _ = shares_over(firm, receipt.open_fen, min(receipt.value_on, receipt.institution.business_date), designated)
        found = Loan.objects.select_related("institution").in_bulk([int(share.debt) for share in shares])
        return [
            apply(receipt, found[int(each.debt)], each.amount, actor, key=f"{key}/{each.debt}", grounds=["article_560", each.ground])
            for each in shares
        ]


def _debts(open_loans: Sequence[Loan], on: date) -> list[Debt]:
    """What of each loan is due: the rate of that day with the penalty's markup is its burden, its overdue day its due date."""
    history = events_of([loan.pk for loan in open_loans])
    owed = {loan.pk: loan_queries.owed(loan, on, history[loan.pk]) for loan in open_loans}
    under_contract: dict[int, int] = defaultdict(int)
    for loan in open_loans:
        under_contract[loan.contract_id] += owed[loan.pk].to_close_fen or owed[loan.pk].principal_fen
    secured = {loan.contract_id: _secured_ppm(loan.contract, under_contract[loan.contract_id], on) for loan in open_loans}
    debts = []
    for loan in open_loans:
        figures, penalty = owed[loan.pk], terms_of(loan.terms).penalty
        interest = figures.interest_due_fen + figures.penalty_fen
        due = loan.overdue_since or figures.next_due or loan.maturity
        principal = max(figures.due_fen - interest - figures.fee_fen, 0)
        burden = rate_before(loan, history[loan.pk], on + timedelta(days=1)) * (10_000 + (penalty.markup_overdue if penalty else 0))
        debts.append(
            Debt(str(loan.pk), due, principal, interest, figures.fee_fen, secured[loan.contract_id], burden // 1_000_000)
        )  # fmt: skip
    return debts


def _secured_ppm(contract: Contract, owed_fen: int, on: date) -> int:
    """The share of what is owed under a contract that its securities cover on a day; all of it where one was never valued."""
    held = [each for each in held_on(contract, on) if not each.is_released]
    worth = sum(each.value.value_fen for each in held if each.value)
    if not held or all(each.value for each in held):
        return min(worth * 1_000_000 // max(owed_fen, 1), 1_000_000)
    return 1_000_000


def match_open(institution: Institution, actor: str = ACTOR) -> dict[str, int]:
    """Put every receipt in suspense that is certain to its loan: each a transaction of its own, so a second run goes on where one stopped.

    A receipt from a debit has its loan; more than closes it stays in suspense. Returns counts.
    """
    counts = {"applied": 0, "left": 0}
    waiting = Receipt.objects.filter(institution=institution, applications=None, returning_fen=0, returned_fen=0).order_by("pk")
    for receipt in waiting.select_related("institution", "statement_line", "debit_result__line__loan__institution"):
        counts["applied" if _match(receipt, actor) else "left"] += 1
    return counts


def _match(receipt: Receipt, actor: str) -> bool:
    if receipt.debit_result is not None:
        loan, score, grounds = receipt.debit_result.line.loan, 100, ["debited"]
        day = min(max(receipt.value_on, loan.start), receipt.institution.business_date)
        loan.refresh_from_db()
        amount = 0 if loan.status == "closed" else min(receipt.amount_fen, loan_queries.owed(loan, day).most_fen)
    else:
        clue, found = suggested(receipt)
        sure = certain(clue, found) if clue else None
        if sure is None:
            return False
        loan, score, grounds, amount = Loan.objects.get(pk=sure.loan_id), sure.score, list(sure.grounds), receipt.amount_fen
    if amount <= 0:
        return False
    try:
        apply(receipt, loan, amount, actor, key="matched", score=score, grounds=grounds)
    except FaultsError:
        return False  # the loan would not take it: a person looks
    return True
