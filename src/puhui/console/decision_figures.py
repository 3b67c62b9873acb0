"""What a decision's record shows: reasons for and against, the limit with the bound that held, the price built up, the stages.

The record holds everything by value, with its own texts in three languages; nothing here decides or computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.console.labels import RULE, state
from puhui.console.templatetags.figures import EMPTY, choose_unit, money_plain, number, rate, share
from puhui.console.words import AUTHORITY, FACTS, FIGURES, NULLS, PRICE_METHODS, in_language, word
from puhui.decisions.texts import reason_text
from puhui.features import registry

Record = Mapping[str, Any]
AddressOf = Callable[[str], str]


@dataclass(frozen=True)
class Named:
    """A name with its value in words."""

    label: str
    value: str


@dataclass(frozen=True)
class VariableShown:
    """A variable of the catalogue with its value, or the reason why there is none."""

    name: str
    title: str
    meaning: str
    value: str
    why_empty: str = ""
    url: str = ""
    points_lost: int | None = None


@dataclass(frozen=True)
class ReasonShown:
    """One reason: what it says, what it cost in points, and the variables behind it."""

    text: str
    points: int | None
    detail: str
    variables: list[VariableShown]
    decimals: int = 0


@dataclass(frozen=True)
class LimitRow:
    """A row of the waterfall; `kind` is bound, other, minus or result. Amounts in fen."""

    label: str
    kind: str
    amount_fen: int | None
    formula: str = ""
    inputs: list[Named] = field(default_factory=list)
    why_empty: str = ""
    start_fen: int = 0

    @property
    def size_fen(self) -> int:
        return abs(self.amount_fen or 0)


@dataclass(frozen=True)
class PriceRow:
    """A row of the price; `kind` is part, minus, note or result. Rates in ppm."""

    label: str
    kind: str
    rate_ppm: int | None
    start_ppm: int = 0
    help: str = ""


def language() -> str:
    """The reader's language as records name it."""
    return get_language() or "en"


def stage(record: Record, name: str) -> Any:
    """One stage of the record; an empty object when there is no record."""
    return record.get("stages", {}).get(name) or {}


def variable_value(name: str, value: Any) -> str:
    """A variable's value in its own unit: yuan grouped, shares as per cent, counts whole."""
    if value is None:
        return EMPTY
    unit = _declared(name).unit if _declared(name) else ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return word(FACTS, str(value))
    if unit == "CNY":
        return number(value)
    if unit in ("ratio", "0-1"):
        return share(value)
    return number(value, 0 if float(value).is_integer() else 2)


def _declared(name: str) -> Any:
    try:
        return registry.variable(name)
    except KeyError:
        return None


def variable_title(name: str) -> str:
    """The variable's label in the reader's language; facts of the case have labels here."""
    declared = _declared(name)
    return in_language(declared.titles, language()) if declared else word(FACTS | FIGURES, name)


def shown(name: str, value: Any, why_null: str = "", address_of: AddressOf | None = None, points_lost: int | None = None) -> VariableShown:
    """A variable as pages show it."""
    declared = _declared(name)
    meaning = in_language(declared.meanings, language()) if declared else ""
    return VariableShown(
        name, variable_title(name), meaning, variable_value(name, value), word(NULLS, why_null) if why_null else "",
        address_of(name) if address_of else "", points_lost,
    )  # fmt: skip


def snapshot_variables(values: Mapping[str, Any], null_reasons: Mapping[str, str]) -> list[VariableShown]:
    """Every variable of a snapshot, in the order of the catalogue."""
    names = [variable.name for variable in registry.catalogue() if variable.name in values]
    return [shown(name, values[name], null_reasons.get(name, "")) for name in names]


def reasons(record: Record, side: str, severity: str = "", address_of: AddressOf | None = None) -> list[ReasonShown]:
    """What speaks `for` or `against`, as the engine recorded it; with a `severity` (veto, refer …), that alone where there is any of it."""
    rows = [each for each in record.get("reasons", ()) if each["side"] == side]
    grave = [each for each in rows if each.get("severity") == severity] if severity else []
    return [_reason(each, record, address_of) for each in grave or rows]


def _reason(reason: Mapping[str, Any], record: Record, address_of: AddressOf | None) -> ReasonShown:
    inputs = reason.get("inputs") or ({reason["code"]: reason["value"]} if "value" in reason else {})
    variables = [shown(name, value, address_of=address_of if _declared(name) else None) for name, value in inputs.items()]
    text = in_language(reason_text(reason, record), language()) or variable_title(str(reason["code"]))
    if reason.get("stage") == "score" and "value" in reason:
        text = _("%(name)s: %(value)s") % {"name": text, "value": variable_value(str(reason["code"]), reason["value"])}
    return ReasonShown(text, reason.get("points"), _reason_detail(reason), variables)


def _reason_detail(reason: Mapping[str, Any]) -> str:
    parts = []
    if reason.get("probability_ppm") is not None:
        parts.append(_("probability of default %(rate)s") % {"rate": rate(reason["probability_ppm"])})
    if reason.get("limit_fen") is not None:
        parts.append(_("limit %(amount)s yuan") % {"amount": money_plain(reason["limit_fen"])})
    if reason.get("bound_text"):
        parts.append(in_language(reason["bound_text"], language()))
    if reason.get("floor_ppm") is not None:
        parts.append(_("costs %(floor)s, highest permitted %(cap)s") % {"floor": rate(reason["floor_ppm"]), "cap": rate(reason["cap_ppm"])})
    return " · ".join(parts)


def limit_picture(record: Record) -> dict[str, Any] | None:
    """The limit as a waterfall: every bound, the one that held, less exposure, and the limit."""
    found = stage(record, "limit")
    if not found:
        return None
    rows = [_bound_row(bound, found["bound"]) for bound in found["candidates"]]
    rows.sort(key=lambda row: (row.amount_fen is None, row.amount_fen))
    if found["already_owed_fen"]:
        start_fen = max(0, found["least_fen"] - found["already_owed_fen"])
        rows.append(LimitRow(_("Less what is owed or promised already"), "minus", -found["already_owed_fen"], start_fen=start_fen))
    rows += _ceiling_rows(found)
    rows.append(LimitRow(_("Limit"), "result", found["limit_fen"]))
    amounts = [row.amount_fen for row in rows if row.amount_fen is not None]
    largest_fen = min(max(amounts), max(4 * found["least_fen"], 1))
    return {"rows": rows, "largest_fen": largest_fen, "bound_fen": found["least_fen"], "unit": choose_unit([largest_fen])}


def _ceiling_rows(found: Mapping[str, Any]) -> list[LimitRow]:
    """What is left under the tightest ceiling of law, and under the tightest limit on industry and on region."""
    rows = []
    for kind in ("", "industry", "region"):
        of_kind = [one for one in found.get("ceilings", ()) if one["id"].partition(":")[0] == kind or not (kind or ":" in one["id"])]
        if ceiling := min(of_kind, key=lambda one: one["headroom_fen"], default=None):
            label = _("Left under the ceiling: %(name)s") % {"name": in_language(ceiling["text"], language())}
            rows.append(LimitRow(label, "bound" if found["held_by"] == ceiling["id"] else "other", ceiling["headroom_fen"]))
    return rows


def _bound_row(bound: Mapping[str, Any], binding: str) -> LimitRow:
    inputs = [Named(variable_title(name), variable_value(name, value)) for name, value in bound["inputs"].items()]
    why = _("an input is not known") if bound["amount_fen"] is None else ""
    kind = "bound" if bound["id"] == binding else "other"
    return LimitRow(in_language(bound["text"], language()), kind, bound["amount_fen"], bound["expression"], inputs, why)


def price_picture(record: Record) -> dict[str, Any] | None:
    """The price built up: what the loan costs us, part by part, the margin that the method found, and beside it table and cap."""
    found = stage(record, "price")
    if not found or found.get("rate_ppm") is None:
        return None
    rows, reached = [], 0
    for part in found["parts"]:
        rate_ppm = part["rate_ppm"]
        rows.append(
            PriceRow(in_language(part["text"], language()), "minus" if rate_ppm < 0 else "part", rate_ppm, min(reached, reached + rate_ppm))
        )
        reached += rate_ppm
    rows.append(PriceRow(_("Rate"), "result", found["rate_ppm"]))
    rows += [PriceRow(label, "note", rate_ppm) for label, rate_ppm in later_rates(stage(record, "offer").get("terms", {}))]
    for name, method in found.get("methods", {}).items():
        if name != found["method"]:
            rows.append(PriceRow(_("Beside it: %(method)s") % {"method": word(PRICE_METHODS, name)}, "note", method["rate_ppm"]))
    rows.append(PriceRow(_("Highest permitted"), "note", min(found["caps"].values())))
    return {"rows": rows, "largest_ppm": max(found["rate_ppm"], reached, 1), "method": word(PRICE_METHODS, found["method"])}


def later_rates(terms: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The rates that follow the first where it steps up by the days that the loan has run, each with its words."""
    steps = terms.get("rate_steps") or ()
    return [(_("Rate after %(days)s days") % {"days": days}, round(Decimal(rate) * 1_000_000)) for days, rate in steps]


def group_exposure(record: Record, own_fen: int) -> dict[str, Any] | None:
    """What the firm and everybody who belongs with it owed at the decision, and with this case; None where nobody does."""
    view = record.get("facts", {}).get("credit_view") or {}
    if not view.get("members"):
        return None
    names = ", ".join(one["name"] for one in view["members"])
    return {"before_fen": view["group_fen"], "after_fen": view["group_fen"] + own_fen, "names": names}


def rule_rows(record: Record) -> list[dict[str, Any]]:
    """Every admission rule with its text, inputs and result."""
    rows = []
    for rule in stage(record, "rules"):
        inputs = [Named(variable_title(name), variable_value(name, value)) for name, value in rule["inputs"].items()]
        outcome = f"unknown_{rule['outcome']}" if rule["value"] is None else rule["outcome"]
        text = in_language(rule["text"], language()) or rule["id"]
        rows.append({"text": text, "expression": rule["expression"], "inputs": inputs, "state": state(RULE, outcome)})
    return rows


def score_rows(record: Record) -> list[VariableShown]:
    """Each scored variable with the points it lost, most first."""
    nulls = record.get("facts", {}).get("null_reasons", {})
    rows = [
        shown(each["variable"], each["value"], nulls.get(each["variable"], ""), points_lost=each["points_lost"])
        for each in stage(record, "score").get("contributions", ())
    ]
    return sorted(rows, key=lambda row: -(row.points_lost or 0))


def fact_rows(record: Record) -> list[VariableShown]:
    """The frozen variables and the facts of the case."""
    facts = record.get("facts", {})
    nulls = facts.get("null_reasons", {})
    case = stage(record, "facts").get("inputs", {})
    rows = [shown(name, value, nulls.get(name, "")) for name, value in facts.get("variables", {}).items()]
    return rows + [shown(name, value) for name, value in case.items()]


def questions(record: Record) -> list[str]:
    """What the evidence cannot tell, with what is done about it: what an officer asks the firm."""
    unknowns = stage(record, "facts").get("unknowns", ())
    return [
        _("%(name)s: %(value)s") % {"name": in_language(each["text"], language()), "value": in_language(each["handling"], language())}
        for each in unknowns
    ]


def class_text(record: Record) -> str:
    """The class and the cut it lies under, in a sentence."""
    found = stage(record, "class")
    if not found:
        return _("The engine did not come to a class.")
    return _("%(name)s, at a probability of default of %(rate)s") % {
        "name": in_language(found["text"], language()), "rate": rate(found["probability_ppm"]),
    }  # fmt: skip


def stage_strip(decision: Any) -> list[dict[str, Any]]:
    """The stages as boxes with their results."""
    record = decision.record
    rules = stage(record, "rules")
    passed = sum(1 for rule in rules if rule["outcome"] == "pass")
    limit, price = stage(record, "limit"), stage(record, "price")
    facts = record.get("facts", {}).get("variables", {})
    boxes = [
        ("facts", _("Facts"), _("%(count)s variables") % {"count": len(facts)}, True),
        ("rules", _("Rules"), _("%(passed)s of %(count)s passed") % {"passed": passed, "count": len(rules)}, bool(rules)),
        ("score", _("Score"), _("%(points)s points") % {"points": number(decision.points)}, decision.points is not None),
        ("class", _("Class"), decision.risk_class, bool(decision.risk_class)),
        ("limit", _("Limit"), _("%(amount)s yuan") % {"amount": money_plain(limit.get("limit_fen"))}, bool(decision.record and limit)),
        ("price", _("Price"), rate(price.get("rate_ppm")), price.get("rate_ppm") is not None),
        ("authority", _("Authority"), word(AUTHORITY, decision.authority), bool(decision.authority)),
    ]
    return [{"key": key, "name": name, "result": result if done else _("not reached"), "done": done} for key, name, result, done in boxes]


def versions(record: Record) -> list[Named]:
    """Versions and hashes that the answer hangs on."""
    found = record.get("versions", {})
    rows = []
    for label, part in ((_("Product"), found.get("product", {})), (_("Model"), found.get("model", {}))):
        name = " ".join(str(part[key]) for key in ("code", "name", "valid_from") if key in part)
        rows.append(Named(label, f"{name} · {part['digest'][:16]}" if part.get("digest") else "–"))
    for part in found.get("parameters", {}).values():
        rows.append(Named(_("Parameters"), f"{part['name']} · {part['digest'][:16]}"))
    facts = record.get("facts", {}).get("snapshot", {})
    rows.append(Named(_("Frozen variables"), f"{facts.get('as_of', '')} · {facts.get('digest', '')[:16]}"))
    return rows


def signed_share(value: Any) -> str:
    """A change as a share with its sign: `+12.0%`."""
    if value is None:
        return EMPTY
    text = share(value)
    return text if text.startswith("−") or text == "0.0%" else f"+{text}"
