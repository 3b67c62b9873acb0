"""How much: the least of the product's bounds, less what the firm already owes or has been promised here, and not more than it asks.

Over them stand the ceilings of law on one borrower, its group and the lender's related parties, which no product can switch off.

The record keeps every bound with its value, and names the one that held.
"""

from __future__ import annotations

import math
from typing import Any

from puhui.calculations.ceilings import Circles, ceilings
from puhui.calculations.limits import least_bound
from puhui.decisions.case import REFER, VETO, Case, Stage
from puhui.decisions.ceiling_texts import ceiling_text, cell_text
from puhui.decisions.derived import derive
from puhui.decisions.texts import text
from puhui.products.parameters import Row
from puhui.products.terms import Bound

_PRODUCT_MAXIMUM = {"en": "The product's highest amount", "zh-hans": "产品额度上限", "zh-hant": "產品額度上限"}


def limit_stage(case: Case) -> Stage:
    """Bounds, the binding one, the limit after exposure, and the amount proposed."""
    lender = case.row("lender_limits", lender_kind=case.lender_kind)
    case.values["lender_single_borrower_limit"] = lender["single_borrower_share"] * lender["capital_yuan"]
    derived = derive(case, after_class=True)
    bounds = [_bound(case, bound) for bound in case.product.bounds]
    bounds.append(
        {"id": "product_maximum", "text": _PRODUCT_MAXIMUM, "expression": "", "inputs": {}, "amount_fen": case.product.maximum_fen}
    )
    name, least_fen = least_bound([(bound["id"], bound["amount_fen"]) for bound in bounds if bound["amount_fen"] is not None])
    binding, product_bound = next(bound for bound in bounds if bound["id"] == name), name
    exposure_fen = case.facts["exposure"]["reserved_fen"] + case.facts["exposure"]["outstanding_fen"]
    available_fen = max(0, least_fen - exposure_fen) if case.is_lent else 0
    over = [*_ceilings(case, lender), *_concentration(case)]
    tightest = min(over, key=lambda one: one["headroom_fen"], default=None)
    if tightest and tightest["headroom_fen"] < available_fen:
        available_fen, binding, name = tightest["headroom_fen"], tightest, tightest["id"]
    else:
        tightest = None
    case.limit_fen = _rounded_down(available_fen, case.product.multiple_fen)
    asked_fen = case.request["amount_fen"]
    case.amount_fen = _rounded_down(min(case.limit_fen, asked_fen), case.product.multiple_fen)
    _judge(case, binding, asked_fen)
    owed_holds = least_fen >= asked_fen and tightest is None
    held_by = "ask" if asked_fen <= case.limit_fen else "exposure" if owed_holds else name
    return (
        ({"derived": derived} if derived else {})
        | ({"ceilings": over} if over else {})
        | {
            "candidates": bounds,
            "bound": product_bound,
            "least_fen": least_fen,
            "already_owed_fen": exposure_fen,
            "limit_fen": case.limit_fen,
            "asked_fen": asked_fen,
            "held_by": held_by,
            "amount_fen": case.amount_fen,
        }
    )


def _ceilings(case: Case, lender: Row) -> list[dict[str, Any]]:
    """The ceilings of law with what is left under each, where the facts hold the credit view of the firm's group."""
    view = case.facts.get("credit_view")
    if view is None:
        return []
    circles = Circles(view["firm_fen"], view["group_fen"], view["is_lender_related"], view["related_fen"])
    return [
        {
            "id": one.code,
            "text": ceiling_text(one.code),
            "share": one.share,
            "of": one.of,
            "most_fen": one.most_fen,
            "used_fen": one.used_fen,
            "headroom_fen": one.headroom_fen,
        }
        for one in ceilings(lender, circles)
    ]


def _concentration(case: Case) -> list[dict[str, Any]]:
    """The limits on the firm's industry and region with what is left under each, where the facts hold them."""
    found = case.facts.get("concentration")
    return [
        {
            "id": one["cell"],
            "text": cell_text(one["level"], one["cell"], one["of"]),
            **{name: one[name] for name in ("share", "of", "most_fen", "used_fen")},
            "headroom_fen": max(0, one["most_fen"] - one["used_fen"]),
        }
        for one in (found["cells"] if found else ())
    ]


def _bound(case: Case, bound: Bound) -> dict[str, Any]:
    value = bound.formula.evaluate(case.values, case.product.tables)
    value_fen = None if value is None else fen_of_yuan(float(value))
    if value is None and bound.when_null == "zero":
        value_fen = 0
    if value is None and bound.when_null == "refer":
        case.speak_against("bound_unknown", "limit", REFER, text("bound_unknown"), bound=bound.code)
    expression = bound.formula.expression
    inputs = {name: case.values.get(name) for name in expression.names}
    looked_up = {name: dict(case.product.tables[name]) for name in expression.tables}
    return {
        "id": bound.code,
        "text": bound.names,
        "expression": bound.formula.text.strip(),
        "inputs": inputs,
        "tables": looked_up,
        "null_means": bound.when_null,
        "is_null": value is None,
        "amount_fen": value_fen,
    }


def _judge(case: Case, binding: dict[str, Any], asked_fen: int) -> None:
    if not case.is_lent:
        return
    if case.amount_fen < case.product.minimum_fen:
        more = {"limit_fen": case.limit_fen, "minimum_fen": case.product.minimum_fen, "bound": binding["id"], "bound_text": binding["text"]}
        case.speak_against("limit_below_minimum", "limit", VETO, text("limit_below_minimum"), **more)
        case.amount_fen = 0
    elif case.amount_fen < asked_fen:
        more = {"limit_fen": case.limit_fen, "asked_fen": asked_fen, "bound": binding["id"], "bound_text": binding["text"]}
        case.speak_against("less_than_asked", "limit", "note", text("less_than_asked"), **more)


def fen_of_yuan(yuan: float) -> int:
    """Whole fen, rounded down, not below zero; the fourth decimal of a fen is noise of the figures."""
    return max(0, math.floor(round(yuan * 100, 4)))


def _rounded_down(amount_fen: int, multiple_fen: int) -> int:
    return amount_fen // multiple_fen * multiple_fen
