"""A product in plain words, from its file alone: who, on what proof, how much, at what rate, secured by what, who bears a loss, who pays
interest, who approves, and when the answer comes. In three languages; the same file gives the same words.

What a formula says is told by `wording`. The phrases stand in `explaining.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from puhui.products.explaining_terms import approval, interest, linkage, loss, rate, security, term, time
from puhui.products.parameters import Table
from puhui.products.terms import Derived, Product
from puhui.products.wording import Titles, Wording, phrase

__all__ = ["Part", "as_text", "explain"]


@dataclass(frozen=True)
class Part:
    """One question that a product answers: its code, the question, and the answer line by line, in one language."""

    code: str
    title: str
    lines: tuple[str, ...]


def explain(product: Product, tables: Mapping[str, Table], day: date, language: str, titles: Titles) -> list[Part]:
    """The product in words of `language` (en, zh-hans, zh-hant). Parts that the product has nothing to say of are left out.

    Args:
        tables: part it plays → parameter table, as `queries.tables_of` gives them; who approves is read from them as of `day`
        titles: variable → title by language
    """
    words = Wording(product, language, titles)
    answers = {
        "who": _who(words),
        "asked": (words.say("asked", what=one.texts[language]) for one in product.application.values()),
        "proof": _proof(words),
        "class": _class(words),
        "amount": _amount(words),
        "loans": _loans(words),
        "term": term(words),
        "rate": rate(words),
        "linkage": linkage(words),
        "security": security(words),
        "loss": loss(words),
        "interest": interest(words),
        "approval": approval(words, tables["authority"], day),
        "conditions": _conditions(words),
        "time": time(words),
    }
    told = {code: lines for code, lines in answers.items() if not (product.parts and code in _OF_EACH_LOAN)}
    parts = [Part(code, phrase("parts", code, language), tuple(lines)) for code, lines in told.items()]
    return [part for part in parts if part.lines]


_OF_EACH_LOAN = ("rate", "linkage", "security", "loss", "interest", "conditions")
"""What the files of the parts tell, where one application becomes several loans."""


def as_text(product: Product, parts: list[Part], language: str) -> str:
    """The explanation as plain text with its name on top."""
    blocks = [f"{part.title}\n" + "\n".join(f"  {line}" for line in part.lines) for part in parts]
    return "\n".join([f"{product.names[language]} ({product.code}, {product.valid_from})", *blocks])


def _who(words: Wording) -> Iterator[str]:
    product = words.product
    yield words.say("kinds", list=words.terms(product.borrower_kinds))
    for rule in product.rules:
        name, formula = rule.names[words.language], words.formula(rule.require.expression.tree)
        told = name if name == formula else words.say("rule_formula", name=name, formula=formula)
        yield words.say(f"rule_{rule.severity}_{rule.when_null}", name=told)
    if product.forbidden_purposes:
        yield words.say("not_for", list=words.terms(product.forbidden_purposes))


def _proof(words: Wording) -> Iterator[str]:
    product, language = words.product, words.language
    yield words.say("evidence", list=words.terms(product.evidence_classes))
    if product.consent_of:
        yield words.say("consent", list=words.terms(product.consent_of))
    for one in product.unknowns:
        yield words.say("unknown", name=one.names[language], handling=one.handling[language])


def _class(words: Wording) -> Iterator[str]:
    product, language = words.product, words.language
    names = {one.code: one.names[language] for one in product.classes}
    for one in product.derived:
        if one.how == "score_table":
            yield from _score_table(words, one)
    if not product.policy_class:
        cuts = [(one.code, one.probability_below_ppm) for one in product.classes]
        below = [
            words.say("above" if ppm is None else "below", name=names[code], share=words.share((ppm or 0) / 1e6)) for code, ppm in cuts
        ]
        yield words.say("by_model", model=product.model, list=words.listed(below))
        return
    body = next(one for one in product.document.body["decision_tables"] if one["name"] == product.policy_class)
    table = next(one for one in product.derived if one.name == product.policy_class)
    yield words.say("by_table", name=table.texts[language] if table.texts else table.name)
    yield from _rows(words, table, [*(row["then"] for row in body["rows"]), body["otherwise"]], names)
    taken = [(one.code, words.share((one.probability_ppm or 0) / 1e6)) for one in product.classes if one.is_lent]
    yield words.say("taken", list=words.listed(words.say("class_share", **{"class": code, "share": share}) for code, share in taken))


def _rows(words: Wording, table: Derived, outcomes: list[str], names: Mapping[str, str]) -> Iterator[str]:
    """A decision table line by line, in its order: the first that holds counts."""
    conditions = [when for when, _ in getattr(table.formula.expression.tree, "rows", ())]
    for outcome, when in zip(outcomes, conditions, strict=False):
        yield words.say("line", **{"class": names.get(outcome, outcome), "when": words.formula(when)})
    yield words.say("otherwise", **{"class": names.get(outcomes[-1], outcomes[-1])})


def _score_table(words: Wording, table: Derived) -> Iterator[str]:
    items = []
    for item in table.items:
        best = max((points for _, points in getattr(item.formula.expression.tree, "bands", ())), default=0)
        name = item.texts[words.language] if item.texts else words.formula(item.value.expression.tree)
        items.append(words.say("item", name=name, points=f"{best:g}"))
    yield words.say("points", name=words.name(table.name), list=words.listed(items))


def _amount(words: Wording) -> Iterator[str]:
    product, language = words.product, words.language
    low, high, step = (words.amount(fen / 100) for fen in (product.minimum_fen, product.maximum_fen, product.multiple_fen))
    yield words.say("range", low=low, high=high, step=step)
    yield words.say("least")
    for bound in product.bounds:
        yield words.say("bound", name=bound.names[language], formula=words.formula(bound.formula.expression.tree))
    for one in product.derived:
        if one.how == "definition" and one.unit in ("CNY", "ratio"):
            yield words.say("value", name=words.name(one.name), formula=words.formula(one.formula.expression.tree))
        elif one.how == "decision_table" and one.name != product.policy_class:
            yield words.say("pick", name=words.name(one.name), list=_picked(words, one))


def _picked(words: Wording, table: Derived) -> str:
    tree = table.formula.expression.tree
    rows = [(words.formula(when), _outcome(words, then, table.unit)) for when, then in getattr(tree, "rows", ())]
    lines = [words.say("pick_line", when=when, then=then) for when, then in rows]
    return words.listed([*lines, words.say("pick_else", then=_outcome(words, getattr(tree, "otherwise", None), table.unit))])


def _outcome(words: Wording, node: object, unit: str) -> str:
    value = getattr(node, "value", None)
    return words.figure(value, unit) if isinstance(value, str | int | float) else words.formula(node)  # type: ignore[arg-type]


def _loans(words: Wording) -> Iterator[str]:
    """The loans that an application for a combined product becomes, in the order of filling."""
    product, language = words.product, words.language
    if not product.parts:
        return
    yield words.say("loans", number=len(product.parts))
    for number, part in enumerate(product.parts, start=1):
        told = {
            "number": number,
            "name": part.names[language],
            "product": part.product,
            "formula": words.formula(part.formula.expression.tree),
        }
        yield words.say("loan", **told)
        if part.share_ppm < 1_000_000:
            yield words.say("loan_share", name=part.names[language], share=words.share(part.share_ppm / 1e6))
        yield words.say("loan_alone" if part.stands_alone else "loan_together", name=part.names[language])
    yield words.say("loans_by_file")


def _conditions(words: Wording) -> Iterator[str]:
    product, language = words.product, words.language
    yield from (texts[language] for _, texts in product.conditions)
    yield from (one.condition[language] for one in product.unknowns if one.condition)
