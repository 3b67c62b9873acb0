"""The stored state of loans against the fold of their events, and made from it anew.

What is kept of a loan beside its terms and events is a cache (`fold`, `keeping`). It can be computed again at any time and must then be
the same, column by column, instalment by instalment. A difference says that somebody wrote past the actions, or that a calculation changed
under loans that live: both want a person who asks why. So nothing is mended unless that is asked for, and mending moves no money: it
writes the cache as of the day that it was for; what the books hold is compared by `puhui books verify`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from puhui.books.findings import one_moment
from puhui.calculations.faults import Fault, FaultsError
from puhui.loans import shapes, standing
from puhui.loans.keeping import FAULTS_OF_A_LOAN, events_of, fold_loan, instalment_columns, state_columns, store_fold
from puhui.loans.models import Event, Loan
from puhui.loans.workers import spread
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution

__all__ = ["Difference", "differences_of", "rebuild"]

CHUNK = 1_000


@dataclass(frozen=True)
class Difference:
    """One thing that is stored of a loan and is not what its events give. `instalment` is None for the loan's own columns."""

    loan: str
    instalment: int | None
    column: str
    stored: Any
    folded: Any

    def __str__(self) -> str:
        where = f"instalment {self.instalment}: " if self.instalment is not None else ""
        if self.column == "row":
            return f"instalment {self.instalment} is {'missing' if self.stored is None else 'not of its events'}"
        if self.column == "terms":
            return f"cannot be replayed: {self.folded}"
        return f"{where}{self.column} is {self.stored}, its events give {self.folded}"


def differences_of(loan: Loan, events: Sequence[Event]) -> Iterator[Difference]:
    """What is stored of a loan and its instalments that its terms and events do not give. `events`: all, in the order of arrival."""
    try:
        folded = fold_loan(loan, events, loan.state_date)
    except FAULTS_OF_A_LOAN as fault:
        yield Difference(loan.number, None, "terms", None, str(fault))
        return
    for column, value in {**state_columns(folded), "event_count": len(events)}.items():
        if getattr(loan, column) != value:
            yield Difference(loan.number, None, column, getattr(loan, column), value)
    expected = {row["number"]: row for row in instalment_columns(folded)}
    stored = {row.number: row for row in loan.instalments.all()}
    for number in sorted(expected.keys() | stored.keys()):
        if number not in stored or number not in expected:
            yield Difference(loan.number, number, "row", stored.get(number) and number, expected.get(number) and number)
            continue
        for column, value in expected[number].items():
            if getattr(stored[number], column) != value:
                yield Difference(loan.number, number, column, getattr(stored[number], column), value)


def rebuild(
    institution: Institution, numbers: Sequence[str] = (), *, mend: bool = False, actor: str = "rebuild", workers: int = 1
) -> tuple[int, list[Difference]]:
    """How many loans were computed anew, and every difference; with `mend` what is stored is then what the events give.

    `numbers`: loans by their numbers, all of the institution where there are none. Works through them in chunks, each in a transaction
    of its own with its loans locked, while others go on. A loan that cannot be replayed is a difference and is left as it is. Mending all,
    it takes the totals over all loans (`standing`) anew, too.

    Raises FaultsError that names every number which no loan has.
    """
    loans = Loan.objects.filter(institution=institution)
    if numbers:
        loans = loans.filter(number__in=numbers)
        known = set(loans.values_list("number", flat=True))
        if faults := [Fault("loan", repr(number), f"a loan of {institution.code}") for number in numbers if number not in known]:
            raise FaultsError(faults)
    ids = list(loans.order_by("pk").values_list("pk", flat=True))
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    found = spread(partial(_chunk, institution, mend, actor), chunks, workers)
    if mend and not numbers:
        standing.retake(institution)
    return len(ids), [difference for each in found for difference in each]


def _chunk(institution: Institution, mend: bool, actor: str, ids: Sequence[int]) -> list[Difference]:
    if not mend:
        with one_moment():
            return [each for loan, history in _read(Loan.objects.all(), ids) for each in differences_of(loan, history)]
    found = []
    with transaction.atomic():
        for loan, history in _read(Loan.objects.select_for_update(no_key=True, of=("self",)), ids):
            differences = list(differences_of(loan, history))
            found += differences
            if differences and differences[0].column != "terms":
                loan.event_count = len(history)
                store_fold(loan, fold_loan(loan, history, loan.state_date))
                record_audit(institution, actor, "loan.rebuilt", "loan", loan.pk, {"differences": [_plain(each) for each in differences]})
    return found


def _read(loans: QuerySet[Loan], ids: Sequence[int]) -> list[tuple[Loan, list[Event]]]:
    chosen = list(loans.filter(pk__in=ids).order_by("pk").prefetch_related("instalments"))
    shapes.known(loan.run_shape for loan in chosen)
    history = events_of(ids)
    return [(loan, history[loan.pk]) for loan in chosen]


def _plain(difference: Difference) -> dict[str, Any]:
    return {name: value if isinstance(value, (int, type(None))) else str(value) for name, value in asdict(difference).items()}
