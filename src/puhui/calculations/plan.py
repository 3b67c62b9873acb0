"""The plan of a loan: how much of each instalment is principal, by the method agreed.

The plan knows no events. It is asked for one row after another and told the principal not yet due and the interest of the row;
what is put off (by a grace, or because interest exceeds the level) it carries to the next rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from puhui.calculations.interest import SCALE, RateLine, slices_interest
from puhui.calculations.levels import annuity_level, round_to_multiple, solved_level
from puhui.calculations.money import round_exact, round_quotient
from puhui.calculations.periods import Period, unsettled
from puhui.calculations.term_records import Terms

__all__ = ["Plan"]

_ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Plan:
    """`level`: the equal instalment or the equal principal in force; `carried`: interest of earlier rows that waits; `shortened`: 缩期."""

    terms: Terms
    periods: Sequence[Period]
    line: RateLine
    level: int = 0
    carried: int = 0
    shortened: bool = False
    flat_interests: tuple[int, ...] = ()
    grace_principal: int = -1
    """The first row that repays principal; set from the terms unless given."""
    put_off: frozenset[int] = frozenset()
    """The rows whose interest waits for the first row after them."""
    free: frozenset[int] = frozenset()
    """The rows that bear no interest."""

    def __post_init__(self) -> None:
        grace = self.terms.grace
        if self.grace_principal < 0:
            self.grace_principal = grace.principal
        if grace.interest_payment:
            self.put_off = frozenset(range(grace.interest_payment))
        if grace.interest_free:
            self.free = frozenset(range(grace.interest_free))

    @property
    def has_level(self) -> bool:
        """Whether there is something that a prepayment, a drawdown or a rate sets anew."""
        return self.terms.method in ("equal_instalment", "equal_principal", "flat")

    def renew(self, index: int, outstanding: int, bearing: Sequence[tuple[int, date]] = ()) -> None:
        """Set the level anew from the row at `index` on the principal `outstanding`.

        `bearing`: (amount, since when) of what bears interest in its period; the interest of a flat loan is told by it.
        """
        terms = self.terms
        begin = max(index, self.grace_principal)
        left = self.periods[begin:]
        if not outstanding or not left:
            return
        if terms.balloon >= outstanding:
            raise unsettled("balloon", "as much as is outstanding or more", "less than what is left to repay: not settled otherwise")
        if terms.method == "equal_instalment":
            if terms.level == "solved":
                self.level = solved_level(terms, left, outstanding, self.line.known_on(self.periods[index].due - _ONE_DAY))
            else:
                rate = self.line.rate_on_last_night(self.periods[index])
                self.level = annuity_level(terms, left, outstanding, rate)
        elif terms.method == "equal_principal":
            self._renew_principal(outstanding, len(left))
        elif terms.method == "flat":
            self._renew_flat(index, outstanding, bearing)

    def _renew_principal(self, outstanding: int, count: int) -> None:
        terms = self.terms
        if terms.principal_share is not None:
            part = terms.amount * terms.principal_share
            self.level = round_quotient(part.numerator, part.denominator, terms.rounding)
        else:
            self.level = round_quotient(outstanding - terms.balloon, count, terms.rounding)
        if self.level * (count - 1) >= outstanding:
            raise unsettled("instalments", count, "fewer: the rounded parts leave nothing to the last instalment")

    def _renew_flat(self, index: int, outstanding: int, bearing: Sequence[tuple[int, date]]) -> None:
        """Interest of the rows from `index` on what was drawn, and the level that repays `outstanding` with it."""
        terms, left = self.terms, self.periods[index:]
        line = self.line.known_on(left[0].due - _ONE_DAY)
        drawn = sum(amount for amount, _ in bearing)
        parts = [[(amount, first, left[0].due) for amount, first in bearing], *([(drawn, each.start, each.due)] for each in left[1:])]
        exact = [slices_interest(period, line, part) for period, part in zip(left, parts, strict=True)]
        if terms.flat_interest == "term":
            whole = round_exact(sum(exact), SCALE, terms.rounding)
            each = round_quotient(whole, len(left), terms.rounding)
            interests = [*([each] * (len(left) - 1)), whole - each * (len(left) - 1)]
            if interests[-1] < 0:
                raise unsettled("flat_interest", "term", "period: the rounded parts exceed the interest of the term")
        else:
            interests = [round_exact(item, SCALE, terms.rounding) for item in exact]
        self.flat_interests = (*(self.flat_interests[:index] or (0,) * index), *interests)
        self.level = round_to_multiple(outstanding + sum(interests), len(left), terms)
        if any(interest > self.level for interest in interests):
            raise unsettled("method", "flat", "interest below the level of each period")

    def bears_interest(self, index: int) -> bool:
        """Whether the period at `index` bears interest at all."""
        return index not in self.free

    def puts_off(self, index: int) -> bool:
        """Whether interest of the row at `index` or of a later one is put off."""
        return bool(self.put_off) and index <= max(self.put_off)

    def row(self, index: int, undue: int, interest: int, carried: int | None = None) -> tuple[int, int, int]:
        """(principal, interest due, interest carried on) of the row at `index`, with `undue` principal and `interest` of its own.

        `carried`: interest of earlier rows that waits, unless given what the plan holds.
        """
        terms = self.terms
        carried = self.carried if carried is None else carried
        last = index == len(self.periods) - 1
        if index in self.put_off and not last:
            return self._principal(index, undue, interest), 0, carried + interest
        owed = carried + interest
        if last:
            return undue, owed, 0
        if index < self.grace_principal:
            return 0, owed, 0
        level = self._whole_instalment(index)
        if level is None:
            return self._principal(index, undue, interest), owed, 0
        on_top = carried if index - 1 in self.put_off and terms.level == "annuity" else 0
        payable = level + on_top
        if owed > payable:
            return 0, payable, owed - payable
        return self._within(index, undue, payable - owed), owed, 0

    def _whole_instalment(self, index: int) -> int | None:
        """The agreed whole instalment of a row, or None where the principal is agreed and interest comes on top."""
        if self.terms.method == "equal_instalment":
            return self.level
        if self.terms.method == "stepped":
            for part in self.terms.steps:
                if index < part.count:
                    return part.amount if part.whole_instalment else None
                index -= part.count
        return None

    def _principal(self, index: int, undue: int, interest: int) -> int:
        """The principal of a row that is not the last, where it does not follow from a whole instalment."""
        terms = self.terms
        if index < self.grace_principal:
            return 0
        if terms.method == "equal_principal":
            return self._within(index, undue, self.level)
        if terms.method == "equal_instalment":  # its interest is put off and will come on top
            return self._within(index, undue, max(self.level - interest, 0))
        if terms.method == "flat":
            return self._within(index, undue, self.level - interest)
        if terms.method == "custom":
            return min(terms.dues[index].principal, undue) if self.shortened else terms.dues[index].principal
        if terms.method == "stepped":
            for part in terms.steps:
                if index < part.count:
                    return self._within(index, undue, part.amount)
                index -= part.count
        return 0

    def _within(self, index: int, undue: int, principal: int) -> int:
        """The principal, which must leave something to the last row, and no less than the balloon, unless the term was shortened."""
        if principal and undue - principal < self.terms.balloon and not self.shortened:
            found = f"less than the balloon left at instalment {index + 1}"
            raise unsettled("balloon", found, "terms that leave the whole balloon to the last instalment: otherwise not settled")
        if principal < undue or self.shortened:
            return min(principal, undue)
        if undue == 0:
            return 0
        found = f"all principal repaid at instalment {index + 1}"
        raise unsettled("instalments", found, "terms under which the last instalment has a rest to take")
