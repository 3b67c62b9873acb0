"""Loans that move in from another system in mid-life: their terms and history become ours, and every fen of difference is explained.

The history is entered event by event, so the loan is the fold of its events like any other. The books take the loans' balances; the
income, cash and tax of the years before are the other ledger's, so on the same day they are turned over to the role `moving_in`, which
is closed when that ledger hands its balances over. The result of the year is not touched.

What no history tells comes with the note: its branch, the class it was held in, an observation that still runs, whether its interest
holds value added tax. From the day on which it moves in it is classified, taxed and provided for like any other note.

The reconciler computes each balance of the other system anew and, where it differs, asks which other convention gives its figure.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from puhui.books.actions import open_books, open_day, post
from puhui.calculations import replay as calculator
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.calculations.posting import SUB_LEDGER
from puhui.calculations.terms import Terms
from puhui.decisions.exposures import exposure_of_firms
from puhui.decisions.models import Application, Decision, Exposure, Offer
from puhui.loans.class_models import ClassChange
from puhui.loans.classifying import set_class
from puhui.loans.credit_models import Restructuring
from puhui.loans.drawing import new_loan
from puhui.loans.fold import terms_of
from puhui.loans.keeping import Change, Kept, NewEvent, events_of, happened, keep
from puhui.loans.models import Contract, Event, Loan
from puhui.loans.moving_files import COMPONENTS, MovedBalance, MovedEvent, MovedNote, Moving, read_moving
from puhui.loans.taxing import tax_of_contract
from puhui.parties.actions import record_audit
from puhui.parties.models import Branch, Institution
from puhui.parties.queries import firms_by_identifier
from puhui.products.taxes import tax_rates

__all__ = ["Difference", "as_csv", "as_row", "differences", "move_in"]

# SHA-256 of no text: the contract is in the other archive.
EMPTY_DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
STAYS = {*SUB_LEDGER, "overpayment", "unamortised_fees", "output_tax_waiting"}  # balances of loans; all else is the other ledger's


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that differs: ours less theirs, in fen (days for `days_past_due`), and why."""

    number: str
    as_of: date
    component: str
    ours_fen: int
    theirs_fen: int
    reason: str  # label_of_day, day_count, penalty_basis, rounding, unexplained

    @property
    def difference_fen(self) -> int:
        return self.ours_fen - self.theirs_fen


def move_in(institution: Institution, path: Path, actor: str, *, check_only: bool = False) -> dict[str, Any]:
    """Take the notes of a path in, all or nothing. Returns counts and the differences over the days of its balances.

    Raises FaultsError naming every fault by file, row and column; then nothing was changed. With `check_only` nothing is kept either.
    """
    moving = read_moving(path)
    with transaction.atomic():
        day = open_day(institution)
        institution.refresh_from_db()
        open_books(institution, actor)
        check(_faults(institution, moving, day))
        loans = _loans(institution, moving.notes, day, actor)
        kept = _enter(institution, day, loans, moving.events, actor)
        _classify(institution, day, moving.notes, loans, actor)
        _turn_over(institution, day, kept, actor)
        found = differences(institution, moving.balances)
        figures = {"notes": len(loans), "events": len(moving.events), "balances": len(moving.balances), "differences": found}
        record_audit(institution, actor, "loans.moved_in", "institution", institution.pk, {**figures, "differences": len(found)})
        if check_only:
            transaction.set_rollback(True)
    return figures


def _faults(institution: Institution, moving: Moving, day: date) -> Iterable[Fault]:
    taken = set(Loan.objects.filter(institution=institution).values_list("number", flat=True))
    known = {scheme: firms_by_identifier(institution, scheme) for scheme in {note.firm[0] for note in moving.notes}}
    branches = {"", *Branch.objects.filter(institution=institution).values_list("code", flat=True)}
    for note in moving.notes:
        if note.number in taken:
            yield Fault(f"{note.where}, number", f"{note.number}, which is here already", "a note that is new")
        if note.firm[1] not in known[note.firm[0]]:
            yield Fault(f"{note.where}, firm", ":".join(note.firm), "a firm that is registered", "Register it first.")
        if "rate_annual" not in note.terms or "line" in note.terms:
            yield Fault(f"{note.where}, rate_annual", "none, or a line", "one rate; later ones are events of type rate_change")
        if note.branch_code not in branches:
            yield Fault(f"{note.where}, branch", note.branch_code, ", ".join(sorted(branches - {""})) or "nothing")
    for event in moving.events:
        if event.date > day:
            yield Fault(f"{event.where}, date", str(event.date), f"a day up to {day}, the open day")
    for balance in moving.balances:
        if balance.as_of > day:
            yield Fault(f"{balance.where}, as_of", str(balance.as_of), f"a day up to {day}, the open day")


def _loans(institution: Institution, notes: Sequence[MovedNote], day: date, actor: str) -> dict[str, Loan]:
    """Each note with what must stand behind it: the decision is the other system's, and says so."""
    firms = {scheme: firms_by_identifier(institution, scheme) for scheme in {note.firm[0] for note in notes}}
    branches = dict(Branch.objects.filter(institution=institution).values_list("code", "pk"))
    loans = []
    for note in notes:
        terms = {name: value for name, value in note.terms.items() if name != "start"}
        start, rate = date.fromisoformat(note.terms["start"]), round(float(note.terms["rate_annual"]) * 1_000_000)
        common: dict[str, Any] = {"institution": institution, "firm_id": firms[note.firm[0]][note.firm[1]]}
        application = Application.objects.create(
            **common, product_code=note.product_code, amount_fen=note.amount_fen, term_months=12, purpose="moved in", channel="moving_in",
            key=f"moving-in:{note.number}", business_date=day, submitted_by=actor, status="accepted",
        )  # fmt: skip
        decision = Decision.objects.create(
            **common, application=application, business_date=day, outcome="approve", risk_class=note.risk_class[:2], probability_ppm=0,
            limit_fen=note.amount_fen, amount_fen=note.amount_fen, rate_ppm=rate, authority="moving_in", digest="",
            record={"moved_in": note.number},
        )  # fmt: skip
        Exposure.objects.create(**common, decision=decision, reserved_fen=note.amount_fen)
        offer = Offer.objects.create(
            **common, application=application, decision=decision, amount_fen=note.amount_fen, rate_ppm=rate, terms=terms,
            annual_cost_ppm=rate, expires_on=day, status="accepted",
        )  # fmt: skip
        contract = Contract.objects.create(
            **common, decision=decision, offer=offer, number=note.number, product_code=note.product_code, amount_fen=note.amount_fen,
            terms=terms, text="", text_digest=EMPTY_DIGEST, status=Contract.Status.DRAWN,
        )  # fmt: skip
        loan = new_loan(contract, start)
        loan.number, loan.institution = note.number, institution
        loan.branch_id, loan.non_accrual_profile = branches.get(note.branch_code), institution.non_accrual_profile
        loans.append(loan)
    _tax(notes, loans)
    return {loan.number: loan for loan in Loan.objects.bulk_create(loans)}


def _tax(notes: Sequence[MovedNote], loans: Sequence[Loan]) -> None:
    """The tax inside interest and fees: as the file says, else by the exemptions of the day on which the note was drawn.

    Raises FaultsError where no table reaches back to that day.
    """
    exposures, faults = exposure_of_firms({loan.firm_id for loan in loans}), []
    for note, loan in zip(notes, loans, strict=True):
        try:
            interest, fee = tax_rates(loan.contract.institution.kind, loan.start, settings.PUHUI_CATALOGUE)
            if note.is_taxed is None:
                interest = tax_of_contract(loan.contract, loan.start, loan.rate_ppm, exposure=exposures[loan.firm_id]).interest_ppm
            loan.interest_tax_ppm, loan.fee_tax_ppm = 0 if note.is_taxed is False else interest, fee
        except FaultsError as error:
            told = "; ".join(str(each) for each in error.faults)
            faults.append(Fault(f"{note.where}, interest_tax", f"nothing known for {loan.start}: {told}", "taxed or exempt"))
    check(faults)


def _classify(institution: Institution, day: date, notes: Sequence[MovedNote], loans: Mapping[str, Loan], actor: str) -> None:
    """The class and the observation that notes bring along; both hold from the day on which they move in."""
    for note in notes:
        loan, reason = loans[note.number], "as held in the other system"
        if note.observed_until is not None:
            Restructuring.objects.create(
                institution=institution, loan=loan, day=loan.start, kind="restructuring", was_non_performing=False,
                observed_from=loan.start, observed_until=note.observed_until, detail={"reason": reason}, recorded_by=actor,
            )  # fmt: skip
        if note.five_class not in ("", "normal"):
            set_class(institution, day, loan, note.five_class, ClassChange.Source.PERSON, reason, (), actor)


def _enter(institution: Institution, day: date, loans: dict[str, Loan], events: Sequence[MovedEvent], actor: str) -> list[Kept]:
    """The history, the n-th event of every note together: as many rounds as the longest history has events."""
    of_note: dict[str, list[MovedEvent]] = defaultdict(list)
    for event in events:
        of_note[event.number].append(event)
    numbers = {(each.number, each.id): str(place) for history in of_note.values() for place, each in enumerate(history, 1) if each.id}
    kept: list[Kept] = []
    for round_number, row in enumerate(zip_longest(*of_note.values()), 1):
        changes = [_change(loans[event.number], event, round_number, numbers) for event in row if event is not None]
        kept += keep(institution, day, changes, actor)
    return kept


def _change(loan: Loan, event: MovedEvent, place: int, numbers: dict[tuple[str, str], str]) -> Change:
    detail = dict(event.detail)
    if event.type == "reversal":
        detail["of"] = numbers.get((event.number, str(detail.get("of"))), str(detail.get("of")))
    new = NewEvent(event.type, event.date, f"moving-in:{loan.number}:{place}", event.amount_fen, detail)
    return Change(loan, "moving_in", new)


def _turn_over(institution: Institution, day: date, kept: Sequence[Kept], actor: str) -> None:
    """What the history moved beside the loans' own balances goes to `moving_in`, by product: the year's result stays as it was."""
    sums: dict[tuple[int | None, str, str], int] = defaultdict(int)
    for each in kept:
        for debit, credit, amount in each.transfers:
            sums[each.loan.branch_id, each.loan.product_code, debit] += amount
            sums[each.loan.branch_id, each.loan.product_code, credit] -= amount
    by_place: dict[tuple[int | None, str], list[tuple[str, str, int]]] = defaultdict(list)
    for (branch, product, role), amount in sorted(sums.items(), key=str):
        if amount and role not in STAYS and not role.startswith("memo_"):
            pair = ("moving_in", role) if amount > 0 else (role, "moving_in")
            by_place[branch, product].append((*pair, abs(amount)))
    for (branch, product), transfers in by_place.items():
        post(institution, "moving_in", day, transfers, branch_id=branch, product_code=product, reference="moving in", recorded_by=actor)


def differences(institution: Institution, balances: Sequence[MovedBalance]) -> list[Difference]:
    """Every component of every balance in which ours and theirs differ, by note and day, each with its reason."""
    loans = {loan.number: loan for loan in Loan.objects.filter(institution=institution, number__in={each.number for each in balances})}
    check(Fault(each.where, each.number, "a note that is here") for each in balances if each.number not in loans)
    history = events_of(loan.pk for loan in loans.values())
    found = []
    for balance in sorted(balances, key=lambda each: (each.number, each.as_of)):
        loan = loans[balance.number]
        ours = _figures(terms_of(loan.terms), history[loan.pk], balance.as_of, loan)
        for component in COMPONENTS:
            theirs = balance.amounts_fen[component]
            if ours[component] != theirs:
                reason = _reason(loan, history[loan.pk], balance, component, ours[component] - theirs)
                found.append(Difference(balance.number, balance.as_of, component, ours[component], theirs, reason))
        days, told = ours["days_past_due"], balance.days_past_due
        if told is not None and days != told:
            reason = "label_of_day" if abs(days - told) == 1 else "unexplained"
            found.append(Difference(balance.number, balance.as_of, "days_past_due", days, told, reason))
    return found


def as_row(difference: Difference) -> dict[str, Any]:
    """A difference as a row of a table, amounts in fen."""
    return {**asdict(difference), "as_of": difference.as_of.isoformat(), "difference_fen": difference.difference_fen}


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as CSV with headings; only headings where nothing differs."""
    text = io.StringIO(newline="")
    names = [*(each.name for each in fields(Difference)), "difference_fen"]
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _figures(terms: Terms, events: Sequence[Event], day: date, loan: Loan) -> dict[str, int]:
    position = calculator.replay(terms, happened(terms, events, day), day)
    interest = sum(row.owed("interest") for row in position.rows if row.due <= day)
    penalty = sum(row.owed("penalty") + row.owed("compound") for row in position.rows)
    fee = sum(row.owed("fee") for row in position.rows if row.due <= day)
    overdue = min((row.due for row in position.rows if row.due <= day and row.outstanding > 0), default=day)
    return {
        "days_past_due": (day - overdue).days,
        "principal": position.principal,
        "interest_due": interest,
        "accrued_interest": position.accrued_interest,
        "penalty": penalty,
        "fee": fee,
    }


def _reason(loan: Loan, events: Sequence[Event], balance: MovedBalance, component: str, difference: int) -> str:
    """The first other convention that gives their figure to the fen; rounding where it is no more than a fen an instalment."""
    terms, theirs = terms_of(loan.terms), balance.amounts_fen[component]
    for reason, other, day in _conventions(terms, balance.as_of):
        try:
            if _figures(other, events, day, loan)[component] == theirs:
                return reason
        except (FaultsError, LookupError, ValueError, ArithmeticError):
            continue  # a convention that these terms cannot have
    rows = max(sum(1 for row in loan.instalments.all() if row.due <= balance.as_of), 1)
    return "rounding" if abs(difference) <= rows and component != "principal" else "unexplained"


def _conventions(terms: Terms, as_of: date) -> Iterable[tuple[str, Terms, date]]:
    yield "label_of_day", terms, as_of + timedelta(days=1)  # the night of the day itself counted
    yield "label_of_day", terms, as_of - timedelta(days=1)
    for label in ("start", "end"):
        yield "label_of_day", replace(terms, day_label=label), as_of
    for day_count in ("M/360", "ACT/360", "ACT/365", "30/360", "ACT/ACT"):
        basis = "daily" if day_count.startswith("ACT") else "period"
        yield "day_count", replace(terms, day_count=day_count, interest_basis=basis), as_of
        yield "day_count", replace(terms, day_count=day_count), as_of
    if terms.penalty is not None:
        for markup in (0, 3_000, 4_000, 5_000):
            yield "penalty_basis", replace(terms, penalty=replace(terms.penalty, markup_overdue=markup)), as_of
        for flags in ({"compound_in_term": False}, {"compound_in_term": False, "compound_overdue": False}, {"compound_on_penalty": True}):
            yield "penalty_basis", replace(terms, penalty=replace(terms.penalty, **flags)), as_of
        yield "penalty_basis", replace(terms, penalty=None), as_of
