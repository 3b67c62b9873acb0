"""Ordering payments: the parts of a payout to payees, and money that goes back. Nothing leaves here; `driving` hands orders to a bank.

A payout is drawn on the loan when the bank says that it is paid, on the bank's day, part by part: until then interest runs on nothing,
and what fails simply stays undisbursed under the contract. What is ordered and not ended is reserved, so that no part is ordered twice.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.loans.models import Contract, Loan
from puhui.parties.actions import record_audit
from puhui.payments import posting
from puhui.payments.accounts import index_of, number_columns, number_faults
from puhui.payments.models import BankAccount, FirmAccount, PaymentOrder, Receipt
from puhui.payments.rules import ModeAsked, mode_asked

__all__ = ["Payee", "instruct", "modes_asked", "ordered_fen", "reference_of", "return_receipt", "undisbursed_fen"]

UNDER_WAY = (PaymentOrder.Status.CREATED, PaymentOrder.Status.SENT, PaymentOrder.Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Payee:
    """Who gets a part of a payout. `mode` is own, entrusted, or empty for what the rule asks; `proof` names the contract or invoice."""

    name: str
    account: str
    bank_name: str
    amount_fen: int
    proof: str = ""
    mode: str = ""
    bank_code: str = ""


def reference_of(institution_id: int, kind: str, key: str) -> str:
    """Our reference at a bank: it follows from the key, so the same act has the same reference for ever."""
    return kind + hashlib.sha256(f"{institution_id}\0{kind}\0{key}".encode()).hexdigest()[:27].upper()


@transaction.atomic
def instruct(contract: Contract, account: BankAccount, payees: Sequence[Payee], key: str, actor: str) -> list[PaymentOrder]:
    """Order the parts of a payout of a cleared contract, all or none; the same key again gives the same orders.

    Raises FaultsError naming every fault: a contract that is not cleared, more than is left of it, a payee who may not be paid, own
    payment where the rule asks for entrusted, a payment of the contract that a person must look at first.
    """
    institution = contract.institution
    day = open_day(institution)
    contract = Contract.objects.select_for_update(of=("self",)).select_related("firm", "institution", "decision").get(pk=contract.pk)
    keys = [f"{key}/{number}" for number in range(1, len(payees) + 1)]
    if earlier := _earlier(contract, key, keys, payees):
        return earlier
    asked = modes_asked(contract, payees)
    check(_contract_faults(contract, account, payees))
    check(fault for number, payee in enumerate(payees, 1) for fault in _payee_faults(contract, payee, asked[number - 1], number))
    orders = [
        PaymentOrder(
            institution=institution, bank_account=account, purpose=PaymentOrder.Purpose.PAYOUT, contract=contract,
            amount_fen=payee.amount_fen, mode=payee.mode or ask.mode, grounds=list(ask.grounds), proof=payee.proof.strip(), key=order_key,
            reference=reference_of(institution.pk, "P", order_key), created_by=actor, created_on=day,
            **number_columns(payee.account, payee.name, payee.bank_name, payee.bank_code),
        )
        for payee, ask, order_key in zip(payees, asked, keys, strict=True)
    ]  # fmt: skip
    PaymentOrder.objects.bulk_create(orders)
    posting.reserve(institution, sum(order.amount_fen for order in orders), contract.number, actor)
    particulars = [{"order": order.pk, "amount_fen": order.amount_fen, "mode": order.mode, "to": order.number_tail} for order in orders]
    record_audit(institution, actor, "payout.ordered", "contract", contract.pk, {"orders": particulars})
    return orders


def ordered_fen(contract: Contract) -> int:
    """What is ordered and has not ended."""
    under_way = PaymentOrder.objects.filter(contract=contract, status__in=UNDER_WAY)
    return under_way.aggregate(total=Sum("amount_fen"))["total"] or 0


def undisbursed_fen(contract: Contract) -> int:
    """What of a contract is neither lent nor ordered."""
    lent = Loan.objects.filter(contract=contract).aggregate(total=Sum("lent_fen"))["total"] or 0
    return contract.amount_fen - lent - ordered_fen(contract)


@transaction.atomic
def return_receipt(receipt: Receipt, payee: Payee, key: str, reason: str, actor: str) -> PaymentOrder:
    """Order money out of suspense: back to who sent it, or on to whom it was meant for. It goes out once a second person has agreed
    (`driving.agree`). The same key again gives the same order."""
    institution = receipt.institution
    day = open_day(institution)
    receipt = Receipt.objects.select_for_update(of=("self",)).select_related("bank_account", "institution").get(pk=receipt.pk)
    if existing := PaymentOrder.objects.filter(institution=institution, key=key).first():
        _check_same(existing, receipt.pk, existing.receipt_id, payee)
        return existing
    faults = number_faults("payee", payee.account, payee.name)
    if not 0 < payee.amount_fen <= receipt.open_fen:
        faults.append(Fault("amount", _yuan(payee.amount_fen), f"more than 0 and at most {_yuan(receipt.open_fen)}, what is in suspense"))
    if not reason.strip():
        faults.append(Fault("reason", "none", "why the money goes out"))
    check(faults)
    order = PaymentOrder.objects.create(
        institution=institution, bank_account=receipt.bank_account, purpose=PaymentOrder.Purpose.RETURN, receipt=receipt,
        amount_fen=payee.amount_fen, mode="return", proof=reason.strip(), key=key, reference=reference_of(institution.pk, "R", key),
        status=PaymentOrder.Status.WAITING, created_by=actor, created_on=day,
        **number_columns(payee.account, payee.name, payee.bank_name, payee.bank_code),
    )  # fmt: skip
    receipt.returning_fen += payee.amount_fen
    receipt.save(update_fields=["returning_fen"])
    posting.reserve(institution, order.amount_fen, order.reference, actor)
    detail = {"order": order.pk, "amount_fen": order.amount_fen, "reason": reason.strip()}
    record_audit(institution, actor, "receipt.returning", "receipt", receipt.pk, detail)
    return order


def _earlier(contract: Contract, key: str, keys: Sequence[str], payees: Sequence[Payee]) -> list[PaymentOrder]:
    found = PaymentOrder.objects.filter(institution_id=contract.institution_id, key__startswith=f"{key}/").order_by("pk")
    known = {order.key: order for order in found if "/" not in order.key[len(key) + 1 :]}
    if not known:
        return []
    if set(known) != set(keys):
        raise FaultsError([Fault(f"key {key}", f"used for {len(known)} payments", "a key of its own")])
    for order_key, payee in zip(keys, payees, strict=True):
        _check_same(known[order_key], contract.pk, known[order_key].contract_id, payee)
    return [known[order_key] for order_key in keys]


def _check_same(order: PaymentOrder, subject: int, found: int | None, payee: Payee) -> None:
    if found != subject or order.amount_fen != payee.amount_fen or bytes(order.number_index) != index_of(payee.account):
        used = f"used for a payment of {_yuan(order.amount_fen)} to an account ending in {order.number_tail}"
        raise FaultsError([Fault(f"key {order.key}", used, "a key of its own")])


def modes_asked(contract: Contract, payees: Sequence[Payee]) -> list[ModeAsked]:
    """What the rule asks for each part, counting what the same payee was ordered before and the whole of the contract."""
    day = contract.institution.business_date
    borrower = "personal_business" if contract.firm.is_natural else "enterprise"
    standing = PaymentOrder.objects.filter(contract=contract).exclude(status__in=("failed", "cancelled"))
    gets: dict[bytes, int] = defaultdict(int)
    for order in standing:
        gets[bytes(order.number_index)] += order.amount_fen
    for payee in payees:
        gets[index_of(payee.account)] += payee.amount_fen
    is_new = not Loan.objects.filter(firm=contract.firm).exclude(contract=contract).exists()
    risk_class = contract.decision.risk_class
    return [mode_asked(borrower, gets[index_of(each.account)], contract.amount_fen, is_new, risk_class, day) for each in payees]


def _contract_faults(contract: Contract, account: BankAccount, payees: Sequence[Payee]) -> Iterable[Fault]:
    if contract.status not in (Contract.Status.CLEARED, Contract.Status.DRAWN):
        yield Fault(f"contract {contract.number}", contract.status, "cleared", "A second person checks the conditions first.")
    if account.institution_id != contract.institution_id:
        yield Fault("account", account.code, f"an account of {contract.institution}")
    total, left = sum(payee.amount_fen for payee in payees), undisbursed_fen(contract)
    if not payees or total > left:
        yield Fault("amount", _yuan(total), f"more than 0 and at most {_yuan(left)}, what is neither lent nor ordered")
    waiting = PaymentOrder.objects.filter(contract=contract).exclude(attention="")
    for order in waiting:
        yield Fault(f"payment {order.reference}", order.attention, "one that is certain", "A person settles it before more is paid.")


def _payee_faults(contract: Contract, payee: Payee, asked: ModeAsked, number: int) -> Iterable[Fault]:
    where = f"payee {number}"
    yield from number_faults(where, payee.account, payee.name)
    mode = payee.mode or asked.mode
    if payee.amount_fen <= 0:
        yield Fault(f"{where}, amount", _yuan(payee.amount_fen), "more than 0")
    if mode not in ("own", "entrusted"):
        yield Fault(f"{where}, mode", mode, "own or entrusted")
    if mode == "own":
        if asked.grounds:
            yield Fault(f"{where}, mode", "own payment", "entrusted payment", "The rule asks for it: " + ", ".join(asked.grounds) + ".")
        accounts = FirmAccount.objects.filter(firm=contract.firm, number_index=index_of(payee.account), ended_at=None)
        if not accounts.filter(verified_at__isnull=False, holder_name=payee.name.strip()).exists():
            yield Fault(f"{where}, account", "one that is not verified", "an account in the borrower's own name, verified")
        return
    if payee.name.strip() in {contract.firm.name, contract.institution.name}:
        yield Fault(f"{where}, name", payee.name, "somebody whom the borrower buys from", "Entrusted payment goes to the counterparty.")
    if contract.firm.people.filter(person__name=payee.name.strip(), until=None).exists():
        yield Fault(
            f"{where}, name", payee.name, "somebody outside the firm", "The payee is a person of the borrower: money would come back."
        )
    if not payee.proof.strip():
        yield Fault(f"{where}, proof", "nothing", "the contract or invoice that shows the use")


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"
