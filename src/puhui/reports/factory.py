"""The report of the factory: is it fast, without a person where none is needed, and does it lend where it should?

Time runs from the application to the answer and to the money, in all hours, as the borrower waits. Targets and tolerances stand in the
dated table `factory-tolerances`; why firms were refused and where persons hesitated is told by cause (docs/factory.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from puhui.decisions import conduct
from puhui.decisions.hesitation import Hesitation, hesitations, late_decisions
from puhui.decisions.speed import Speed
from puhui.loans.small_firm_figures import small_firms
from puhui.loans.to_money import NOTHING_PAID, ToMoney, Way, hours_to_money
from puhui.parties.models import Institution
from puhui.products.parameters import table
from puhui.reports.tables import Column, Report, Table
from puhui.reports.titles import title

NON_PERFORMING_DAYS = 90
_LANGUAGES = {"en": "en", "zh-hans": "zh_hans", "zh-hant": "zh_hant"}


def factory(institution: Institution, as_of: date, language: str = "en") -> Report:
    """Targets, speed by product and channel, causes of refusal and referral, persons' refusals, hesitation, deviations."""
    found = conduct.conduct(institution, as_of)
    money = hours_to_money(institution, as_of)
    together, now = money.get((None, None), NOTHING_PAID), timezone.now()
    small = small_firms(institution, as_of, NON_PERFORMING_DAYS)
    more = {"small_firm_npl_excess_share": (small.excess_share, small.loans)}
    late = late_decisions(institution, as_of, now)
    numbers = {one.pk for one in late}
    tables = (
        _targets(conduct.measures(institution, as_of, together.median_hours, together.payouts, found, now, more, numbers), language),
        _speed(found.speeds, money, language),
        _causes(institution, as_of, language),
        _refusals(found, as_of, language),
        _hesitations(hesitations(late), language),
        _deviations(found, language),
    )
    return Report("factory", title("factory", language), institution.name, as_of, tables, (title("factory_note", language),))


def _columns(language: str, *pairs: tuple[str, Any]) -> tuple[Column, ...]:
    return tuple(Column(name, title(name, language), kind) for name, kind in pairs)


def _targets(measures: list[conduct.Measure], language: str) -> Table:
    columns = _columns(language, ("measure", "text"), ("value", "text"), ("target", "text"), ("cases", "count"), ("standing", "text"))
    rows = tuple(
        (title(one.name, language), _told(one.name, one.value), _bounds(one), one.cases, title(f"standing_{one.state}", language))
        for one in measures
    )
    return Table("targets", title("targets", language), columns, rows)


def _told(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value * 100:.1f}%" if name.endswith("share") else f"{value:.1f}"


def _bounds(one: conduct.Measure) -> str:
    return f"≥ {_told(one.name, one.least)}" if one.least is not None else f"≤ {_told(one.name, one.most)}"


def _speed(speeds: list[Speed], money: Mapping[Way, ToMoney], language: str) -> Table:
    columns = _columns(
        language, ("product", "text"), ("channel", "text"), ("decisions", "count"), ("automated_share", "share"),
        ("hours_to_decision", "hours"), ("paid_out", "count"), ("hours_to_money", "hours"), ("hours_to_money_90", "hours"),
    )  # fmt: skip
    rows = []
    for one in speeds:
        if one.product_code is not None:
            paid = money.get((one.product_code, one.channel), NOTHING_PAID)
            spans = one.median_hours, paid.payouts, paid.median_hours, paid.ninetieth_hours
            rows.append((one.product_code, one.channel, one.decisions, one.automated / one.decisions, *spans))
    return Table("speed", title("speed", language), columns, tuple(rows))


def _causes(institution: Institution, as_of: date, language: str) -> Table:
    columns = _columns(language, ("severity", "text"), ("cause", "text"), ("cases", "count"))
    rows = tuple(
        (title(f"severity_{severity}", language), texts.get(language) or code, count)
        for code, severity, texts, count in conduct.causes(institution, as_of)
    )
    return Table("causes", title("causes", language), columns, rows)


def _refusals(told: conduct.Conduct, as_of: date, language: str) -> Table:
    """What persons refused, by the cause they named."""
    words = {row["code"]: row[_LANGUAGES[language]] for row in table("refusal-causes", settings.PUHUI_CATALOGUE).valid_on(as_of)}
    found = told.refusals
    total = sum(count for _, count in found)
    rows = tuple((words.get(cause) or title("cause_not_named", language), count, count / total) for cause, count in found)
    return Table(
        "refusals", title("refusals", language), _columns(language, ("cause", "text"), ("cases", "count"), ("share", "share")), rows
    )


def _hesitations(found: list[Hesitation], language: str) -> Table:
    """Cases open beyond their time, by level and by the question that is open; one with several questions counts under each."""
    columns = _columns(language, ("level", "text"), ("open_question", "text"), ("cases", "count"))
    rows = tuple(
        (title(f"level_{one.level}", language), one.texts.get(language) or title("no_open_question", language), one.cases) for one in found
    )
    return Table("hesitations", title("hesitations", language), columns, rows)


def _deviations(told: conduct.Conduct, language: str) -> Table:
    columns = _columns(
        language, ("application", "count"), ("deviation", "text"), ("over_limit_fen", "fen"), ("under_floor_ppm", "ppm"),
        ("person", "text"), ("reason", "text"),
    )  # fmt: skip
    rows = tuple(
        (
            row.decision.application_id, title(f"deviation_{kind}", language), size if kind == "over_limit_fen" else None,
            size if kind == "under_floor_ppm" else None, row.reviewer.get_full_name() or row.reviewer.username, row.reason,
        )
        for row, kind, size in told.deviations
    )  # fmt: skip
    return Table("deviations", title("deviations", language), columns, rows)
