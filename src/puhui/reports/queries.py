"""The reports that there are, and how each is put together from the queries of the folders below.

A report of a day tells what the books of that day knew: a payment that is backdated later does not change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.conf import settings

from puhui.decisions import speed
from puhui.loans.book_figures import Book, Group, book
from puhui.loans.models import DayEndStep
from puhui.parties.models import Institution
from puhui.products.parameters import table
from puhui.reports.concentration import concentration
from puhui.reports.factory import NON_PERFORMING_DAYS, factory
from puhui.reports.monitoring import score_monitoring
from puhui.reports.tables import Column, Report, Table
from puhui.reports.titles import title

SERIES_LENGTH = 13  # month ends shown


def report(name: str, institution: Institution, as_of: date | None, language: str = "en") -> Report:
    """The report `name` after the day end of `as_of` (of the last ended day where None). Raises KeyError for an unknown name."""
    return REPORTS[name](institution, as_of or institution.business_date - timedelta(days=1), language)


def buckets(as_of: date) -> list[tuple[str, int]]:
    """The groups of days past due in force: code and the first day of each, ascending."""
    rows = table("overdue-buckets", settings.PUHUI_CATALOGUE).valid_on(as_of)
    return sorted(((row["code"], int(row["days_from"])) for row in rows), key=lambda pair: pair[1])


def _bucket(groups: list[tuple[str, int]], days: int) -> str:
    return next(code for code, first in reversed(groups) if days >= first)


def portfolio(institution: Institution, as_of: date, language: str = "en") -> Report:
    """The loan book: sums, by days past due, by class, by product, month by month."""
    found = _book(institution, as_of)
    codes = buckets(as_of)
    tables = (
        _summary(institution, as_of, found, language),
        _grouped("buckets", "bucket", found, lambda each: _bucket(codes, each.days_past_due), language, [code for code, _ in codes]),
        _grouped("classes", "class", found, lambda each: each.risk_class, language),
        _grouped("products", "product", found, lambda each: each.product_code, language),
        _months(institution, as_of, codes, language),
    )
    return Report("portfolio", title("portfolio", language), institution.name, as_of, tables)


def _book(institution: Institution, as_of: date) -> Book:
    """With the loss expected within a year: what is owed × probability of default × loss given default."""
    costs = table("lending-costs", settings.PUHUI_CATALOGUE).row(as_of, lender_kind=institution.kind, security="unsecured")
    return book(institution, as_of, round(float(costs["loss_given_default"]) * 1_000_000), NON_PERFORMING_DAYS)


def _summary(institution: Institution, as_of: date, found: Book, language: str) -> Table:
    def total(name: str, more_than_days: int = -1) -> int:
        return sum(getattr(each, name) for each in found.groups if each.days_past_due > more_than_days)

    balance = total("principal_fen")
    answers = speed.in_all(institution, as_of)
    rows: list[tuple[str, Any, str]] = [
        ("loans", total("loans"), "count"),
        ("firms", found.firms, "count"),
        ("balance", balance, "fen"),
        ("lent", total("lent_fen"), "fen"),
        ("repaid", total("repaid_fen"), "fen"),
        ("overdue_balance", total("principal_fen", 0), "fen"),
        ("overdue_30", total("principal_fen", 30), "fen"),
        ("overdue_90", total("principal_fen", NON_PERFORMING_DAYS), "fen"),
        ("expected_loss", total("expected_loss_fen"), "fen"),
        ("income", total("interest_earned_fen"), "fen"),
        ("penalty_income", total("penalty_earned_fen"), "fen"),
        ("mean_rate", round(total("rate_weight") / balance) if balance else None, "ppm"),
        ("decisions", answers.answered, "count"),
        ("approved_share", answers.approved / answers.answered if answers.answered else None, "share"),
        ("automated_share", answers.automated / answers.answered if answers.answered else None, "share"),
        ("hours_to_decision", answers.median_hours, "hours"),
    ]
    columns = tuple(Column(name, title(name, language), kind) for name, _, kind in rows)  # type: ignore[arg-type]
    return Table("summary", title("summary", language), columns, (tuple(value for _, value, _ in rows),))


def _grouped(name: str, key: str, found: Book, group_of: Callable[[Group], str], language: str, order: list[str] | None = None) -> Table:
    """Open loans by group: number, balance, share of the balance, expected loss."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in found.groups:
        if each.loans:
            for place, value in enumerate((each.loans, each.principal_fen, each.expected_loss_fen)):
                sums[group_of(each)][place] += value
    total = sum(group[1] for group in sums.values())
    columns = (
        Column(key, title(key, language)),
        Column("loans", title("loans", language), "count"),
        Column("balance_fen", title("balance", language), "fen"),
        Column("share", title("share", language), "share"),
        Column("expected_loss_fen", title("expected_loss", language), "fen"),
    )
    names = order if order is not None else sorted(sums)
    rows = tuple((each, sums[each][0], sums[each][1], sums[each][1] / total if total else None, sums[each][2]) for each in names)
    return Table(name, title(name, language), columns, rows)


def _months(institution: Institution, as_of: date, groups: list[tuple[str, int]], language: str) -> Table:
    """Balance by days past due at each month's end and on `as_of`, as the day ends recorded it."""
    ends = [as_of]
    while len(ends) < SERIES_LENGTH:
        ends.append(ends[-1].replace(day=1) - timedelta(days=1))
    chosen = DayEndStep.objects.filter(institution=institution, step="accrue", date__in=ends).order_by("-date")
    rows = []
    for step in reversed(chosen):
        balances = dict.fromkeys((code for code, _ in groups), 0)
        for days, _, principal_fen in step.figures["book"]:
            balances[_bucket(groups, days or 0)] += principal_fen
        loans = sum(count for _, count, _ in step.figures["book"])
        rows.append((step.date.isoformat(), loans, sum(balances.values()), *balances.values()))
    columns = (
        Column("date", title("month", language)),
        Column("loans", title("loans", language), "count"),
        Column("balance_fen", title("balance", language), "fen"),
        *(Column(f"{code}_fen", code, "fen") for code, _ in groups),
    )
    return Table("months", title("months", language), columns, tuple(rows))


REPORTS: dict[str, Callable[[Institution, date, str], Report]] = {
    "portfolio": portfolio,
    "score-monitoring": score_monitoring,
    "factory": factory,
    "concentration": concentration,
}
