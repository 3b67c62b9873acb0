"""Past decisions as the population of the lab: what was frozen when each was decided, read a set at a time.

Of each application the last decision within the dates counts. Its facts are those of its record; a variable that the old product did not
read, and a new one asks for, is taken from the same stored snapshot, so nothing is known that was not known then. A decision without a
record, taken over from elsewhere, cannot be decided on again and is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl
from django.db import connection

from puhui.calculations.ceilings import Circles, ceilings
from puhui.calculations.rule_units import kind_of_unit
from puhui.decisions.facts import case_facts
from puhui.parties.models import Institution
from puhui.products.parameters import Table
from puhui.products.terms import Product
from puhui.products.vocabulary import CASE_FACTS

__all__ = ["NAMING", "past_cases"]

NAMING = ("application", "firm_name", "business_date")
_CHUNK = 2_000  # decisions read together
_SQL = """
    SELECT DISTINCT ON (decision.application_id)
           decision.id, decision.application_id, decision.firm_id, firm.name, decision.business_date, decision.outcome,
           (decision.record -> 'facts') - 'titles' - 'null_reasons', decision.record -> 'request',
           (SELECT jsonb_object_agg(wanted, snapshot.values -> wanted) FROM unnest(%s::text[]) AS wanted)
      FROM decisions_decision AS decision
      JOIN decisions_application AS application ON application.id = decision.application_id
      JOIN parties_firm AS firm ON firm.id = decision.firm_id
      LEFT JOIN features_snapshot AS snapshot ON snapshot.id = decision.snapshot_id
     WHERE decision.institution_id = %s AND application.product_code = ANY(%s) AND decision.business_date BETWEEN %s AND %s
       AND decision.record -> 'facts' IS NOT NULL
     ORDER BY decision.application_id, decision.id DESC
"""


def past_cases(
    institution: Institution,
    codes: Iterable[str],
    first: date,
    last: date,
    products: Iterable[Product],
    wanted: Iterable[str],
    limits: Table,
) -> pl.DataFrame:
    """A row for each application of the products `codes` that was decided on from `first` to `last`.

    Columns: `decision`, `application`, `firm`, `firm_name`, `business_date`, `month`, `was` (the outcome at that time), `lender_kind`,
    `lender_headroom`, the facts of the case and of the forms of `products`, and the variables `wanted`.
    """
    forms = {name: one.unit for product in products for name, one in product.application.items()}
    names = sorted(set(wanted))
    rows = [_row(each, names, forms, limits) for each in _decisions(institution, list(codes), first, last, names)]
    units = {**CASE_FACTS, **forms, **{name: unit for product in products for name, unit in product.variables.items()}}
    kinds = {name: kind_of_unit(unit).base for name, unit in units.items()}
    types = {"number": pl.Float64, "boolean": pl.Boolean, "text": pl.String}
    schema = {name: types.get(base, pl.String) for name, base in kinds.items()} | {
        "business_date": pl.Date, "lender_headroom": pl.Float64, "decision": pl.Int64, "application": pl.Int64, "firm": pl.Int64,
    }  # fmt: skip
    present = rows[0].keys() if rows else ()
    overrides = {name: kind for name, kind in schema.items() if name in present}
    return pl.DataFrame(rows, schema_overrides=overrides, infer_schema_length=None)


def _decisions(institution: Institution, codes: list[str], first: date, last: date, wanted: list[str]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_SQL, [wanted, institution.pk, codes, first, last])
        while rows := cursor.fetchmany(_CHUNK):
            yield from rows


def _row(stored: tuple[Any, ...], wanted: list[str], forms: Mapping[str, str], limits: Table) -> dict[str, Any]:
    decision, application, firm, name, day, outcome, *documents = stored
    facts, request, values = (json.loads(each) if isinstance(each, str) else each or {} for each in documents)
    case = case_facts(facts, {**request, "purpose": request.get("purpose") or ""})
    given = request.get("facts") or {}
    frozen = facts["variables"]
    return {
        "decision": decision,
        "application": application,
        "firm": firm,
        "firm_name": name,
        "business_date": day,
        "month": f"{day:%Y-%m}",
        "was": outcome,
        "lender_headroom": _headroom(facts, limits, day),
        **{fact: case[fact] for fact in CASE_FACTS if fact in case},
        **{fact: given.get(fact) for fact in forms},
        **{variable: frozen[variable] if variable in frozen else values.get(variable) for variable in wanted},
    }


def _headroom(facts: Mapping[str, Any], limits: Table, day: date) -> float | None:
    """Yuan left under the ceilings of law and the limits on industry and region as they stood then; None where they were not asked."""
    view = facts.get("credit_view")
    if view is None:
        return None
    circles = Circles(view["firm_fen"], view["group_fen"], view["is_lender_related"], view["related_fen"])
    row = limits.row(day, lender_kind=facts["lender"]["kind"])
    cells = (facts.get("concentration") or {}).get("cells", ())
    left = [one.headroom_fen / 100 for one in ceilings(row, circles)] + [max(0, one["most_fen"] - one["used_fen"]) / 100 for one in cells]
    return min(left, default=None)
