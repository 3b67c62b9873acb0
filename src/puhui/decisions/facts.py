"""What a decision rests on, frozen before it begins: nothing outside these facts, the product, the model and the tables counts.

Facts are plain JSON, kept in the record of the decision as they stood. Variables are those that the product and the model read, with
the reason of each that is null; the snapshot they were taken from is named with its digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from puhui.calculations.rules_python import Value

Facts = dict[str, Any]
Texts = Mapping[str, str]


def freeze(
    *,
    business_date: date,
    snapshot: Mapping[str, Any],
    consent: Mapping[str, Any],
    lender: Mapping[str, Any],
    firm: Mapping[str, Any],
    exposure: Mapping[str, int],
    wanted: Iterable[str],
    titles: Mapping[str, Texts],
    credit_view: Mapping[str, Any] | None = None,
    combination: Mapping[str, Any] | None = None,
    concentration: Mapping[str, Any] | None = None,
) -> Facts:
    """The facts of a case as JSON.

    Args:
        snapshot: `id`, `digest`, `catalogue_digest`, `as_of` (ISO date), `values` and `null_reasons` of all variables
        consent: `id` and `text_version` of the live consent under which the evidence was read
        lender: `kind`, `currency`
        firm: `kind`, `industry_code`, `founded_on` (ISO date or None), `staff_count`
        exposure: `reserved_fen` and `outstanding_fen` of the firm before this case
        wanted: the variables that product and model read
        credit_view: what the firm's group owes (`credit_view.CreditViews.facts`); without it the lender's ceilings are not asked
        combination: of which combined application this is a part (`shares.Combination.facts`)
        concentration: what is out in the firm's industry and region, under which limits (`concentration.Rooms.facts`); None: no limits
        titles: variable → title by language, for the reasons
    """
    names = sorted(set(wanted))
    values, reasons = snapshot["values"], snapshot["null_reasons"]
    return {
        "business_date": business_date.isoformat(),
        "snapshot": {key: snapshot[key] for key in ("id", "digest", "catalogue_digest", "as_of")},
        "consent": dict(consent),
        "lender": dict(lender),
        "firm": dict(firm),
        "exposure": dict(exposure),
        **({"credit_view": dict(credit_view)} if credit_view is not None else {}),
        **({"combination": dict(combination)} if combination is not None else {}),
        **({"concentration": dict(concentration)} if concentration is not None else {}),
        "variables": {name: values.get(name) for name in names},
        "null_reasons": {name: reasons.get(name, "not_in_snapshot") for name in names if values.get(name) is None},
        "titles": {name: dict(titles[name]) for name in names if name in titles},
    }


def case_facts(facts: Facts, request: Mapping[str, Any]) -> dict[str, Value]:
    """The facts that rules may name (`products.vocabulary.CASE_FACTS`), and the variables."""
    day = date.fromisoformat(facts["business_date"])
    firm, exposure = facts["firm"], facts["exposure"]
    industry = firm.get("industry_code") or None
    founded_on = firm.get("founded_on")
    return {
        **facts["variables"],
        "firm_kind": firm["kind"],
        "industry_code": industry,
        "industry_division": industry[:2] if industry else None,
        "firm_age_months": months_between(date.fromisoformat(founded_on), day) if founded_on else None,
        "staff_count": firm.get("staff_count"),
        "requested_amount": request["amount_fen"] / 100,
        "term_months": request["term_months"],
        "purpose": request["purpose"] or None,
        "channel": request["channel"],
        "lender_kind": facts["lender"]["kind"],
        "evidence_age_days": (day - date.fromisoformat(facts["snapshot"]["as_of"])).days,
        "existing_exposure": (exposure["reserved_fen"] + exposure["outstanding_fen"]) / 100,
    }


def months_between(start: date, end: date) -> int:
    """Whole months from `start` to `end`."""
    return (end.year - start.year) * 12 + end.month - start.month - (1 if end.day < start.day else 0)
