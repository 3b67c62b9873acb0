"""What the end of a payment order means for loan, receipt and books: one transaction with the order's new state.

Confirmed payout: the part is drawn on the loan, on the bank's day. Failed or cancelled: the reservation goes, and the money is undisbursed
again. Confirmed return: what was received leaves suspense. The books balance before, between and after.
"""

from __future__ import annotations

from datetime import date

from puhui.loans import actions as loans
from puhui.loans.models import Contract, Loan
from puhui.parties.models import Institution
from puhui.payments import posting
from puhui.payments.models import PaymentOrder, Receipt

__all__ = ["end"]


def end(order: PaymentOrder, actor: str) -> None:
    """Carry out what a final status of a locked order asks for. The caller has the open day and saves the order."""
    institution = order.institution
    if order.status == PaymentOrder.Status.CONFIRMED:
        paid_on = min(order.paid_on or institution.business_date, institution.business_date)
        order.paid_on = order.paid_on or paid_on
        if order.purpose == PaymentOrder.Purpose.PAYOUT:
            _draw(order, paid_on, actor)
        else:
            _leave_suspense(order, institution, paid_on, actor)
    elif order.purpose == PaymentOrder.Purpose.RETURN:
        receipt = Receipt.objects.select_for_update().get(return_orders=order)
        receipt.returning_fen -= order.amount_fen
        receipt.save(update_fields=["returning_fen"])
    posting.release(institution, order.amount_fen, order.reference, actor)


def _draw(order: PaymentOrder, paid_on: date, actor: str) -> None:
    contract = Contract.objects.select_for_update(of=("self",)).select_related("institution").get(payment_orders=order)
    loan = Loan.objects.filter(contract=contract).order_by("pk").first()
    if loan is not None:
        loans.draw_more(loan, order.amount_fen, order.reference, actor, on=paid_on)
    elif order.amount_fen == contract.amount_fen and paid_on == order.institution.business_date:
        loan = loans.draw_down(contract, order.reference, actor)
    else:
        loan = loans.draw_down(contract, order.reference, actor, amount_fen=order.amount_fen, on=paid_on)
    order.loan = loan
    posting.move(order.institution, "payment_sent", paid_on, [("settlement", "own_cash", order.amount_fen)], order.reference, actor)


def _leave_suspense(order: PaymentOrder, institution: Institution, paid_on: date, actor: str) -> None:
    receipt = Receipt.objects.select_for_update().get(return_orders=order)
    receipt.returning_fen -= order.amount_fen
    receipt.returned_fen += order.amount_fen
    receipt.save(update_fields=["returning_fen", "returned_fen"])
    posting.move(institution, "receipt_returned", paid_on, [("suspense", "own_cash", order.amount_fen)], order.reference, actor)
