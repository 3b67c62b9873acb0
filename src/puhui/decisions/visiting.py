"""Visits to a firm for an application: taken down by the person who was there, held against one another and against the evidence.

Each visit is a row of its own. The sheet that counts is each visitor's newest; where two persons were there, both stay side by side, and
where they lie too far apart nothing in the middle is made of it. What was counted and told goes into the firm's evidence (class S2), where
a consent covers that, so that the variables of visits are computed from it like from any other source; scores and totals are handed to the
application's form as facts that the lender found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from puhui.calculations.cash_flow_sheet import Sheet, sheet
from puhui.calculations.faults import Fault, check
from puhui.calculations.soft_information import Agreed, agreed, differences, section_score
from puhui.decisions.models import Application
from puhui.decisions.standing import REVIEWERS, standing_faults, standing_of
from puhui.decisions.visit_evidence import keep_as_evidence
from puhui.decisions.visit_models import Visit
from puhui.features.queries import latest_snapshot
from puhui.parties.actions import record_audit
from puhui.parties.models import User
from puhui.parties.queries import limit_to_user
from puhui.products.actions import store
from puhui.products.parameters import table
from puhui.products.terms import Product
from puhui.products.visit_forms import Form, answer_faults, form

__all__ = ["Check", "Seen", "application_of", "facts_of", "overview", "record"]

OLDEST_DAYS = 90
"""A visit longer ago than this is not taken down any more: go again."""

OPEN = (Application.Status.SUBMITTED, Application.Status.REFERRED)
DAYS_OF_YEAR = 365


@dataclass(frozen=True)
class Check:
    """A figure of a sheet beside the variable that it is held against; `gap` null where one of the two is missing."""

    code: str
    names: dict[str, str]
    told: float | None
    found: float | None
    gap: float | None
    is_outside: bool


@dataclass(frozen=True)
class Seen:
    """All sheets on one form: `visits` the newest of each visitor, oldest first; `scores`: section → score of each; `together`: section →
    what they come to; `differ`: items answered otherwise; `figures`: what follows from each cash-flow sheet; `checks` of the last sheet."""

    form: Form
    visits: tuple[Visit, ...]
    scores: Mapping[str, tuple[float | None, ...]]
    together: Mapping[str, Agreed]
    differ: frozenset[str]
    figures: tuple[Sheet, ...]
    checks: tuple[Check, ...]


def application_of(user: User, number: int) -> Application:
    """The application as a user may see it. Raises Application.DoesNotExist."""
    rows = limit_to_user(Application.objects.all(), user, firm="firm").select_related("firm", "institution")
    found = rows.get(pk=number)
    found.firm.institution = found.institution
    return found


@transaction.atomic
def record(application: Application, user: User, form_code: str, visited_on: date, answers: Mapping[str, Any], key: str) -> Visit:
    """Take down a visit; the same key again gives the visit that is there.

    Args:
        answers: item of the form → value: points of an anchor, code of a choice, true or false, whole fen, a number, a share as part of one
    Raises:
        FaultsError: who may not, an application that is closed, a day that cannot be, and every answer that does not fit the form.
    """
    rows = Application.objects.select_for_update(no_key=True, of=("self",)).select_related("institution", "firm")
    application = rows.get(pk=application.pk)
    there = Visit.objects.filter(institution=application.institution_id, key=key).first()
    if there is not None:
        return there
    day = application.institution.business_date
    asked = form(form_code, day, settings.PUHUI_CATALOGUE)
    check([*_who_faults(application, user), *_day_faults(visited_on, day), *answer_faults(asked, answers)])
    store([asked.document])
    visit = Visit.objects.create(
        institution=application.institution, application=application, form_code=asked.code, form_digest=asked.document.digest,
        visited_on=visited_on, visitor=user, answers=dict(answers), key=key,
    )  # fmt: skip
    kept = keep_as_evidence(application, visited_on, user)
    detail = {"form": asked.code, "visited_on": visited_on.isoformat(), "items": len(answers), "kept_as_evidence": kept}
    record_audit(application.institution, user.username, "record_visit", "application", application.pk, detail)
    return visit


def _who_faults(application: Application, user: User) -> Iterator[Fault]:
    if user.institution_id != application.institution_id or user.role not in REVIEWERS:
        yield Fault("visitor", f"{user.username}, {user.role}", f"one of {', '.join(REVIEWERS)} of this institution")
    if application.status not in OPEN:
        yield Fault("application", application.status, f"one that is {' or '.join(OPEN)}")
    yield from standing_faults(user, standing_of(user, application.firm, application.institution.business_date))


def _day_faults(visited_on: date, day: date) -> Iterator[Fault]:
    if not day - timedelta(days=OLDEST_DAYS) <= visited_on <= day:
        yield Fault("visited on", visited_on.isoformat(), f"a day from {day - timedelta(days=OLDEST_DAYS)} to {day}", "Go again.")


def overview(application: Application, forms: Sequence[Form]) -> list[Seen]:
    """What was seen, form by form, in two statements."""
    visits = list(Visit.objects.filter(application=application).select_related("visitor").order_by("pk"))
    snapshot = latest_snapshot(application.firm, application.institution.business_date) if visits else None
    return [_seen(one, [each for each in visits if each.form_code == one.code], snapshot.values if snapshot else {}) for one in forms]


def _seen(asked: Form, visits: Sequence[Visit], values: Mapping[str, Any]) -> Seen:
    newest = sorted({each.visitor_id: each for each in visits}.values(), key=lambda each: each.pk)
    sheets = [each.answers for each in newest]
    scores = {
        section.code: tuple(section_score(section.weights, answers, asked.fewest_share) for answers in sheets)
        for section in asked.sections
        if section.is_scored
    }
    figures = tuple(sheet(answers) for answers in sheets) if asked.code == "cash-flow" else ()
    together = {code: agreed(each, asked.most_apart) for code, each in scores.items()}
    last = figures_of(sheets[-1], figures[-1] if figures else None) if sheets else {}
    return Seen(asked, tuple(newest), scores, together, differences(sheets, asked.items), figures, tuple(_checks(asked, last, values)))


def figures_of(answers: Mapping[str, Any], of_sheet: Sheet | None = None) -> dict[str, float]:
    """Everything that a check may speak of, amounts in yuan: answers, what follows from them, and meters by the year."""
    found = {name: value / 100 if name in _AMOUNTS else value for name, value in answers.items() if isinstance(value, int | float)}
    days = answers.get("meter_days")
    for meter, yearly in (("power_kwh", "power_kwh_year"), ("water_m3", "water_m3_year")):
        if days and answers.get(meter) is not None:
            found[yearly] = answers[meter] / days * DAYS_OF_YEAR
    if of_sheet is not None:
        amounts = asdict(of_sheet)
        found |= {name: value / 100 for name, value in amounts.items() if name.endswith("_fen") and value is not None}
    return found


_AMOUNTS = frozenset({"claimed_sales_month", "third_sheet", "stock_counted", "stock_told"})


def _checks(asked: Form, figures: Mapping[str, float], values: Mapping[str, Any]) -> Iterator[Check]:
    if not figures:
        return
    for row in table("soft-information-checks", settings.PUHUI_CATALOGUE).rows:
        if row["form"] != asked.code:
            continue
        told, found = figures.get(row["figure"]), values.get(row["variable"])
        told = None if told is None else told * float(row["figure_times"])
        found = None if found is None else found * float(row["variable_times"])
        gap = (told - found) / found if told is not None and found else None
        names = {language: row[f"name_{language.replace('-', '_')}"] for language in ("en", "zh-hans", "zh-hant")}
        is_outside = gap is not None and not float(row["least_gap"]) <= gap <= float(row["most_gap"])
        yield Check(row["code"], names, told, found, gap, is_outside)


def facts_of(product: Product, seen: Sequence[Seen]) -> tuple[dict[str, Any], dict[str, str]]:
    """(fact → value, fact → who saw it) of what the product's form asks and the visits tell; what is not agreed on is left out."""
    found: dict[str, Any] = {}
    visits = [visit for one in seen for visit in one.visits]
    for one in seen:
        scores = {f"{code}_score": each.score for code, each in one.together.items() if each.score is not None}
        found |= scores
        if one.figures:
            found |= _facts_of_sheet(one.visits[-1].answers, one.figures[-1])
    if visits:
        found["seen_by_two"] = len({visit.visitor_id for visit in visits}) > 1
    asked = {name: value for name, value in found.items() if name in product.application and value is not None}
    who = "; ".join(dict.fromkeys(f"{visit.form_code}, {visit.visitor.username}, {visit.visited_on}" for visit in visits))
    return asked, dict.fromkeys(asked, who[:200])


def _facts_of_sheet(answers: Mapping[str, Any], figures: Sheet) -> dict[str, Any]:
    instalments = answers.get("instalments_month")
    return {
        "other_instalments": None if instalments is None else instalments / 100,
        "total_debts": None if figures.debts_fen is None else figures.debts_fen / 100,
        "total_assets": None if figures.assets_fen is None else figures.assets_fen / 100,
        "spouse_signs": answers.get("spouse_signs"),
    }
