"""Visits as their page shows them: the form to fill, what was typed read into answers, and sheets side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.calculations.cash_flow_sheet import Sheet
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.console.application_forms import fact_text
from puhui.console.decision_figures import language
from puhui.console.forms import FULL_WIDTH, amount_fen
from puhui.console.templatetags.figures import EMPTY, money, number, share
from puhui.console.words import in_language
from puhui.decisions.visiting import Check, Seen
from puhui.products.terms import Product
from puhui.products.visit_forms import Form, Item

#: what follows from a cash-flow sheet, in the order of the page
FIGURES = {
    "assets_fen": gettext_lazy("Owned"), "debts_fen": gettext_lazy("Owed"), "equity_fen": gettext_lazy("Equity as it is"),
    "equity_should_fen": gettext_lazy("Equity as it should be"), "equity_gap": gettext_lazy("Gap of the equity check"),
    "sales_year_fen": gettext_lazy("Sales of a year, by season"),
    "careful_sales_fen": gettext_lazy("Sales of a year, smallest of the sides"),
    "estimates_gap": gettext_lazy("How far the sides lie apart"), "profit_month_fen": gettext_lazy("Profit of a month"),
    "margin": gettext_lazy("Margin"), "margin_of_articles": gettext_lazy("Margin of the goods that sell best"),
    "disposable_month_fen": gettext_lazy("Left for debts, a month"),
    "instalment_share": gettext_lazy("New instalment, part of what is left"),
}  # fmt: skip
SIDES = {
    "calendar": gettext_lazy("by season"), "flow": gettext_lazy("by takings"), "purchase": gettext_lazy("by purchases"),
    "payroll": gettext_lazy("by wages"), "electricity": gettext_lazy("by electricity"),
}  # fmt: skip


def form_rows(asked: Form, sent: Mapping[str, str]) -> list[dict[str, Any]]:
    """Sections with their items as fields, filled with what was sent."""
    return [
        {
            "title": in_language(section.names, language()),
            "fields": [
                {
                    "item": item, "key": f"item-{item.code}", "label": in_language(item.texts, language()),
                    "entered": sent.get(f"item-{item.code}", ""), "unit": _unit(item),
                    "options": [(str(value), in_language(texts, language())) for value, texts in item.options.items()],
                }
                for item in section.items
            ],
        }
        for section in asked.sections
    ]  # fmt: skip


def _unit(item: Item) -> str:
    return {"amount": _("yuan"), "share": "%"}.get(item.kind, "")


def read_answers(asked: Form, sent: Mapping[str, str]) -> dict[str, Any]:
    """Item → value of what was typed. Raises FaultsError naming each field that cannot be read."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for code, item in asked.items.items():
        typed = sent.get(f"item-{code}", "").strip()
        if not typed:
            continue
        try:
            found[code] = _value(item, typed)
        except (ValueError, OverflowError, FaultsError):
            faults.append(Fault(in_language(item.texts, language()), typed[:40], _("a number that is not below 0")))
    check(faults)
    return found


def _value(item: Item, typed: str) -> Any:
    """Raises ValueError or FaultsError where the text is no value of the item."""
    if item.kind == "anchored":
        return int(typed)
    if item.kind == "choice":
        return typed
    if item.kind == "flag":
        return typed == "yes"
    plain = typed.translate(FULL_WIDTH).replace(",", "")
    if item.kind == "amount":
        return 0 if plain in ("0", "0.00") else amount_fen(typed)
    value = float(plain.removesuffix("%").removesuffix("％"))
    return value / 100 if item.kind == "share" else value


def title_of(asked: Form) -> str:
    """The name of a form in the reader's language."""
    return in_language(asked.names, language())


def told_facts(product: Product, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Facts for the application in words."""
    asked = product.application
    return [(in_language(asked[name].texts, language()), fact_text(value, asked[name].unit)) for name, value in facts.items()]


def seen_rows(seen: Seen) -> dict[str, Any]:
    """One form: who filled it and when, item by item side by side, scores, what follows, checks."""
    visits = seen.visits
    return {
        "title": in_language(seen.form.names, language()),
        "code": seen.form.code,
        "visits": visits,
        "sections": [_section(seen, section) for section in seen.form.sections] if visits else [],
        "figures": _figures(seen.figures),
        "checks": [_check(each) for each in seen.checks],
    }


def _section(seen: Seen, section: Any) -> dict[str, Any]:
    rows = [
        {
            "label": in_language(item.texts, language()), "differs": item.code in seen.differ,
            "cells": [_answer(item, visit.answers.get(item.code)) for visit in seen.visits],
        }
        for item in section.items
        if any(visit.answers.get(item.code) is not None for visit in seen.visits)
    ]  # fmt: skip
    together = seen.together.get(section.code)
    scores = [EMPTY if score is None else number(score, 1) for score in seen.scores.get(section.code, ())]
    return {
        "title": in_language(section.names, language()), "rows": rows, "scores": scores, "together": together,
        "agreed": EMPTY if together is None or together.score is None else number(together.score, 1),
    }  # fmt: skip


def _answer(item: Item, value: Any) -> dict[str, str]:
    """An answer as a cell: points with the sentence that was chosen."""
    if value is None:
        return {"text": EMPTY, "more": ""}
    if item.kind == "anchored":
        return {"text": str(value), "more": in_language(item.options[value], language()) if value in item.options else ""}
    if item.kind == "choice":
        return {"text": in_language(item.options[value], language()) if value in item.options else str(value), "more": ""}
    shown = {"flag": lambda: _("yes") if value else _("no"), "amount": lambda: money(value, "yuan0"), "share": lambda: share(value)}
    return {"text": str(shown.get(item.kind, lambda: number(value, 0 if float(value).is_integer() else 2))()), "more": ""}


def _figures(sheets: Sequence[Sheet]) -> list[dict[str, Any]]:
    if not sheets:
        return []
    bodies = [asdict(one) for one in sheets]
    rows = [{"label": label, "cells": [_figure(name, body[name]) for body in bodies]} for name, label in FIGURES.items()]
    for side, label in SIDES.items():
        cells = [dict(one.estimates).get(side) for one in sheets]
        if any(cells):
            rows.append(
                {"label": _("Sales of a year, %(side)s") % {"side": label}, "cells": [_figure("sales_fen", cell) for cell in cells]}
            )
    return rows


def _figure(name: str, value: Any) -> str:
    if value is None:
        return EMPTY
    return money(value, "yuan0") if name.endswith("_fen") else share(value)


def _check(one: Check) -> dict[str, Any]:
    return {
        "name": in_language(one.names, language()), "told": EMPTY if one.told is None else number(one.told),
        "found": EMPTY if one.found is None else number(one.found), "gap": EMPTY if one.gap is None else share(one.gap),
        "is_outside": one.is_outside, "is_known": one.gap is not None,
    }  # fmt: skip
