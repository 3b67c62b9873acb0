"""How the factory did: answers with and without a person, why firms were refused, where officers hesitated, how often policy was left.

A refusal by the engine has the codes of the rules that refused; one by a person the cause that the person named. Hesitation is a case that
lies open beyond its time. What is measured is held against the dated table `factory-tolerances`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from puhui.decisions import timing
from puhui.decisions.models import Application, Decision, Offer, Review
from puhui.decisions.speed import Speed, speeds
from puhui.decisions.texts import reason_text
from puhui.parties.models import Institution
from puhui.products.parameters import table


@dataclass(frozen=True)
class Measure:
    """A figure of the factory against its target: `value` None where there is nothing to measure; `state` ok, off, or few."""

    name: str
    value: float | None
    cases: int
    least: float | None
    most: float | None
    state: str


# Counted by what stands beside the records.
_CAUSES = """
    SELECT cause, count(*), max(decision.id)
      FROM decisions_decision AS decision CROSS JOIN LATERAL unnest(decision.causes) AS cause
     WHERE decision.institution_id = %s AND decision.business_date <= %s AND decision.outcome <> 'approve'
     GROUP BY cause
"""


def causes(institution: Institution, until: date) -> list[tuple[str, str, Mapping[str, str], int]]:
    """(code, veto or refer, text by language, decisions) of the engine's own refusals and referrals, the most frequent first.

    A code comes twice where some failed its rule and of others nobody knew; the texts tell them apart. The newest record of each cause
    is opened, for its text.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CAUSES, [institution.pk, until])
        rows = cursor.fetchall()
    records = dict(Decision.objects.filter(pk__in={newest for *_, newest in rows}).values_list("pk", "record"))
    found = []
    for cause, count, newest in rows:
        severity, code = cause.split(":", 1)
        asked = severity.removesuffix("?"), code, severity.endswith("?")
        reason = next(one for one in records[newest]["reasons"] if (one.get("severity"), one["code"], bool(one.get("is_unknown"))) == asked)
        found.append((code, asked[0], reason_text(reason, records[newest]), count))
    return sorted(found, key=lambda one: (-one[3], one[0], one[2].get("en", "")))


def refusals_by_persons(institution: Institution, until: date) -> list[tuple[str, int]]:
    """(cause, cases) of what persons refused; an empty cause where none was named."""
    rows = Review.objects.filter(institution=institution, outcome="refuse", decision__business_date__lte=until)
    return list(rows.values_list("cause").annotate(n=Count("decision", distinct=True)).order_by("-n", "cause"))


def deviations(institution: Institution, until: date) -> list[tuple[Review, str, int]]:
    """(review, kind, size) of each yes that went beyond the engine's proposal: fen over the limit, millionths under the floor price."""
    rows = Review.objects.filter(institution=institution, outcome="approve", decision__business_date__lte=until).exclude(deviations={})
    found: dict[tuple[int, str], tuple[Review, str, int]] = {}
    for row in rows.select_related("reviewer", "decision__firm").defer("decision__record").order_by("pk"):
        for kind, size in row.deviations.items():
            found[(row.decision_id, kind)] = (row, kind, size)  # the last voice of several tells it
    return list(found.values())


@dataclass(frozen=True)
class Conduct:
    """What was read once of the cases up to a day: how soon they were answered, persons' refusals by cause, deviations."""

    speeds: list[Speed]  # by product and channel; all together comes last
    refusals: list[tuple[str, int]]
    deviations: list[tuple[Review, str, int]]


def conduct(institution: Institution, until: date) -> Conduct:
    """Three queries, from which the measures and the tables of a report are told."""
    return Conduct(speeds(institution, until), refusals_by_persons(institution, until), deviations(institution, until))


def measures(
    institution: Institution,
    until: date,
    hours_to_money: float | None,
    payouts: int,
    found: Conduct,
    now: datetime,
    more: Mapping[str, tuple[float | None, int]] | None = None,
    late: Collection[int] | None = None,
) -> list[Measure]:
    """Every measure of the table of tolerances, in its order; `hours_to_money` from application to payout, half of the `payouts` within.

    `more`: measures of what became of the loans, (value, cases) by name, which this folder knows nothing of. `late`: the
    decisions that are late by `now`, where the caller has looked them up.
    """
    together = found.speeds[-1]
    yes = Exists(Review.objects.filter(decision=OuterRef("pk"), outcome="approve"))
    referred = Decision.objects.filter(institution=institution, business_date__lte=until, outcome=Decision.Outcome.REFER)
    referred = referred.exclude(application__status=Application.Status.IN_PARTS)  # its parts are referred, the whole is nobody's case
    counts = referred.aggregate(all=Count("pk"), granted=Count("pk", filter=yes))
    total, granted = counts["all"], counts["granted"]
    offers = Offer.objects.filter(institution=institution, decision__business_date__lte=until)
    made = offers.aggregate(all=Count("pk"), lost=Count("pk", filter=Q(status__in=("declined", "expired"))))
    if late is None:
        late = {one.pk for one, _ in timing.late(timing.waiting(institution).filter(business_date__lte=until), now)}
    values: dict[str, tuple[float | None, int]] = {
        "automated_share": _share(together.automated, together.decisions),
        "median_hours_to_money": (hours_to_money, payouts),
        "deviation_share": _share(len({row.decision_id for row, *_ in found.deviations}), granted),
        "person_refusal_share": _share(sum(count for _, count in found.refusals), total),
        "hesitation_share": _share(len(late), total),
        "borrower_no_share": _share(made["lost"], made["all"]),
        **(more or {}),
    }
    rows = table("factory-tolerances", settings.PUHUI_CATALOGUE).valid_on(until)
    return [_measure(row, *values[row["measure"]]) for row in rows if row["measure"] in values]


def _share(part: int, whole: int) -> tuple[float | None, int]:
    return (part / whole if whole else None), whole


def _measure(row: Mapping[str, Any], value: float | None, cases: int) -> Measure:
    least, most = row.get("least"), row.get("most")
    off = value is not None and ((least is not None and value < least) or (most is not None and value > most))
    state = "few" if value is None or cases < int(row["least_cases"]) else "off" if off else "ok"
    return Measure(row["measure"], value, cases, least, most, state)
