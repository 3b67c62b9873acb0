"""Admission, score and class: may this firm borrow at all, how likely is it to fail, and which class is that."""

from __future__ import annotations

from typing import Any

from puhui.decisions.case import REFER, VETO, Case, Stage, ppm
from puhui.decisions.derived import derive
from puhui.decisions.shares import stand_or_fall
from puhui.decisions.texts import text
from puhui.products.terms import RiskClass, Rule

_BEST_VARIABLES = 3  # how many variables in their best bin are told as reasons for


def facts_stage(case: Case) -> Stage:
    """What is known and what is not: null variables with their reason, and what the product's evidence cannot give."""
    stage: Stage = {
        "inputs": {name: case.values[name] for name in sorted(case.values.keys() - case.facts["variables"].keys())},
        "nulls": case.facts["null_reasons"],
        "unknowns": [{"id": one.code, "text": one.names, "handling": one.handling} for one in case.product.unknowns],
    }
    if case.product.derived:
        stage["derived"] = derive(case, after_class=False)
    return stage


def rules_stage(case: Case) -> list[Stage]:
    """Every admission rule, also after one has failed: a refusal names all its reasons."""
    product = case.product
    if case.facts["firm"]["kind"] not in product.borrower_kinds:
        case.speak_against("borrower_kind", "rules", VETO, text("borrower_kind"), inputs={"firm_kind": case.facts["firm"]["kind"]})
    if not product.minimum_months <= case.request["term_months"] <= product.maximum_months:
        case.speak_against("term", "rules", VETO, text("term"), inputs={"term_months": case.request["term_months"]})
    stand_or_fall(case)
    return [_rule(case, rule) for rule in product.rules]


def _rule(case: Case, rule: Rule) -> dict[str, Any]:
    value = rule.require.evaluate(case.values, case.product.tables)
    inputs = {name: case.values.get(name) for name in rule.require.expression.names}
    outcome = _outcome(rule, value)
    if outcome != "pass":
        severity = VETO if outcome == "fail" else REFER
        case.speak_against(rule.code, "rules", severity, rule.against, inputs=inputs, is_unknown=value is None)
    elif rule.speaks_for and value:
        case.speak_for(rule.code, "rules", rule.names, inputs=inputs)
    return {
        "id": rule.code,
        "text": rule.names,
        "expression": rule.require.text,
        "severity": rule.severity,
        "null_means": rule.when_null,
        "inputs": inputs,
        "value": value,
        "outcome": outcome,
    }


def _outcome(rule: Rule, value: object) -> str:
    """pass; fail where the rule is a veto; refer where it sends to a person. Null means what the rule says."""
    if value is None and rule.when_null != "fail":
        return rule.when_null
    if value:
        return "pass"
    return "fail" if rule.severity == VETO else "refer"


def score_stage(case: Case) -> Stage:
    """Points, probability, and the points that each variable lost. The reasons against are those that cost most."""
    if case.model is None:
        return _policy_score(case)
    score = case.model.score(case.facts["variables"])
    case.score = score
    case.probability_ppm = max(ppm(score.probability), case.product.probability_minimum_ppm)
    titles = case.facts["titles"]
    for reason in score.reasons:
        more = {"points": -reason.points_lost, "value": reason.value, "bin": reason.bin, "variables": [reason.variable]}
        case.speak_against(reason.variable, "score", "score", titles.get(reason.variable, {}), **more)
    best = [name for name, lost in score.contributions.items() if lost <= 0 and score.values[name] is not None]
    for name in best[:_BEST_VARIABLES]:
        more = {"points": score.bins[name].points, "value": score.values[name], "bin": score.bins[name].label, "variables": [name]}
        case.speak_for(name, "score", titles.get(name, {}), **more)
    return {
        "contributions": [
            {
                "variable": name,
                "text": titles.get(name, {}),
                "value": score.values[name],
                "bin": place.label,
                "points": place.points,
                "points_lost": score.contributions[name],
            }
            for name, place in score.bins.items()
        ],
        "base_points": case.model.document.intercept_points,
        "points": score.points,
        "model_probability_ppm": ppm(score.probability),
        "probability_minimum_ppm": case.product.probability_minimum_ppm,
        "probability_ppm": case.probability_ppm,
    }


def _policy_score(case: Case) -> Stage:
    """Where no model scores: the class by the product's decision table, and the probability that this class carries."""
    product = case.product
    found = product.class_named(str(case.values[product.policy_class]))
    case.risk_class = found.code
    case.probability_ppm = max(found.probability_ppm or 0, product.probability_minimum_ppm)
    return {
        "contributions": [],
        "policy_class": product.policy_class,
        "class_probability_ppm": found.probability_ppm,
        "probability_minimum_ppm": product.probability_minimum_ppm,
        "probability_ppm": case.probability_ppm,
    }


def class_stage(case: Case) -> Stage:
    """The class by the product's cuts, or as its decision table gave it. Some classes are not lent to."""
    product, points = case.product, case.score.points if case.score else None
    found = product.class_of(case.probability_ppm) if case.score else product.class_named(case.risk_class)
    case.risk_class, case.is_lent = found.code, found.is_lent
    probability = max(case.score.probability, product.probability_minimum_ppm / 1e6) if case.score else case.probability_ppm / 1e6
    case.values |= {"probability": probability, "points": points, "risk_class": found.code}
    if not found.is_lent:
        case.speak_against("class_not_lent", "class", VETO, text("class_not_lent"), probability_ppm=case.probability_ppm)
    elif found is product.classes[0]:
        case.speak_for("good_class", "class", text("good_class"), probability_ppm=case.probability_ppm)
    cuts: list[dict[str, Any]] = [_cut(one) for one in product.classes]
    return {"cuts": cuts, "probability_ppm": case.probability_ppm, "risk_class": found.code, "text": found.names}


def _cut(one: RiskClass) -> dict[str, Any]:
    cut = {"id": one.code, "probability_below_ppm": one.probability_below_ppm, "lent": one.is_lent}
    return cut if one.probability_ppm is None else cut | {"probability_ppm": one.probability_ppm}
