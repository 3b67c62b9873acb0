"""Keeping loans: what happened is added as events, the loans are folded anew, and the books get the difference.

One function does it for one loan at the counter and for the thousands that fall due in a night: read all events, fold each loan in
memory, write events, entries, states and instalments with one statement each. The caller holds the transaction, the open day and
the locks on the loans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from operator import attrgetter
from typing import Any, Literal

from django.db import DataError, IntegrityError, connection

from puhui.books.actions import EntryDraft, post_many
from puhui.calculations import events as calculation_events
from puhui.calculations.counters import Accounting
from puhui.calculations.faults import FaultsError
from puhui.calculations.posting import Counters, Transfer, transfers
from puhui.calculations.replay import replay
from puhui.calculations.terms import Terms
from puhui.decisions.actions import move_exposures
from puhui.loans import shapes
from puhui.loans.fold import Fold, fold, owed_on, terms_of
from puhui.loans.models import Event, Loan
from puhui.loans.nights import Run
from puhui.parties.models import Institution
from puhui.parties.statements import array_text

# What a single loan can do to a chunk: terms or events that cannot be read, a figure that is not settled, a row that the tables refuse.
# A lost connection is none of these; it ends the day end, which goes on when it is run again.
FAULTS_OF_A_LOAN = (FaultsError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, DataError, IntegrityError)

# Counter of calculations.posting → column of Loan.
COUNTERS = {each.name: f"{each.name}_fen" for each in fields(Counters)}


@dataclass(frozen=True)
class NewEvent:
    """Something that happens to a loan: `date` is when it takes effect, `key` makes a retry happen once."""

    type: str
    date: date
    key: str
    amount_fen: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A loan to be brought up to the open day, with what happened to it, if anything did. `act` names the entry in the books.

    `through`: the role of the account that principal moves through; not the borrower's where a new note closes an old one without cash.
    """

    loan: Loan
    act: str
    event: NewEvent | None = None
    through: str = "settlement"


@dataclass(frozen=True)
class Kept:
    """What became of a change."""

    loan: Loan
    fold: Fold
    event: Event | None
    transfers: tuple[Transfer, ...]


def counters_at(loan: Loan, day: date) -> Counters:
    """The counters that the books stand at for this loan after the day end of `day`: its state plus the nights booked since.

    Asks for the shape of the loan's nights once per process: read those of many loans together with `shapes.known`.
    """
    stored = {counter: getattr(loan, column) for counter, column in COUNTERS.items()}
    if (run := run_of(loan)) is not None:
        stored["interest_earned"] += run.on(max(day, loan.state_date)) - run.on(loan.state_date)
        return Counters(**stored)
    nights = (day - loan.state_date).days
    late = (loan.state_date - loan.overdue_since).days if loan.overdue_since else 0
    suspended = accounting_of(loan).suspends(loan.status, late)
    return night_of(Counters(**stored), suspended, _along(loan.interest_path, nights), _along(loan.penalty_path, nights))


def night_of(before: Counters, suspended: bool, interest: int, penalty: int) -> Counters:
    """Counters after nights that brought interest and penalty and nothing else; `suspended`: neither is income."""
    return replace(
        before,
        interest_earned=before.interest_earned + interest,
        penalty_earned=before.penalty_earned + penalty,
        accrued_interest_suspended=before.accrued_interest_suspended + interest * suspended,
        penalty_suspended=before.penalty_suspended + penalty * suspended,
    )


def run_of(loan: Loan) -> Run | None:
    """How the loan's interest runs; None where it has a path."""
    if loan.run_shape is None:
        return None
    return Run(shapes.shape(loan.run_shape), loan.run_offset or 0, loan.run_product or 0, loan.run_denominator or 1)


def _along(path: Sequence[int], nights: int) -> int:
    """A path's value after some nights; it stays at its last value where a loan was set aside and no action came."""
    return path[min(nights, len(path) - 1)] if path and nights > 0 else 0


def events_of(loan_ids: Iterable[int]) -> dict[int, list[Event]]:
    """All events of some loans, in the order in which they came."""
    found: dict[int, list[Event]] = defaultdict(list)
    for event in Event.objects.filter(loan_id__in=list(loan_ids)).order_by("loan_id", "number"):
        found[event.loan_id].append(event)
    return found


def calculation_event(event: Event) -> calculation_events.Event:
    """An event as the calculator takes it. Details are JSON: days come as text, and what begins with `note_` is not the calculator's."""
    detail = {name: value for name, value in event.detail.items() if not name.startswith("note_")}
    for name in _DAYS_IN_DETAIL & detail.keys():
        detail[name] = date.fromisoformat(detail[name])
    return calculation_events.Event(
        date=event.date, type=event.type, amount=event.amount_fen or 0, id=str(event.number), known=event.known_on, **detail
    )


_DAYS_IN_DETAIL = frozenset({"until", "begin", "due", "new_due"})


def fold_loan(loan: Loan, events: Sequence[Event], day: date) -> Fold:
    """Fold a loan's events up to `day`."""
    terms = terms_of(loan.terms)
    lent = sum(event.amount_fen or 0 for event in events if event.type == "drawdown" and event.date <= day)
    return fold(terms, happened(terms, events, day), day, lent, accounting_of(loan))


def accounting_of(loan: Loan) -> Accounting:
    """How the books keep this loan."""
    cas_22 = loan.non_accrual_profile == Institution.NonAccrual.CAS_22
    profile: Literal["house_rule", "cas_22"] = "cas_22" if cas_22 else "house_rule"
    return Accounting(profile, interest_tax_ppm=loan.interest_tax_ppm, fee_tax_ppm=loan.fee_tax_ppm)


def owed_now(loan: Loan, events: Sequence[Event], day: date) -> int:
    """What a debit may take on `day`, without what a fold compiles for the nights ahead."""
    terms = terms_of(loan.terms)
    return owed_on(replay(terms, happened(terms, events, day), day), day)


def happened(terms: Terms, events: Sequence[Event], day: date) -> tuple[calculation_events.Event, ...]:
    """Events up to `day` for the calculator. One drawdown of the whole amount on the first day is what the terms say already."""
    draws = [event for event in events if event.type == "drawdown"]
    whole = len(draws) == 1 and (draws[0].amount_fen, draws[0].date) == (terms.amount, terms.start) and terms.line is None
    return tuple(calculation_event(event) for event in events if event.date <= day and not (whole and event.type == "drawdown"))


def keep(institution: Institution, day: date, changes: Sequence[Change], actor: str) -> list[Kept]:
    """Carry out changes to loans that the caller has locked, on the open day `day`. No loan may stand in two changes."""
    history = events_of(change.loan.pk for change in changes)
    shapes.known(change.loan.run_shape for change in changes)
    created = Event.objects.bulk_create([_event_row(institution, day, change, actor) for change in changes if change.event is not None])
    event_of = {event.loan_id: event for event in created}
    kept = []
    for change in changes:
        loan, event = change.loan, event_of.get(change.loan.pk)
        events = history[loan.pk] + ([event] if event else [])
        folded = fold_loan(loan, events, day)
        before = counters_at(loan, day - timedelta(days=1))
        kept.append(Kept(loan, folded, event, tuple(_through(change.through, transfers(before, folded.counters)))))
    _post(institution, day, changes, kept, actor)
    _move_exposures(kept)
    _store(kept)
    return kept


def _event_row(institution: Institution, day: date, change: Change, actor: str) -> Event:
    event = change.event
    assert event is not None
    return Event(
        institution=institution,
        loan=change.loan,
        number=change.loan.event_count + 1,
        type=event.type,
        date=event.date,
        known_on=day,
        amount_fen=event.amount_fen,
        detail=event.detail,
        key=event.key,
        recorded_by=actor,
    )


def _post(institution: Institution, day: date, changes: Sequence[Change], kept: Sequence[Kept], actor: str) -> None:
    drafts = [
        EntryDraft(
            act=change.act,
            effective_date=each.event.date if each.event else day,
            transfers=list(each.transfers),
            loan_id=each.loan.pk,
            event_id=each.event.pk if each.event else None,
            reference=each.loan.number,
            branch_id=each.loan.branch_id,
            product_code=each.loan.product_code,
        )
        for change, each in zip(changes, kept, strict=True)
        if each.transfers
    ]
    post_many(institution, drafts, recorded_by=actor)


def _through(role: str, moved: Sequence[Transfer]) -> list[Transfer]:
    """Transfers with their principal moving through another account than the borrower's."""
    if role == "settlement":
        return list(moved)
    roles = {"settlement": role}
    return [
        Transfer(roles.get(each.debit, each.debit), roles.get(each.credit, each.credit), each.amount_fen)
        if "principal" in (each.debit, each.credit)
        else each
        for each in moved
    ]


def _move_exposures(kept: Sequence[Kept]) -> None:
    """What is drawn comes out of what is reserved; of a line that is open, what is repaid goes back to it."""
    moves = []
    for each in kept:
        difference = each.fold.counters.principal - each.loan.principal_fen
        if difference:
            drawn = difference if each.loan.contract.revolves else each.fold.counters.lent - each.loan.lent_fen
            moves.append((each.loan.contract.decision_id, drawn, difference))
    move_exposures(moves)


# What a fold writes of a loan and of an instalment: column → its type on the way. Paths are text: arrays of arrays would be taken apart.
_STATE = {
    "state_date": "date", "status": "text", "overdue_since": "date", **dict.fromkeys(COUNTERS.values(), "bigint"),
    "interest_path": "text", "penalty_path": "text", "run_shape": "bigint", "run_offset": "bigint", "run_product": "bigint",
    "run_denominator": "bigint", "next_number": "int", "next_action_date": "date", "event_count": "int",
}  # fmt: skip
_PATHS = ("interest_path", "penalty_path")
_INSTALMENT = {
    "start": "date", "due": "date", "principal_fen": "bigint", "interest_fen": "bigint", "fee_fen": "bigint", "penalty_fen": "bigint",
    "compound_fen": "bigint", "paid_fen": "bigint", "balance_fen": "bigint", "run_shape": "bigint", "run_product": "bigint",
    "run_denominator": "bigint",
}  # fmt: skip

_UPDATE_LOANS = """
    UPDATE loans_loan AS loan
       SET {updates}
      FROM unnest(%s::bigint[], {places}) AS kept (id, {names})
     WHERE loan.id = kept.id
""".format(
    updates=", ".join(f"{name} = kept.{name}{'::bigint[]' * (name in _PATHS)}" for name in _STATE),
    places=", ".join(f"%s::{kind}[]" for kind in _STATE.values()),
    names=", ".join(_STATE),
)

# What stays as it is is left out before: a conflict costs a lock and a new version of the row even where nothing is changed. It is looked
# up row by row (OFFSET 0): a join of so many would read every instalment there is.
_UPSERT_INSTALMENTS = """
    INSERT INTO loans_instalment (loan_id, number, {names})
    SELECT loan_id, number, {names}
      FROM unnest(%s::bigint[], %s::int[], {places}) AS kept (loan_id, number, {names})
     WHERE NOT EXISTS (SELECT FROM loans_instalment AS held
                        WHERE held.loan_id = kept.loan_id AND held.number = kept.number
                          AND ({held}) IS NOT DISTINCT FROM ({kept}) OFFSET 0)
        ON CONFLICT (loan_id, number) DO UPDATE SET {updates}
""".format(
    names=", ".join(_INSTALMENT),
    places=", ".join(f"%s::{kind}[]" for kind in _INSTALMENT.values()),
    held=", ".join(f"held.{name}" for name in _INSTALMENT),
    kept=", ".join(f"kept.{name}" for name in _INSTALMENT),
    updates=", ".join(f"{name} = excluded.{name}" for name in _INSTALMENT),
)

_DELETE_INSTALMENTS = """
    DELETE FROM loans_instalment AS instalment
     USING unnest(%s::bigint[], %s::int[]) AS kept (loan_id, rows)
     WHERE instalment.loan_id = kept.loan_id AND instalment.number > kept.rows
"""


def state_columns(folded: Fold) -> dict[str, Any]:
    """The cached columns of a loan that its fold determines."""
    return {
        "state_date": folded.day,
        "status": folded.position.status,
        "overdue_since": folded.overdue_since,
        "interest_path": list(folded.interest_path),
        "penalty_path": list(folded.penalty_path),
        "run_shape": folded.run and folded.run.shape.id,
        "run_offset": folded.run and folded.run.offset,
        "run_product": folded.run and folded.run.product,
        "run_denominator": folded.run and folded.run.denominator,
        "next_number": folded.next_number,
        "next_action_date": folded.next_action_date,
        **{column: getattr(folded.counters, counter) for counter, column in COUNTERS.items()},
    }


def instalment_columns(folded: Fold) -> list[dict[str, Any]]:
    """The cached instalments that a fold determines."""
    return [dict(zip(("number", *_INSTALMENT), values, strict=True)) for values in _instalment_values(folded)]


_ROW = attrgetter("number", "start", "due", "principal", "interest", "fee", "penalty", "compound", "paid", "balance")


def _instalment_values(folded: Fold) -> list[tuple[Any, ...]]:
    """The number and the columns of _INSTALMENT of each row."""
    runs = [folded.run_of_row(row) for row in folded.position.rows]
    along = [(None, None, None) if run is None else (run.shape.id, run.product, run.denominator) for run in runs]
    return [(*_ROW(row), *run) for row, run in zip(folded.position.rows, along, strict=True)]


def store_fold(loan: Loan, folded: Fold) -> None:
    """Write a locked loan's state and instalments as its fold gives them; no event, and nothing in the books."""
    _store([Kept(loan, folded, None, ())])


def _store(kept: Sequence[Kept]) -> None:
    """Write states and instalments, and bring the loans in hand up to what was written."""
    if not kept:
        return
    states, instalments, counts = [], [], []
    for each in kept:
        columns = state_columns(each.fold)
        columns["event_count"] = each.loan.event_count + (1 if each.event else 0)
        for name, value in columns.items():
            setattr(each.loan, name, value)
        written = {**columns, **{path: array_text(columns[path]) for path in _PATHS}}
        states.append((each.loan.pk, *(written[name] for name in _STATE)))
        rows = _instalment_values(each.fold)
        instalments += [(each.loan.pk, *row) for row in rows]
        counts.append((each.loan.pk, max((number for number, *_ in rows), default=0)))
    shapes.store([run for each in kept for run in (each.fold.run, *each.fold.coming.values()) if run is not None])
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE_LOANS, _arrays(states))
        if instalments:
            cursor.execute(_UPSERT_INSTALMENTS, _arrays(instalments))
        cursor.execute(_DELETE_INSTALMENTS, _arrays(counts))


def _arrays(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """The columns of rows, each as one array."""
    return [array_text(column) for column in zip(*rows, strict=True)]
