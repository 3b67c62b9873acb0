"""Money from the borrower: repayment, payoff, recovery of what was written off, and what such an act would do.

Money beyond what is due repays principal early; more than closes the loan is refused. A day of effect before the open day is
backdated: the loan is folded anew and the books get the difference, today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import connection

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.replay import payoff_amount
from puhui.loans.act_arguments import amount, day
from puhui.loans.acts import Act, Done, Work, execute, loan_faults, state_fault
from puhui.loans.fold import Fold, terms_of
from puhui.loans.keeping import NewEvent, events_of, fold_loan, happened
from puhui.loans.models import Event, Loan
from puhui.loans.repaying import repay_due
from puhui.parties.models import Firm


def repay(loan: Loan, amount_fen: int, key: str, actor: str, *, on: date | None = None) -> Event:
    """Take in a repayment that takes effect on `on` (the open day if not given; earlier is backdated).

    Money beyond what is due repays principal early. The same key again gives the same event.
    Raises FaultsError for amounts that are not positive or beyond what closes the loan, and for days outside the loan's life.
    """
    if (done := repay_due(loan, amount_fen, key, actor, on=on)) is not None:
        return done
    event: Event = execute(REPAY, loan, {"amount_fen": amount_fen, "on": on.isoformat() if on else None}, key, actor).result
    return event


def _repay(work: Work) -> Done:
    loan, amount_fen = work.target, work.arguments["amount_fen"]
    check(loan_faults(loan, work.when, work.day))
    check_amount(loan, amount_fen, work.when)
    return work.happen("repayment", NewEvent("repayment", work.when, work.key, amount_fen))


REPAY = Act("repay", "loan", _repay, (amount(), day()))


def pay_off(loan: Loan, key: str, actor: str) -> Event:
    """Take in exactly what closes the loan on the open day."""
    event: Event = execute(PAY_OFF, loan, {}, key, actor).result
    return event


def _pay_off(work: Work) -> Done:
    loan = work.target
    check(loan_faults(loan, work.day, work.day))
    return work.happen("payoff", NewEvent("payoff", work.day, work.key, payoff_amount_on(loan, work.day)))


PAY_OFF = Act("pay_off", "loan", _pay_off, (), lambda work: payoff_amount_on(work.target, work.day))


def _recover(work: Work) -> Done:
    """Money that comes in after the loan was written off: what the borrower still owes becomes less, the allowance gets it back."""
    loan, amount_fen = work.target, work.arguments["amount_fen"]
    check(loan_faults(loan, work.when, work.day, ("written_off",)))
    check_amount(loan, amount_fen, work.when)
    return work.happen("recovery", NewEvent("repayment", work.when, work.key, amount_fen))


RECOVER = Act("recover", "loan", _recover, (amount(), day()))


def preview(loan: Loan, kind: str, amount_fen: int | None, on: date) -> Fold:
    """The loan as it would stand after a repayment or payoff, with nothing changed: a pure fold, no lock is taken.

    Raises FaultsError as the act itself would.
    """
    today = loan.institution.business_date
    check(loan_faults(loan, on, today))
    if kind == "payoff":
        amount_fen = payoff_amount_on(loan, on)
    if amount_fen is None:
        raise state_fault("amount", "none", "an amount in fen")
    check_amount(loan, amount_fen, on)
    asked = Event(loan=loan, number=loan.event_count + 1, type=kind, date=on, known_on=today, amount_fen=amount_fen)
    return fold_loan(loan, [*events_of([loan.pk])[loan.pk], asked], max(on, today))


def payoff_amount_on(loan: Loan, on: date, history: Sequence[Event] | None = None) -> int:
    """What closes the loan on `on`, in fen. `history`: its events, where the caller has read them."""
    known = events_of([loan.pk])[loan.pk] if history is None else history
    terms = terms_of(loan.terms)
    return payoff_amount(terms, happened(terms, known, on), on)


def closing_amount_on(loan: Loan, on: date, history: Sequence[Event] | None = None) -> int | None:
    """What closes the loan on `on`, in fen; None where its terms leave that open, as those of a flat loan do before its last due date."""
    try:
        return payoff_amount_on(loan, on, history)
    except FaultsError:
        return None


def check_amount(loan: Loan, amount_fen: int, when: date) -> None:
    """Raises FaultsError where an amount is not above 0 or beyond what closes the loan, where that is known."""
    if amount_fen <= 0:
        raise state_fault("amount", f"{amount_fen / 100:.2f}", "more than 0")
    most = closing_amount_on(loan, when)
    if most is not None and amount_fen > most:
        raise state_fault("amount", f"{amount_fen / 100:.2f}", f"at most {most / 100:.2f}, which closes the loan", "Pay it off instead.")


def deposit(firm: Firm, amount_fen: int) -> None:
    """Money comes into the borrower's account at the simulated bank."""
    deposit_many(firm.institution_id, {firm.pk: amount_fen})


def deposit_many(institution_id: int, amounts_fen: Mapping[int, int]) -> None:
    """Money comes into the accounts of several borrowers: firm → amount above zero. One statement."""
    faults = [Fault(f"amount of firm {firm}", str(amount), "more than 0") for firm, amount in amounts_fen.items() if amount <= 0]
    if faults:
        raise FaultsError(faults)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO loans_debitaccount AS account (institution_id, firm_id, balance_fen)"
            " SELECT %s, firm_id, fen FROM unnest(%s::bigint[], %s::bigint[]) AS paid(firm_id, fen)"
            " ON CONFLICT (firm_id) DO UPDATE SET balance_fen = account.balance_fen + excluded.balance_fen",
            [institution_id, list(amounts_fen), list(amounts_fen.values())],
        )


def debit_key(loan: Loan, on: date) -> str:
    """The key of the day end's debit of a loan: one a day."""
    return f"{loan.pk}:debit:{on}"
