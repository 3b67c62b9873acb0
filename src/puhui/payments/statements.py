"""Taking in a bank's statement: its lines, what they are of ours, and the money that came.

A line that we know is passed over, a file that we know is refused, so days may overlap and nothing comes twice. A payment of ours
is recognised by our reference, the sum that a bank pays over for a batch of debits by the batch's; all other money in is a receipt, first
in suspense and then matched. A line that shows one of our payments as made is the bank's word like any other (`driving.hear`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import record_audit
from puhui.payments import posting
from puhui.payments.accounts import clean_number, index_of
from puhui.payments.camt053 import read_camt053
from puhui.payments.channel import Answer
from puhui.payments.driving import hear
from puhui.payments.layouts import layout, read_file
from puhui.payments.models import BankAccount, DebitBatch, ImportedFile, PaymentOrder, StatementLine, StatementMatch
from puhui.payments.receiving import match_open, take_in
from puhui.payments.statement_lines import Line, Statement, balance_faults, from_rows

__all__ = ["import_statement", "new_file"]

CAMT053 = "camt.053"


def import_statement(account: BankAccount, content: bytes, form: str, name: str, actor: str, now: datetime) -> dict[str, Any]:
    """Take a statement in: `form` is camt.053 or the name of a CSV layout. All or nothing; then receipts that are certain are applied.

    Returns counts. Raises FaultsError naming every fault: a file taken in before, another account, balances that do not come out, a line
    that we know with another amount.
    """
    statement = _read(account, content, form, name)
    with transaction.atomic():
        institution = account.institution
        open_day(institution)
        file = new_file(account, "statement", content, form, name, actor, statement.lines, statement)
        known = _known(account, statement.lines, name)
        lines = [_row(account, file, line) for line in statement.lines if line.key not in known]
        StatementLine.objects.bulk_create(lines)
        counts = {"lines": len(statement.lines), "known": len(known), **_place(account, lines, actor)}
        record_audit(institution, actor, "statement.imported", "imported_file", file.pk, {"name": name, **counts})
    for line in lines:
        _tell_order(account, line, now)
    return {**counts, **match_open(account.institution)}


def _read(account: BankAccount, content: bytes, form: str, name: str) -> Statement:
    faults: list[Fault] = []
    if form == CAMT053:
        statements = read_camt053(content, name, account.institution.currency)
        if len(statements) > 1:
            raise FaultsError([Fault(name, f"{len(statements)} statements", "one account and span a file", "Split the file.")])
        statement = statements[0]
    else:
        statement = from_rows(read_file(layout(form), content, name), name, faults)
    if statement.account and index_of(statement.account) != bytes(account.number_index):
        found = f"an account ending in {clean_number(statement.account)[-4:]}"
        faults.append(Fault(f"{name}, account", found, f"{account.code}, ending in {account.number_tail}"))
    faults += balance_faults(statement, name)
    references = [line.bank_reference for line in statement.lines if line.bank_reference]
    faults += [
        Fault(f"{name}, entry {line.number}", f"reference {line.bank_reference} twice", "once in a file")
        for line in statement.lines
        if line.bank_reference and references.count(line.bank_reference) > 1
    ] if len(set(references)) != len(references) else []  # fmt: skip
    ahead = [line for line in statement.lines if line.booked_on > account.institution.business_date]
    faults += [
        Fault(f"{name}, entry {line.number}", str(line.booked_on), f"a day up to {account.institution.business_date}, the open day")
        for line in ahead
    ]
    check(faults[:50])
    return statement


def new_file(
    account: BankAccount,
    kind: str,
    content: bytes,
    form: str,
    name: str,
    actor: str,
    lines: Sequence[Any],
    statement: Statement | None = None,
) -> ImportedFile:
    """Note a file by its digest. Raises FaultsError where the same content was taken in before, or a day is missing between two."""
    institution, digest = account.institution, hashlib.sha256(content).hexdigest()
    if earlier := ImportedFile.objects.filter(institution=institution, digest=digest).first():
        found = f"taken in on {earlier.imported_on} as {earlier.name}"
        raise FaultsError([Fault(name, found, "a file that is new", "Nothing was changed.")])
    days = [line.booked_on for line in statement.lines] if statement else []
    if statement is not None:
        check(_gap_faults(account, statement, name))
    return ImportedFile.objects.create(
        institution=institution, bank_account=account, kind=kind, name=name[-200:], layout=form, digest=digest, line_count=len(lines),
        total_fen=sum(line.amount_fen for line in statement.lines) if statement else 0,
        opening_fen=statement.opening_fen if statement else None,
        closing_fen=statement.closing_fen if statement else None, first_day=min(days, default=None), last_day=max(days, default=None),
        imported_on=institution.business_date, imported_by=actor,
    )  # fmt: skip


def _gap_faults(account: BankAccount, statement: Statement, name: str) -> Iterable[Fault]:
    """A statement that begins after the last one must open with what that one closed with."""
    days = [line.booked_on for line in statement.lines]
    files = ImportedFile.objects.filter(bank_account=account, kind="statement", closing_fen__isnull=False, last_day__isnull=False)
    last = files.order_by("-last_day", "-pk").first()
    if last is None or statement.opening_fen is None or not days or min(days) <= last.last_day:  # type: ignore[operator]
        return
    if statement.opening_fen != last.closing_fen:
        expected = f"{(last.closing_fen or 0) / 100:.2f}, the closing balance of {last.last_day}"
        yield Fault(f"{name}, opening balance", f"{statement.opening_fen / 100:.2f}", expected, "A statement between the two is missing.")


def _known(account: BankAccount, lines: Sequence[Line], name: str) -> set[str]:
    keys = [line.key for line in lines]
    rows = StatementLine.objects.filter(bank_account=account, key__in=keys).values_list("key", "amount_fen", "booked_on")
    found = {key: (amount, booked) for key, amount, booked in rows}
    check(
        Fault(f"{name}, entry {line.number}", f"{line.amount_fen / 100:.2f}", f"{found[line.key][0] / 100:.2f}, as it was told before")
        for line in lines
        if line.key in found and found[line.key] != (line.amount_fen, line.booked_on)
    )
    return set(found)


def _row(account: BankAccount, file: ImportedFile, line: Line) -> StatementLine:
    number = clean_number(line.other_account)
    return StatementLine(
        institution=account.institution, bank_account=account, file=file, number=line.number, key=line.key, booked_on=line.booked_on,
        value_on=line.value_on, amount_fen=line.amount_fen, bank_reference=line.bank_reference, our_reference=line.our_reference,
        other_name=line.other_name, other_account_index=index_of(number) if number else None, other_account_tail=number[-4:],
        text=line.text,
    )  # fmt: skip


def _place(account: BankAccount, lines: Sequence[StatementLine], actor: str) -> dict[str, int]:
    """Find what of ours each line is, and book the money in."""
    references = {line.our_reference for line in lines if line.our_reference}
    orders = {each.reference: each for each in PaymentOrder.objects.filter(bank_account=account, reference__in=references)}
    batches = {each.reference: each for each in DebitBatch.objects.filter(bank_account=account, reference__in=references)}
    matches, receipts = [], 0
    for line in lines:
        order, batch = orders.get(line.our_reference), batches.get(line.our_reference)
        if line.amount_fen < 0:
            if order is not None:
                matches.append(StatementMatch(line=line, order=order))
        elif batch is not None:
            matches.append(StatementMatch(line=line, batch=batch))
            moves = [("own_cash", "payment_clearing", line.amount_fen)]
            posting.move(account.institution, "debits_settled", line.value_on, moves, batch.reference, actor)
        elif line.amount_fen > 0:
            take_in(account.institution, account, line.amount_fen, line.value_on, line, actor)
            receipts += 1
    StatementMatch.objects.bulk_create(matches)
    return {"matched": len(matches), "receipts": receipts}


def _tell_order(account: BankAccount, line: StatementLine, now: datetime) -> None:
    """What a line says of one of our payments: made, made a second time, or come back."""
    order = PaymentOrder.objects.filter(bank_account=account, reference=line.our_reference).first() if line.our_reference else None
    if order is None:
        return
    if line.amount_fen > 0:
        hear(account.institution, order.reference, Answer("refused", reason="money came back"), now, to="statement")
        return
    again = StatementMatch.objects.filter(order=order, line__amount_fen__lt=0).exclude(line=line).exists()
    same = order.status == PaymentOrder.Status.CONFIRMED and -line.amount_fen == order.amount_fen and not again
    if not same:
        number = f"{line.bank_reference or line.key}"
        answer = Answer("paid", -line.amount_fen, number, line.booked_on)
        hear(account.institution, order.reference, answer, now, to="statement")
