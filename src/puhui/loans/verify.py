"""The proof that loans and books tell the same: sub-ledger against ledger, each loan against the fold of its events.

Nothing stored is trusted. Each loan is replayed from its terms and events; each counter is compared with the transfers that stand
under the loan's number; the sums over all loans with the balances of the accounts; each debit or payment with its entry.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from django.db import connection
from django.db.models import Count, F

from puhui.books.chart import chart
from puhui.books.models import Account, Entry
from puhui.books.queries import balances_by_role
from puhui.books.verify import Finding, one_moment
from puhui.calculations.posting import FLOWS, MEMO_FLOWS, SUB_LEDGER, ledger_signs
from puhui.calculations.rate_steps import started
from puhui.decisions.models import Exposure
from puhui.loans import standing
from puhui.loans.collateral_books import collateral_findings
from puhui.loans.keeping import COUNTERS, events_of
from puhui.loans.models import Contract, DayEndStep, Event, Loan
from puhui.loans.rebuilding import differences_of
from puhui.parties.models import Institution

CHUNK = 2_000
# The nights of quiet loans are booked as totals over many loans, so these are no loan's own in the books.
BOOKED_IN_TOTALS = ("interest_earned", "penalty_earned", "accrued_interest_suspended", "penalty_suspended")


def findings(institution: Institution) -> list[Finding]:
    """Everything that does not agree, as of one moment; empty when all is well."""
    checks = (
        sub_ledger_findings,
        standing_findings,
        flow_findings,
        event_findings,
        accrual_findings,
        exposure_findings,
        collateral_findings,
        contract_findings,
        replay_findings,
    )
    with one_moment():
        institution = Institution.objects.get(pk=institution.pk)
        return [finding for each in checks for finding in each(institution)]


def _rows(name: str, parameters: dict[str, Any], **texts: str) -> list[tuple[Any, ...]]:
    sql = files("puhui.loans").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")
    for place, text in texts.items():
        sql = sql.replace("{" + place + "}", text)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def sub_ledger_sums(institution: Institution, day: date) -> dict[str, int]:
    """Each counter summed over all loans as of the day end of `day`, the nights booked since their states included."""
    nights = {
        "interest_earned": "interest_run",
        "penalty_earned": "penalty_run",
        "accrued_interest_suspended": "interest_suspended_run",
        "penalty_suspended": "penalty_suspended_run",
    }
    sums = [f"coalesce(sum({column} + {nights.get(counter, '0')}), 0)::bigint" for counter, column in COUNTERS.items()]
    ((*values,),) = _rows("sub_ledger", {"institution": institution.pk, "day": day}, sums=", ".join(sums))
    return dict(zip(COUNTERS, values, strict=True))


def sub_ledger_findings(institution: Institution) -> Iterator[Finding]:
    """The sum over loans of each balance against the balance of its account."""
    day = institution.business_date
    sums = sub_ledger_sums(institution, day - timedelta(days=1))
    booked = balances_by_role(institution, day)
    for role in SUB_LEDGER:
        kept = sum(sign * sums[counter] for counter, sign in ledger_signs(role).items())
        if kept != booked[role]:
            yield Finding(f"account {role}", f"loans add up to {kept} fen, the ledger holds {booked[role]}")


def standing_findings(institution: Institution) -> Iterator[Finding]:
    """What is kept of all loans together, by differences, against every loan added up anew."""
    for name, kept, added_up in standing.differing(institution):
        yield Finding("standing of loans", f"{name} is kept as {kept}, the loans give {added_up}; puhui loans rebuild --mend takes it anew")


def flow_findings(institution: Institution) -> Iterator[Finding]:
    """Each loan's counters against the transfers under its number, account by account."""
    names = chart(institution.kind, institution.business_date).roles
    roles: dict[str, list[str]] = defaultdict(list)
    for role in {role for flows in (FLOWS, MEMO_FLOWS) for pair in flows.values() for role in pair}:
        if role in names:
            roles[names[role]].append(role)
    signs = []
    for code, of_account in sorted(roles.items()):
        found = [(counter, sign) for role in of_account for counter, sign in ledger_signs(role).items()]
        if not any(counter in BOOKED_IN_TOTALS for counter, _ in found):
            signs += [{"code": code, "counter": counter, "sign": sign} for counter, sign in found]
    # Where a note closes another without cash, the clearing account between them stands in for the borrower's.
    stands_for = {names["refinancing"]: names["settlement"]} if "refinancing" in names else {}
    accounts = Account.objects.filter(institution=institution).values_list("pk", "code")
    cells = [{"account_id": number, "code": stands_for.get(code, code)} for number, code in accounts]
    parameters = {"institution": institution.pk, "signs": json.dumps(signs), "cells": json.dumps(cells)}
    counters = ", ".join(f"('{counter}', {column})" for counter, column in COUNTERS.items())
    for loan_id, number, code, kept, booked in _rows("loan_flows", parameters, counters=counters):
        what = " and ".join(sorted(roles[code])) or code
        yield Finding(f"loan {number or loan_id}", f"{what} is {kept or 0} fen by its state and {booked or 0} in the books")


def event_findings(institution: Institution) -> Iterator[Finding]:
    """Each payout and payment has exactly one entry, of its days; each loan has all its events; each entry's event exists."""
    entries: dict[int, list[tuple[date, date]]] = defaultdict(list)
    booked_events = Entry.objects.filter(institution=institution, event_id__isnull=False)
    for event_id, posted, effective in booked_events.values_list("event_id", "posting_date", "effective_date"):
        if event_id is not None:
            entries[event_id].append((posted, effective))
    for event in Event.objects.filter(institution=institution).select_related("loan").only("loan__number", "type", "known_on", "date"):
        booked = entries.pop(event.pk, [])
        if event.type in ("drawdown", "repayment", "payoff") and len(booked) != 1:
            yield Finding(f"loan {event.loan.number}", f"{event.type} event {event.pk} has {len(booked)} entries in the books, not 1")
        elif any(days != (event.known_on, event.date) for days in booked):
            yield Finding(f"loan {event.loan.number}", f"{event.type} event {event.pk} has other days than its entry")
    for event_id in sorted(entries):
        yield Finding("entries", f"an entry names event {event_id}, which does not exist")
    for loan in Loan.objects.filter(institution=institution).annotate(found=Count("events")).exclude(found=F("event_count")):
        yield Finding(f"loan {loan.number}", f"has {loan.found} events, its state counts {loan.event_count}")
    for undrawn in Loan.objects.filter(institution=institution).exclude(events__type="drawdown"):
        yield Finding(f"loan {undrawn.number}", "was never drawn")


def accrual_findings(institution: Institution) -> Iterator[Finding]:
    """The totals booked for each ended day against the figures that its day end recorded."""
    booked: dict[Any, int] = {}
    entries = Entry.objects.filter(institution=institution, act="accrual").values_list("posting_date", "transfers__amount_fen")
    for day, amount_fen in entries:
        booked[day] = booked.get(day, 0) + (amount_fen or 0)
    for step in DayEndStep.objects.filter(institution=institution, step="accrue"):
        recorded = step.figures["interest_fen"] + step.figures["penalty_fen"]
        if booked.pop(step.date, 0) != recorded:
            yield Finding(f"day {step.date}", f"its day end recorded {recorded} fen of interest, the books hold another sum")
    for day in sorted(booked):
        yield Finding(f"day {day}", "interest is booked and no day end recorded it")


def exposure_findings(institution: Institution) -> Iterator[Finding]:
    """What stands against each decision is what its loans owe."""
    owed: dict[int, int] = {}
    for decision, lent, repaid, waived in Loan.objects.filter(institution=institution).values_list(
        "contract__decision_id", "lent_fen", "principal_repaid_fen", "principal_waived_fen"
    ):
        owed[decision] = owed.get(decision, 0) + lent - repaid - waived
    for exposure in Exposure.objects.filter(institution=institution):
        if exposure.outstanding_fen != owed.pop(exposure.decision_id, 0):
            yield Finding(f"decision {exposure.decision_id}", f"outstanding is {exposure.outstanding_fen} fen, its loans owe another sum")
    for decision in sorted(decision for decision, fen in owed.items() if fen):
        yield Finding(f"decision {decision}", "loans are out and no exposure is held for them")


def contract_findings(institution: Institution) -> Iterator[Finding]:
    """Each contract's text against the digests under its signatures, each loan's terms against those of its contract and decision."""
    for contract in Contract.objects.filter(institution=institution).prefetch_related("signatures").order_by("pk").iterator(CHUNK):
        if hashlib.sha256(contract.text.encode()).hexdigest() != contract.text_digest:
            yield Finding(f"contract {contract.number}", "its text is not the one that was drafted")
        for signature in contract.signatures.all():
            if signature.text_digest != contract.text_digest:
                yield Finding(f"contract {contract.number}", f"the {signature.party} signed another text")
    loans = Loan.objects.filter(institution=institution).select_related("contract__decision", "contract__line")
    for loan in loans.order_by("pk").iterator(CHUNK):
        contract, decision = loan.contract, loan.contract.decision
        agreed = {
            "terms": started(contract.terms, loan.start),
            "amount_fen": contract.amount_fen,
            "rate_ppm": round(float(contract.terms["rate_annual"]) * 1_000_000),
            "product_code": contract.product_code,
            "firm_id": contract.firm_id,
            "risk_class": decision.risk_class,
            "probability_ppm": decision.probability_ppm or 0,
        }
        if hasattr(contract, "line") and (contract.terms.get("line") or {}).get("dues") != "pooled":
            del agreed["terms"], agreed["amount_fen"]  # a draw has an amount and dates of its own
        for column, value in agreed.items():
            if getattr(loan, column) != value:
                yield Finding(f"loan {loan.number}", f"its {column} is not that of its contract and decision")


def replay_findings(institution: Institution) -> Iterator[Finding]:
    """Each loan's stored state and instalments against the fold of its events."""
    ids = list(Loan.objects.filter(institution=institution).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        history = events_of(chunk)
        for loan in Loan.objects.filter(pk__in=chunk).prefetch_related("instalments").order_by("pk"):
            yield from (Finding(f"loan {loan.number}", str(each)) for each in differences_of(loan, history[loan.pk]))
