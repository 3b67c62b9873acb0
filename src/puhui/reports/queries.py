"""The reports that there are, and how each is put together from the queries of the folders below.

A report of a day tells what the books of that day knew: a payment that is backdated later does not change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from statistics import median
from typing import Any

from django.conf import settings

from puhui.calculations.expected_loss import expected_loss
from puhui.decisions.queries import turnaround
from puhui.loans.models import DayEndStep
from puhui.loans.queries import Standing, standings
from puhui.parties.models import Institution
from puhui.products.parameters import table
from puhui.reports.factory import factory
from puhui.reports.monitoring import score_monitoring
from puhui.reports.tables import Column, Report, Table
from puhui.reports.titles import title

SERIES_LENGTH = 13  # month ends shown
NON_PERFORMING_DAYS = 90


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
    loans = list(standings(institution, as_of))
    losses = _expected_losses(institution, as_of, loans)
    groups = buckets(as_of)
    tables = (
        _summary(institution, as_of, loans, losses, language),
        _grouped(
            "buckets", "bucket", loans, losses, lambda each: _bucket(groups, each.days_past_due), language, [code for code, _ in groups]
        ),
        _grouped("classes", "class", loans, losses, lambda each: each.loan.risk_class, language),
        _grouped("products", "product", loans, losses, lambda each: each.loan.product_code, language),
        _months(institution, as_of, groups, language),
    )
    return Report("portfolio", title("portfolio", language), institution.name, as_of, tables)


def _expected_losses(institution: Institution, as_of: date, loans: list[Standing]) -> dict[int, int]:
    """Loan → loss expected within a year: what is owed × probability of default × loss given default."""
    costs = table("lending-costs", settings.PUHUI_CATALOGUE).row(as_of, lender_kind=institution.kind, security="unsecured")
    loss_given_default_ppm = round(float(costs["loss_given_default"]) * 1_000_000)
    return {
        each.loan.pk: expected_loss(each.principal_fen, _probability_ppm(each), loss_given_default_ppm)
        for each in loans
        if each.principal_fen
    }


def _probability_ppm(each: Standing) -> int:
    """What the decision took; a loan more than 90 days past due has defaulted."""
    return 1_000_000 if each.days_past_due > NON_PERFORMING_DAYS else each.loan.probability_ppm


def _summary(institution: Institution, as_of: date, loans: list[Standing], losses: dict[int, int], language: str) -> Table:
    open_loans = [each for each in loans if each.principal_fen]
    balance = sum(each.principal_fen for each in open_loans)

    def past(days: int) -> int:
        return sum(each.principal_fen for each in open_loans if each.days_past_due > days)

    speed = turnaround(institution, as_of)
    rows: list[tuple[str, Any, str]] = [
        ("loans", len(open_loans), "count"),
        ("firms", len({each.loan.firm_id for each in open_loans}), "count"),
        ("balance", balance, "fen"),
        ("lent", sum(each.counters.lent for each in loans), "fen"),
        ("repaid", sum(each.counters.principal_repaid for each in loans), "fen"),
        ("overdue_balance", past(0), "fen"),
        ("overdue_30", past(30), "fen"),
        ("overdue_90", past(NON_PERFORMING_DAYS), "fen"),
        ("expected_loss", sum(losses.values()), "fen"),
        ("income", sum(each.counters.interest_earned for each in loans), "fen"),
        ("penalty_income", sum(each.counters.penalty_earned for each in loans), "fen"),
        ("mean_rate", round(sum(each.principal_fen * each.loan.rate_ppm for each in open_loans) / balance) if balance else None, "ppm"),
        ("decisions", speed.decisions, "count"),
        ("approved_share", speed.approved / speed.decisions if speed.decisions else None, "share"),
        ("automated_share", speed.automated / speed.decisions if speed.decisions else None, "share"),
        ("hours_to_decision", median(speed.hours) if speed.hours else None, "hours"),
    ]
    columns = tuple(Column(name, title(name, language), kind) for name, _, kind in rows)  # type: ignore[arg-type]
    return Table("summary", title("summary", language), columns, (tuple(value for _, value, _ in rows),))


def _grouped(
    name: str,
    key: str,
    loans: Iterable[Standing],
    losses: dict[int, int],
    group_of: Callable[[Standing], str],
    language: str,
    order: list[str] | None = None,
) -> Table:
    """Open loans by group: number, balance, share of the balance, expected loss."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in loans:
        if each.principal_fen:
            group = sums[group_of(each)]
            group[0] += 1
            group[1] += each.principal_fen
            group[2] += losses[each.loan.pk]
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
    steps = DayEndStep.objects.filter(institution=institution, step="accrue", date__lte=as_of).order_by("-date")
    chosen = [step for step in steps if step.date == as_of or (step.date + timedelta(days=1)).day == 1][:SERIES_LENGTH]
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
}
