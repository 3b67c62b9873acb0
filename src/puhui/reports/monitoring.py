"""The report on scores at work: for each model in use, has the world moved, does it still order, is it true, is it fair?

The cases are the decisions that a model took until a day, each with what came of it: offered or not, who overruled it, and, where money
went out, whether the loan defaulted by that day (more than 90 days past due, or written off). What is measured, and how, is told in
`scoring.monitoring`; its limits stand in the dated table `score-monitoring`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef

from puhui.decisions.models import Decision, Offer, Review
from puhui.loans.taxing import firm_size
from puhui.parties.models import Firm, Institution
from puhui.parties.owner_sex import known_apart, owner_sexes
from puhui.products.parameters import table
from puhui.reports.monitoring_outcomes import development_ks, order_rows, settled_until, truth_rows
from puhui.reports.monitoring_words import alarm_causes, alarm_subject, bin_named, group_named, meaning_of
from puhui.reports.outcomes import outcomes
from puhui.reports.tables import Column, Kind, Report, Table
from puhui.reports.titles import title
from puhui.scoring import monitoring
from puhui.scoring import movers as moved
from puhui.scoring.alarms import alarms
from puhui.scoring.models import RegisteredModel
from puhui.scoring.queries import in_use, models

__all__ = ["limits_on", "measured", "monitored", "score_monitoring"]

AGES = ((24, "age_young"), (60, "age_middle"))  # months since founding, below
Rows = list[tuple[Any, ...]]


def score_monitoring(institution: Institution, as_of: date, language: str = "en") -> Report:
    """All models in use, one after the other in the same tables."""
    used = models(institution).filter(pk__in=in_use(institution, as_of).values()).order_by("name")
    parts = [monitored(institution, row, as_of, language) for row in used]
    tables = [_alarms(institution, language), *(_joined(list(same)) for same in zip(*parts, strict=True))] if parts else []
    notes = (title("monitoring_note", language),)
    return Report("score-monitoring", title("score-monitoring", language), institution.name, as_of, tuple(tables), notes)


def _alarms(institution: Institution, language: str) -> Table:
    """The alarms that last today, whatever day the report is of."""
    rows = [
        (
            one.model.name, title(f"alarm_{one.measure}", language), alarm_subject(one, language), one.level, one.figure, one.limit,
            "; ".join(alarm_causes(one, language)), one.raised_on, one.note,
        )
        for one in alarms(institution).filter(closed_on=None)
    ]  # fmt: skip
    return _table("alarms", rows, _ALARMS, language)


def _joined(tables: Sequence[Table]) -> Table:
    return Table(tables[0].name, tables[0].title, tables[0].columns, tuple(row for each in tables for row in each.rows))


def monitored(institution: Institution, model: RegisteredModel, as_of: date, language: str = "en") -> tuple[Table, ...]:
    """The tables of one model: stability, movers, causes, order, truth, conduct, groups."""
    rows = measured(institution, model, as_of, language)
    return (
        _table("stability", rows["stability"], _STABILITY, language),
        _table("movers", rows["movers"], _MOVERS, language),
        _table("causes", rows["causes"], _CAUSES, language),
        _table("order", rows["order"], _ORDER, language),
        _table("truth", [(*row[:-1], title(f"holds_{row[-1]}", language)) for row in rows["truth"]], _TRUTH, language),
        _table("conduct", rows["conduct"], _CONDUCT, language),
        _table("groups", [_group_told(row, language) for row in rows["groups"]], _GROUPS, language),
    )


def limits_on(day: date) -> tuple[monitoring.Limits, Mapping[str, Any]]:
    """The limits in force on a day, and the whole row of the table."""
    row = next(iter(table("score-monitoring", settings.PUHUI_CATALOGUE).valid_on(day)))
    bounds = float(row["stability_watch"]), float(row["stability_alarm"]), int(row["least_cases"]), float(row["approval_ratio_least"])
    return monitoring.Limits(*bounds), row


def measured(institution: Institution, model: RegisteredModel, as_of: date, language: str = "en") -> dict[str, Rows]:
    """What the tables of a model rest on, by table: states, dimensions and groups by their codes, months' truth as yes, no or young; and
    `settled`: cases, defaults, AUC, KS of all settled loans and the KS of development; `spans`: loans held against what was expected."""
    limits, row = limits_on(as_of)
    cases = _cases(institution, model, as_of)
    loans = cases.filter(pl.col("defaulted").is_not_null()).select(pl.col("paid_out").alias("month"), "probability", "defaulted")
    recent = cases["month"].unique().sort().to_list()[-int(row["cause_months"]) :]
    spread = _bins(institution, model.digest, recent[0], as_of) if recent else {}
    chance, until = float(row["stability_chance"]), settled_until(as_of, int(row["settled_months"]))
    settled = loans.filter(pl.col("month") <= until)
    return {
        "stability": _stability(model.name, cases, limits, chance),
        "movers": _movers(institution, model, recent, as_of, limits.least_cases, language),
        "causes": _causes(model, spread, limits, chance, language),
        "order": order_rows(model.name, model.body, loans, until, language),
        "truth": truth_rows(model.name, loans, until),
        "conduct": _conduct(model.name, cases),
        "groups": _groups(model.name, cases, limits),
        "settled": [(*monitoring.order_of(settled).values(), development_ks(model.body))],
        "spans": [(each,) for each in monitoring.spans(loans, until, limits.least_cases)],
    }


_MODEL: tuple[tuple[str, Kind], ...] = (("model", "text"),)
_STABILITY: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("month_decided", "text"), ("cases", "count"), ("mean_points", "count"), ("mean_probability", "share"),
    ("stability_index", "index"),
    ("state", "text"),
)  # fmt: skip
_CAUSES: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("variable", "text"), ("meaning", "text"), ("cases", "count"), ("stability_index", "index"), ("state", "text"),
    ("moved_bin", "text"), ("share_then", "share"), ("share_now", "share"),
)  # fmt: skip
_ALARMS: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("alarm_measure", "text"), ("alarm_subject", "text"), ("state", "text"), ("alarm_figure", "index"), ("alarm_limit", "index"),
    ("alarm_causes", "text"), ("raised_on", "date"), ("alarm_answer", "text"),
)  # fmt: skip
_MOVERS: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("variable", "text"), ("meaning", "text"), ("cases", "count"), ("points_then", "index"), ("points_now", "index"),
    ("points_change", "index"), ("share_of_movement", "share"), ("in_words", "text"),
)  # fmt: skip
_ORDER: tuple[tuple[str, Kind], ...] = (
    *_MODEL,
    ("month_of_payout", "text"),
    ("loans", "count"),
    ("defaults", "count"),
    ("auc", "index"),
    ("ks", "index"),
)
_TRUTH: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("month_of_payout", "text"), ("loans", "count"), ("expected_defaults", "index"), ("defaults", "count"), ("low", "index"),
    ("high", "index"), ("chance_of_it", "share"), ("holds", "text"),
)  # fmt: skip
_CONDUCT: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("month_decided", "text"), ("cases", "count"), ("approved_share", "share"), ("automated_share", "share"),
    ("reviewed", "count"),
    ("overridden", "count"), ("overridden_share", "share"),
)  # fmt: skip
_GROUPS: tuple[tuple[str, Kind], ...] = (
    *_MODEL, ("dimension", "text"), ("group", "text"), ("cases", "count"), ("approved_share", "share"), ("approval_ratio", "index"),
    ("loans", "count"), ("mean_probability", "share"), ("default_share", "share"), ("auc", "index"), ("state", "text"),
)  # fmt: skip


def _table(name: str, rows: Iterable[tuple[Any, ...]], columns: tuple[tuple[str, Kind], ...], language: str) -> Table:
    """Texts of the column `state` are words of the reports."""
    heads = tuple(Column(each, title(each, language), kind) for each, kind in columns)
    place = next((place for place, (each, _) in enumerate(columns) if each == "state"), None)
    if place is not None:
        rows = [(*row[:place], title(f"state_{row[place]}", language), *row[place + 1 :]) for row in rows]
    return Table(name, title(f"score_{name}", language), heads, tuple(rows))


def _cases(institution: Institution, model: RegisteredModel, as_of: date) -> pl.DataFrame:
    """The decisions of a model until a day, a row each, with what came of them. A handful of statements, however many there are."""
    decided = Decision.objects.filter(institution=institution, business_date__lte=as_of, model_digest=model.digest, points__isnull=False)
    offered = Exists(Offer.objects.filter(application=OuterRef("application")))
    rows: Any = decided.order_by("business_date", "pk").values_list(
        "pk", "firm", "business_date", "points", "probability_ppm", "amount_fen", "outcome", offered
    )
    told = {decision: (start, defaulted) for decision, start, defaulted in outcomes(institution, as_of)}
    firms = Firm.objects.filter(pk__in=decided.values("firm"))
    known = {each.pk: each for each in firms.only("kind", "staff_count", "industry_code", "division_code", "founded_on")}
    sexes, voices = owner_sexes(known), defaultdict(list)
    for decision, outcome, deviations in Review.objects.filter(decision__in=decided).values_list("decision", "outcome", "deviations"):
        voices[decision].append((outcome, deviations))
    cases = [
        (
            *_answer(day, points, probability_ppm, amount_fen, outcome, is_offered, voices[pk]),
            *_outcome(*told.get(pk, (None, None))), *_groups_of(known[firm], day), sexes.get(firm),
        )
        for pk, firm, day, points, probability_ppm, amount_fen, outcome, is_offered in rows.iterator(chunk_size=10_000)
    ]  # fmt: skip
    return pl.DataFrame(cases, schema=_SCHEMA, orient="row")


_SCHEMA = {
    "month": pl.String, "points": pl.Int64, "probability": pl.Float64, "approved": pl.Boolean, "automated": pl.Boolean,
    "reviewed": pl.Boolean, "overridden": pl.Boolean, "paid_out": pl.String, "defaulted": pl.Boolean,
    "region": pl.String, "size": pl.String, "age": pl.String, "sex": pl.String,
}  # fmt: skip


def _answer(
    day: date, points: int, probability_ppm: int, amount_fen: int, outcome: str, offered: bool, voices: Sequence[tuple[str, Any]]
) -> tuple[Any, ...]:
    """Month, score, and what was said. Overruled: a person said no to what the engine would lend, or yes beyond its proposal."""
    no = any(said == Decision.Outcome.REFUSE for said, _ in voices)
    beyond = any(deviations for said, deviations in voices if said == Decision.Outcome.APPROVE)
    overruled = (no and amount_fen > 0) or beyond
    return f"{day:%Y-%m}", points, probability_ppm / 1_000_000, offered, outcome != Decision.Outcome.REFER, bool(voices), overruled


def _outcome(paid_out: date | None, defaulted: bool | None) -> tuple[str | None, bool | None]:
    return f"{paid_out:%Y-%m}" if paid_out else None, defaulted


def _groups_of(firm: Firm, day: date) -> tuple[str | None, str, str | None]:
    return firm.division_code or None, firm_size(firm, day), _age(firm.founded_on, day)


def _age(founded_on: date | None, day: date) -> str | None:
    if founded_on is None:
        return None
    months = (day.year - founded_on.year) * 12 + day.month - founded_on.month
    return next((code for below, code in AGES if months < below), "age_old")


def _stability(name: str, cases: pl.DataFrame, limits: monitoring.Limits, chance: float) -> Rows:
    """Each month's points against those of the first months that together hold enough cases; of these themselves nothing is said. Ten
    bands, fewer where they would hold fewer than ten of these cases each."""
    months = cases.group_by("month").agg(pl.len(), pl.col("points"), pl.col("points").mean().alias("mean"), pl.col("probability").mean())
    rows: Rows = []
    then: list[int] = []
    for month, count, points, mean, probability in months.sort("month").rows():
        index, by_chance, is_base = None, 0.0, len(then) < limits.least_cases
        if is_base:
            then += points
        elif count >= limits.least_cases:
            bounds = monitoring.bands_of(then, min(10, max(2, len(then) // 10)))
            index = monitoring.stability_index(monitoring.shares_in(bounds, then), monitoring.shares_in(bounds, points))
            by_chance = monitoring.index_by_chance(len(bounds) + 1, len(then), count, chance)
        state = monitoring.BASE if is_base else monitoring.state_of(index, count, limits, by_chance)
        rows.append((name, month, count, round(mean), probability, index, state))
    return rows


# Cases by variable and bin, counted by the database: the records of decisions are large.
_BINS_SQL = """
    SELECT part ->> 'variable', part ->> 'bin', count(*)
      FROM decisions_decision AS decision
     CROSS JOIN LATERAL jsonb_array_elements(decision.record -> 'stages' -> 'score' -> 'contributions') AS part
     WHERE decision.institution_id = %s AND decision.model_digest = %s
       AND decision.business_date BETWEEN %s AND %s AND part ->> 'bin' IS NOT NULL
     GROUP BY 1, 2
"""


def _bins(institution: Institution, digest: str, first_month: str, as_of: date) -> dict[str, dict[str, int]]:
    """Variable → bin → cases from the first of a month on."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_BINS_SQL, [institution.pk, digest, date.fromisoformat(f"{first_month}-01"), as_of])
        for variable, label, count in cursor.fetchall():
            found[variable][label] = count
    return found


# Mean points by variable, which the record of each decision holds whatever the kind of model.
_POINTS_SQL = """
    SELECT part ->> 'variable', count(*), avg((part ->> 'points')::float8)
      FROM decisions_decision AS decision
     CROSS JOIN LATERAL jsonb_array_elements(decision.record -> 'stages' -> 'score' -> 'contributions') AS part
     WHERE decision.institution_id = %s AND decision.model_digest = %s
       AND decision.business_date BETWEEN %s AND %s AND part ->> 'points' IS NOT NULL
     GROUP BY 1
"""
LEAST_MOVE = 0.05  # points: below it nothing is said to have moved


def _movers(institution: Institution, model: RegisteredModel, recent: Sequence[str], as_of: date, least: int, language: str) -> Rows:
    """What each variable brings in the last months against training, whichever moved the mean score most first, in words."""
    if not recent:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_POINTS_SQL, [institution.pk, model.digest, date.fromisoformat(f"{recent[0]}-01"), as_of])
        now = {variable: (count, mean) for variable, count, mean in cursor.fetchall()}
    rows: Rows = []
    for each in moved.movers(moved.points_then(model.body), now):
        meaning = meaning_of(each.variable, language)
        words = _moved_words(each, meaning or each.variable, least, language)
        rows.append((model.name, each.variable, meaning, each.cases, each.then, each.now, each.change, each.share, words))
    return rows


def _moved_words(mover: moved.Mover, name: str, least: int, language: str) -> str:
    """Of a few cases nothing is said."""
    if mover.cases < least:
        return title("state_few", language)
    told = "mover_still" if abs(mover.change) < LEAST_MOVE else "mover_lowers" if mover.change < 0 else "mover_raises"
    return title(told, language).format(name=name, points=f"{abs(mover.change):.1f}", share=f"{mover.share:.0%}")


def _causes(model: RegisteredModel, spread: dict[str, dict[str, int]], limits: monitoring.Limits, chance: float, language: str) -> Rows:
    """Variables of a scorecard by how far the last months have moved from training, the furthest first. Other kinds keep no bins."""
    rows: Rows = []
    trained_on = int(model.body.get("training", {}).get("n") or 1000)
    for variable in model.body.get("variables", []):
        name, counts = variable["name"], spread.get(variable["name"], {})
        bins = [*variable.get("bins", []), *(each for each in (variable.get("missing"), variable.get("unseen")) if each)]
        then = [float(each.get("share") or 0) for each in bins]
        now = [counts.get(each["label"], 0) for each in bins]
        if not sum(now) or not sum(then):
            continue
        index = monitoring.stability_index([share * 1000 for share in then], now)
        moves = [(abs(count / sum(now) - share / sum(then)), place) for place, (share, count) in enumerate(zip(then, now, strict=True))]
        place = max(moves)[1]
        told = (bin_named(bins[place]["label"], language), then[place] / sum(then), now[place] / sum(now))
        by_chance = monitoring.index_by_chance(sum(1 for share in then if share), trained_on, sum(now), chance)
        state = monitoring.state_of(index, sum(now), limits, by_chance)
        rows.append((model.name, name, meaning_of(name, language), sum(now), index, state, *told))
    return sorted(rows, key=lambda row: (-row[4], row[1]))


def _conduct(name: str, cases: pl.DataFrame) -> Rows:
    shares = [pl.col(each).cast(pl.Float64).mean() for each in ("approved", "automated")]
    counts = [pl.col(each).sum().cast(pl.Int64) for each in ("reviewed", "overridden")]
    months = cases.group_by("month").agg(pl.len(), *shares, *counts).sort("month")
    return [(name, *row, row[-1] / row[-2] if row[-2] else None) for row in months.rows()]


def _groups(name: str, cases: pl.DataFrame, limits: monitoring.Limits) -> Rows:
    """Region, size and age of the firm, and the sex of its owners where each sex has cases enough (`parties.owner_sex`)."""
    cases = cases.with_columns(sex=pl.Series(known_apart(cases["sex"].to_list(), limits.least_cases), dtype=pl.String))
    rows: Rows = []
    for dimension in ("region", "size", "age", "sex"):
        found = monitoring.groups(cases, dimension, limits)
        if dimension == "sex" and found.filter(pl.col("loans").is_between(1, limits.least_cases - 1)).height:
            # Of few loans the rest tells: nothing is said of what came of any.
            found = found.with_columns(pl.lit(None, pl.Float64).alias(each) for each in ("mean_probability", "default_share", "auc"))
        for row in found.select(
            "group", "cases", "approved_share", "ratio", "loans", "mean_probability", "default_share", "auc", "state"
        ).rows():
            rows.append((name, dimension, *row))
    return rows


def _group_told(row: tuple[Any, ...], language: str) -> tuple[Any, ...]:
    name, dimension, code, *rest = row
    return (name, title(f"by_{dimension}", language), group_named(dimension, code, language), *rest)
