"""From what a person chose on a page to a comparison or an optimum on record."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.console.forms import amount_fen, quotas_of
from puhui.console.forms import day as day_of
from puhui.decisions.lab.choosing import chosen, distinct
from puhui.decisions.lab.comparison import Asked, compare
from puhui.decisions.lab.keeping import keep, keep_optimum
from puhui.decisions.lab.optimum import STEPS, Wanted, optimum
from puhui.decisions.lab.policies import Policy
from puhui.decisions.lab.scenarios import scenarios_on
from puhui.decisions.lab.thresholds import around, possible, thresholds
from puhui.parties.models import Institution, User
from puhui.products import parameters
from puhui.products.strategy_models import Comparison
from puhui.reports.lab_population import past_population

__all__ = ["MOST_POLICIES", "run", "run_optimum"]

MOST_POLICIES = 4
FIRST_DAY = datetime.date(1990, 1, 1)


def run(institution: Institution, user: User, typed: Mapping[str, str], texts: list[str]) -> Comparison:
    """Compare the policies `texts` (see `lab.choosing.chosen`) on past decisions, and keep it.

    typed: `first`, `last` (days; empty for all), `threshold` (empty for the cut of the last class that is lent to).
    Raises FaultsError.
    """
    check([] if 2 <= len(texts) <= MOST_POLICIES else [Fault(_("policies"), str(len(texts)), _("two to four"))])
    day = institution.business_date
    policies = distinct([chosen(institution, text, day, settings.PUHUI_CATALOGUE) for text in texts])
    first, last = day_of(typed.get("first", ""), FIRST_DAY), day_of(typed.get("last", ""), day)
    cases = past_population(institution, policies, first, last)
    scenarios = scenarios_on(parameters.table("lab-scenarios", settings.PUHUI_CATALOGUE), day)
    where, value = _threshold(policies, typed.get("threshold", "").strip())
    values = possible([one.product for one in policies], where, around(value)) if where else []
    compared = compare(policies, cases, Asked(where, tuple(values), tuple(scenarios)))
    asked: dict[str, Any] = {
        "strategies": texts,
        "population": "database",
        "first": str(min(cases.frame["business_date"])),
        "last": str(max(cases.frame["business_date"])),
        "threshold": where,
        "scenarios": {one.code: dict(one.names) for one in scenarios},
        "business_date": day.isoformat(),
    }
    return keep(institution, policies, asked, compared, user)


def run_optimum(institution: Institution, user: User, typed: Mapping[str, str]) -> Comparison:
    """The best rates and amounts for the past cases of one policy within what was typed, kept on record.

    typed: `policy` (see `lab.choosing.chosen`), `first`, `last`; `budget`, `capital` (yuan; empty for none); `region`, `industry`, `class`
    as `code: yuan, …`; `least` as `class: firms, …`; `steps` in per cent, as `50, 75, 100`. Raises FaultsError naming all that is wrong.
    """
    day, faults = institution.business_date, list[Fault]()

    def read(parse: Callable[[str], Any], name: str) -> Any:
        try:
            return parse(typed.get(name, "").strip())
        except FaultsError as error:
            faults.extend(error.faults)
            return None

    texts = ("region", "industry", "class")
    region, industry, risk_class = (read(lambda text: quotas_of(text, amount_fen), name) for name in texts)
    least = read(lambda text: quotas_of(text, _firms), "least")
    budget, capital = (read(lambda text: amount_fen(text) / 100 if text else None, name) for name in ("budget", "capital"))
    steps = read(_steps, "steps")
    first, last = day_of(typed.get("first", ""), FIRST_DAY), day_of(typed.get("last", ""), day)
    check(faults)
    most = [{code: fen / 100 for code, fen in each.items()} for each in (region, industry, risk_class)]
    policy = chosen(institution, typed.get("policy", "").strip(), day, settings.PUHUI_CATALOGUE)
    cases = past_population(institution, [policy], first, last)
    found = optimum(policy, cases, Wanted(budget, capital, most[0], most[1], most[2], least, steps))
    asked: dict[str, Any] = {
        "strategies": [policy.label],
        "first": str(min(cases.frame["business_date"])),
        "last": str(max(cases.frame["business_date"])),
        "steps": list(steps),
        "business_date": day.isoformat(),
    }
    return keep_optimum(institution, policy, asked, found, user)


def _firms(text: str) -> int:
    check([] if text.isascii() and text.isdecimal() and len(text) < 8 else [Fault(_("firms"), text, _("a whole number"))])
    return int(text)


def _steps(text: str) -> tuple[float, ...]:
    """Shares of the amount; nothing typed is the usual ones."""
    try:
        shares = [float(part.strip().removesuffix("%")) / 100 for part in text.replace("，", ",").split(",") if part.strip()]
    except ValueError as error:
        raise FaultsError([Fault(_("parts of the amount"), text, _("per cent, such as 50, 75, 100"))]) from error
    return tuple(sorted(shares)) or STEPS


def _threshold(policies: list[Policy], typed: str) -> tuple[str, float]:
    """The one that was asked for and its value in the first policy; else the cut of the last class lent to, else the first there is."""
    known = thresholds(policies[0].product)
    if typed:
        check([] if typed in known else [Fault(_("threshold"), typed, ", ".join(known))])
        return typed, known[typed]
    cuts = [name for name in known if name.startswith("classes.")]
    where = cuts[-1] if cuts else next(iter(known), "")
    return where, known.get(where, 0.0)
