"""Debit of dues through a bank: a file of what is due goes out, files of results come back, in part, refused, or days late.

What the bank took counts from the day on which it took it. A result is money that the bank owes us until it pays the sum over
(`payment_clearing`); more than the loan takes stays in suspense. A file is refused whole where anything in it does not fit, and a file or
a line that was taken in before is refused by its digest and key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.loans.keeping import events_of, owed_now
from puhui.loans.models import Loan
from puhui.parties.actions import record_audit
from puhui.payments.accounts import number_of
from puhui.payments.layouts import FileRow, Layout, layout, read_file, write_file
from puhui.payments.models import BankAccount, DebitBatch, DebitLine, DebitResult, FirmAccount
from puhui.payments.ordering import reference_of
from puhui.payments.receiving import match_open, take_in
from puhui.payments.statements import new_file

__all__ = ["request_debits", "take_results"]


@transaction.atomic
def request_debits(account: BankAccount, collect_on: date, form: str, actor: str) -> DebitBatch:
    """A file of all that is due by `collect_on` (the open day or up to ten days after it) on loans whose borrower agreed to debits.

    A loan whose earlier line is still with the bank is left out, so asking again asks for nothing twice.
    Raises FaultsError: another day, nothing to debit, an unknown layout.
    """
    institution = account.institution
    day = open_day(institution)
    if not 0 <= (collect_on - day).days <= 10:
        raise FaultsError([Fault("day", str(collect_on), f"{day}, the open day, or up to ten days later")])
    shape = layout(form)
    amounts = _due_by(account, collect_on)
    if not amounts:
        raise FaultsError([Fault("dues", f"nothing to debit by {collect_on}", "a due of a borrower with an agreement")])
    place = DebitBatch.objects.filter(institution=institution).count() + 1
    batch = DebitBatch(
        institution=institution, bank_account=account, reference=reference_of(institution.pk, "D", str(place)), layout=form,
        collect_on=collect_on, line_count=len(amounts), total_fen=sum(amount for *_, amount in amounts), created_by=actor,
    )  # fmt: skip
    lines = [
        DebitLine(
            batch=batch, number=number, loan=loan, firm_account=own, amount_fen=amount,
            reference=reference_of(institution.pk, "L", f"{place}/{number}"),
        )
        for number, (loan, own, amount) in enumerate(amounts, 1)
    ]  # fmt: skip
    batch.content = write_file(shape, [_request_row(batch, line) for line in lines], batch.total_fen)
    batch.digest = hashlib.sha256(batch.content).hexdigest()
    batch.save()
    DebitLine.objects.bulk_create(lines)
    detail = {"reference": batch.reference, "lines": batch.line_count, "total_fen": batch.total_fen}
    record_audit(institution, actor, "debits.requested", "debit_batch", batch.pk, detail)
    return batch


def _due_by(account: BankAccount, collect_on: date) -> list[tuple[Loan, FirmAccount, int]]:
    agreed = FirmAccount.objects.filter(institution_id=account.institution_id, verified_at__isnull=False, ended_at=None).exclude(
        agreement=""
    )
    accounts = {each.firm_id: each for each in agreed.order_by("-pk")}
    owing = Q(overdue_since__lte=collect_on) | Q(next_action_date__lte=collect_on)
    rows = Loan.objects.filter(owing, institution_id=account.institution_id, firm__in=accounts).exclude(status="closed")
    loans = list(rows.exclude(debit_lines__is_open=True).order_by("pk"))
    events = events_of([loan.pk for loan in loans])
    owed = [(loan, owed_now(loan, events[loan.pk], collect_on)) for loan in loans]
    return [(loan, accounts[loan.firm_id], amount) for loan, amount in owed if amount > 0]


def _request_row(batch: DebitBatch, line: DebitLine) -> dict[str, Any]:
    account = line.firm_account
    return {
        "number": str(line.number), "reference": line.reference, "batch": batch.reference, "name": account.holder_name,
        "account": number_of(account), "bank_code": account.bank_code, "agreement": account.agreement, "amount": line.amount_fen,
        "collect_on": batch.collect_on, "text": line.loan.number,
    }  # fmt: skip


def take_results(account: BankAccount, content: bytes, form: str, name: str, actor: str) -> dict[str, Any]:
    """Take a file of results in, all or nothing, and put what was collected to its loans. Returns counts and the sum in fen.

    Raises FaultsError naming every fault by line and column.
    """
    shape = layout(form)
    rows = read_file(shape, content, name)
    with transaction.atomic():
        institution = account.institution
        open_day(institution)
        file = new_file(account, "results", content, form, name, actor, rows)
        lines = _lines(account, rows)
        check(list(_faults(shape, rows, lines, name, institution.business_date))[:50])
        results = [_result(shape, row, lines[row.values["reference"]], file.pk) for row in rows]
        DebitResult.objects.bulk_create(results)
        _settle_lines(results)
        for result in results:
            if result.collected_fen:
                take_in(institution, account, result.collected_fen, result.taken_on, result, actor)
        total = sum(result.collected_fen for result in results)
        record_audit(institution, actor, "debits.results", "imported_file", file.pk, {"lines": len(rows), "total_fen": total})
    return {"lines": len(rows), "collected_fen": total, **match_open(institution)}


def _lines(account: BankAccount, rows: Sequence[FileRow]) -> dict[str, DebitLine]:
    references = [row.values["reference"] for row in rows]
    found = DebitLine.objects.filter(reference__in=references, batch__bank_account=account).select_for_update(of=("self",))
    return {line.reference: line for line in found.select_related("batch").prefetch_related("results")}


def _faults(shape: Layout, rows: Sequence[FileRow], lines: Mapping[str, DebitLine], name: str, today: date) -> Iterable[Fault]:
    seen: set[tuple[str, str]] = set()
    collected = {reference: line.collected_fen for reference, line in lines.items()}
    for row in rows:
        where, reference, code = f"{name}, line {row.line}", row.values["reference"], row.values["code"]
        line, outcome, amount = lines.get(reference), shape.outcome(code), row.values["collected"]
        if line is None:
            yield Fault(f"{where}, reference", reference or "nothing", "a reference of a request of ours")
            continue
        key = _key(row)
        if (reference, key) in seen or any(result.key == key for result in line.results.all()):
            yield Fault(f"{where}, reference", f"{reference} with {key} a second time", "each result once", "It was taken in already.")
        seen.add((reference, key))
        if outcome is None:
            yield Fault(f"{where}, code", code, ", ".join(code for codes in shape.codes.values() for code in codes))
        if not line.is_open and amount:
            yield Fault(f"{where}, collected", f"{amount / 100:.2f}", "nothing: the bank has given its last word on this line")
        left = line.amount_fen - collected[reference]
        if not _fits(outcome, amount, left):
            yield Fault(
                f"{where}, collected", f"{amount / 100:.2f} with code {code}", f"what fits it; {left / 100:.2f} was still asked for"
            )
        collected[reference] += amount
        if not line.batch.collect_on <= row.values["taken_on"] <= today:
            yield Fault(f"{where}, taken_on", str(row.values["taken_on"]), f"{line.batch.collect_on} to {today}, the open day")


def _fits(outcome: str | None, amount: int, left: int) -> bool:
    """Whether an amount is what an outcome means: all that was left, a part of it, nothing."""
    return {"success": amount == left, "partial": 0 < amount < left, "failed": amount == 0, "waiting": amount == 0}.get(outcome or "", True)


def _key(row: FileRow) -> str:
    return row.values.get("serial") or f"{row.values['taken_on']}:{row.values['collected']}:{row.values['code']}"


def _result(shape: Layout, row: FileRow, line: DebitLine, file_id: int) -> DebitResult:
    return DebitResult(
        file_id=file_id, line=line, key=_key(row), collected_fen=row.values["collected"], taken_on=row.values["taken_on"],
        is_last=shape.outcome(row.values["code"]) in ("success", "partial", "failed"), code=row.values["code"],
        reason=(row.values.get("reason") or "")[:200],
    )  # fmt: skip


def _settle_lines(results: Sequence[DebitResult]) -> None:
    lines: dict[int, DebitLine] = {}
    for result in results:
        line = lines.setdefault(result.line_id, result.line)
        line.collected_fen += result.collected_fen
        line.is_open = line.is_open and not result.is_last
        line.reason = result.reason
    DebitLine.objects.bulk_update(lines.values(), ["collected_fen", "is_open", "reason"])
