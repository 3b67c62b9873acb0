"""Classification by article: which articles make a loan at least of a class, which clocks run, and what comes if nothing is paid.

《商业银行金融资产风险分类办法》 (2023). Each article is a rule of a dated table and is tried on the facts of one loan; the worst class of
those that hold is the floor. A loan falls at once and rises only by a person's act, and then only when its clocks have run: that
is why the class held counts beside the floor. Retail loans are judged contract by contract; of a non-retail debtor, what is bad
in one loan spreads to the others.

Pure: no database, no clock, no figures of policy. Sources: `domain/regulation.md` §1, `domain/practice.md` 17.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from puhui.calculations.calendar import add_months
from puhui.calculations.classification import CLASSES, worst_class

__all__ = ["Article", "Clock", "Facts", "Held", "classified", "forecast", "holding", "is_non_performing", "later_of", "next_class_date"]

ONE = 1_000_000  # shares are in millionths


def is_non_performing(risk_class: str) -> bool:
    """不良: substandard, doubtful, loss."""
    return CLASSES.index(risk_class) >= CLASSES.index("substandard")


@dataclass(frozen=True)
class Article:
    """One rule; what it names must all hold. Shares in millionths; `applies_to` is all, retail or non_retail."""

    code: str
    article: str
    at_least: str
    applies_to: str = "all"
    days_more_than: int | None = None
    finding: str | None = None
    bank_share_more_than: int | None = None  # of the debtor's debts in this bank that is non-performing
    share_more_than: int | None = None  # that the finding tells
    expected_loss_from: int | None = None  # of the book value


@dataclass(frozen=True)
class Clock:
    """Of months and instalments the longer holds; `days` excuse."""

    days: int = 0
    months: int = 0
    instalments: int = 0


@dataclass(frozen=True)
class Facts:
    """What is known of one loan on a day. `findings`: code → share in millionths, or None where it asks for none."""

    overdue_since: date | None = None  # due date of the oldest unpaid instalment
    retail: bool = True
    findings: Mapping[str, int | None] = field(default_factory=dict)
    bank_share: int = 0  # of the debtor's other and own debts here that is non-performing, in millionths
    expected_loss: int | None = None  # allowance over book value, in millionths


@dataclass(frozen=True)
class Held:
    """An article that holds, with the fact in figures: days past due, share in millionths, or None."""

    article: Article
    fact: int | None


def counted_days(facts: Facts, day: date, technical: Clock) -> int:
    """Days past due that count: none while an arrear for a technical reason is within its days."""
    if facts.overdue_since is None:
        return 0
    days = max((day - facts.overdue_since).days, 0)
    return 0 if "technical_overdue" in facts.findings and days <= technical.days else days


def holding(facts: Facts, day: date, articles: Iterable[Article], technical: Clock) -> tuple[Held, ...]:
    """The articles that hold on a day, in the order of the table."""
    days = counted_days(facts, day, technical)
    found = []
    for article in articles:
        fact = _fact(article, facts, days)
        if fact is not _NOT:
            found.append(Held(article, fact if isinstance(fact, int) else None))
    return tuple(found)


_NOT = object()


def _fact(article: Article, facts: Facts, days: int) -> object:
    """The figure an article rests on, None where it needs none, `_NOT` where it does not hold."""
    if article.applies_to == ("non_retail" if facts.retail else "retail"):
        return _NOT
    figure: int | None = None
    if article.days_more_than is not None:
        if days <= article.days_more_than:
            return _NOT
        figure = days
    if article.finding is not None:
        if article.finding not in facts.findings:
            return _NOT
        if article.share_more_than is not None:
            figure = facts.findings[article.finding]
            if figure is None or figure <= article.share_more_than:
                return _NOT
    if article.bank_share_more_than is not None:
        if facts.bank_share <= article.bank_share_more_than:
            return _NOT
        figure = facts.bank_share
    if article.expected_loss_from is not None:
        if facts.expected_loss is None or facts.expected_loss < article.expected_loss_from:
            return _NOT
        figure = facts.expected_loss
    return figure


def classified(held_class: str, holds: Iterable[Held]) -> str:
    """The class of today: the floor of the articles, or the class held where that is worse."""
    return worst_class(held_class, *(each.article.at_least for each in holds))


def floor_class(holds: Iterable[Held]) -> str:
    """The best class that the articles allow."""
    return worst_class("normal", *(each.article.at_least for each in holds))


def next_class_date(facts: Facts, day: date, articles: Sequence[Article], technical: Clock) -> date | None:
    """The next day after `day` on which days past due alone make another article hold; None where none will."""
    if facts.overdue_since is None:
        return None
    bounds = sorted(each.days_more_than for each in articles if each.days_more_than is not None)
    if "technical_overdue" in facts.findings:
        bounds = sorted({*bounds, technical.days})
    place = bisect_right(bounds, max((day - facts.overdue_since).days, 0) - 1)
    return facts.overdue_since + timedelta(days=bounds[place] + 1) if place < len(bounds) else None


def forecast(
    facts: Facts, held_class: str, next_due: date | None, day: date, horizons: Sequence[int], articles: Sequence[Article], technical: Clock
) -> dict[int, str]:
    """The class after so many days if nothing is paid: horizon → class. `next_due`: when something next falls due."""
    classes = {}
    for horizon in horizons:
        then = day + timedelta(days=horizon)
        since = facts.overdue_since or (next_due if next_due is not None and next_due < then else None)
        unpaid = Facts(since, facts.retail, facts.findings, facts.bank_share, facts.expected_loss)
        classes[horizon] = classified(held_class, holding(unpaid, then, articles, technical))
    return classes


def later_of(clock: Clock, start: date, dues: Sequence[date]) -> date:
    """When a clock that starts on `start` has run: after its months and after so many of the due dates from then on, the later.

    Where fewer due dates are left, the months alone hold and the last due date.
    """
    after = add_months(start, clock.months)
    coming = [due for due in sorted(dues) if due >= start][: clock.instalments]
    return max([after, *coming])
