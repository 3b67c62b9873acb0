"""What a technology firm may be worth, on the case page: an interval with its sides, from what the reader may look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.calculations.valuation import Valuation, value_sides, valued
from puhui.console.templatetags.figures import choose_unit
from puhui.decisions.models import Application, Decision
from puhui.features import registry
from puhui.features.models import Snapshot
from puhui.products.parameters import Row, table
from puhui.products.queries import products_on

FAMILY = "technology"
POINTS = "technology_points"
USED = (
    "rd_expense_12m", "rd_expense_yoy", "private_order_unpaid_amt", "gp_contract_unpaid_amt", "tech_contract_amt_12m", "vat_sales_12m",
    "venture_capital_amt",
)  # fmt: skip
ORDERS = USED[2:5]
SIDES = {
    "research": gettext_lazy("Research that is still worth something"),
    "orders": gettext_lazy("Orders and technology contracts"),
    "sales": gettext_lazy("Sales at the multiple of comparable deals"),
    "deal": gettext_lazy("Its own last investment"),
}
MISSING = {
    "research": gettext_lazy("no spending on research is known"),
    "orders": gettext_lazy("no open order is known"),
    "sales": gettext_lazy("sales of twelve months are not known"),
    "deal": gettext_lazy("nobody has invested from outside, as far as is known"),
}


def is_technology(application: Application) -> bool:
    """Whether the product asked for is of the family `technology`."""
    families = {one.code: one.family for one in products_on(application.business_date)}
    return families.get(application.product_code) == FAMILY


def valuation_classes() -> list[str]:
    """The classes of evidence that a valuation looks at."""
    return sorted({registry.variable(name).evidence_class for name in USED})


def valuation_of(decision: Decision, open_classes: Collection[str]) -> dict[str, Any]:
    """The panel for a decision on a technology product; `open_classes`: those that the reader may look at, logged as read."""
    wanted = {name: registry.variable(name).evidence_class for name in USED}
    values = _values(decision)
    known = {name: values[name] for name, each in wanted.items() if each in open_classes and values.get(name) is not None}
    found = value_of(known, points_of(decision.record), decision.firm.industry_code, decision)
    return _shown(found, sorted(set(wanted.values()) - set(open_classes)))


def _values(decision: Decision) -> Mapping[str, Any]:
    """The variables that the decision was taken with."""
    if decision.snapshot_id is None:
        return {}
    values: Mapping[str, Any] = Snapshot.objects.filter(pk=decision.snapshot_id).values_list("values", flat=True).get()
    return values


def value_of(known: Mapping[str, float], points: float | None, industry: str, decision: Decision) -> Valuation:
    """The valuation from the variables that are known, yuan; by the tables in force on the day of the decision."""
    rules = table("technology-valuation", settings.PUHUI_CATALOGUE).valid_on(decision.business_date)
    alone = next(float(row["least_factor_alone"]) for row in rules if row.get("least_factor_alone"))
    orders = [known[name] for name in ORDERS if name in known]
    sides = value_sides(
        rules,
        _deals(industry, decision),
        research_fen=[_fen(amount) for amount in _research(known)],
        orders_fen=_fen(sum(orders)) if orders else None,
        sales_fen=_fen(known["vat_sales_12m"]) if "vat_sales_12m" in known else None,
        points=points,
        invested_fen=_fen(known["venture_capital_amt"]) if known.get("venture_capital_amt") else None,
    )
    return valued(sides, alone)


def points_of(record: Mapping[str, Any]) -> float | None:
    """The points of the product's card of technology, as the decision keeps them."""
    derived = [each for stage in record["stages"].values() if isinstance(stage, Mapping) for each in stage.get("derived", ())]
    found = [float(each["value"]) for each in derived if each["id"] == POINTS and each["value"] is not None]
    return min(max(found[0], 0.0), 100.0) if found else None


def _research(known: Mapping[str, float]) -> Iterator[float]:
    """Spending of the newest year, and of the one before by the growth since."""
    if "rd_expense_12m" in known:
        yield known["rd_expense_12m"]
        growth = known.get("rd_expense_yoy")
        if growth is not None and growth > -1:
            yield known["rd_expense_12m"] / (1 + growth)


def _deals(industry: str, decision: Decision) -> Row:
    rows = table("technology-deals", settings.PUHUI_CATALOGUE).valid_on(decision.business_date)
    own = (row for row in rows if any(industry.startswith(prefix) for prefix in row["industries"]))
    return next(own, next(row for row in rows if not row["industries"]))


def _fen(yuan: float) -> int:
    return max(round(yuan * 100), 0)


def _shown(found: Valuation, closed: list[str]) -> dict[str, Any]:
    unit = choose_unit([found.high_fen, *(side.high_fen for side in found.sides)])
    sides = [
        {"label": SIDES[side.name], "side": side, "why": "" if side.middle_fen else MISSING[side.name]}
        for side in found.sides
    ]  # fmt: skip
    lines = [
        _("The sides lie apart by a factor of %(apart)s.") % {"apart": f"{found.apart:.1f}"} if found.apart and len(found.told) > 1 else "",
        _("Only one side tells anything; others are taken to differ from it.") if len(found.told) == 1 else "",
        _("Not looked at, for want of a consent: %(classes)s.") % {"classes": ", ".join(closed)} if closed else "",
    ]
    return {"valuation": found, "unit": unit, "sides": sides, "lines": [line for line in lines if line]}
