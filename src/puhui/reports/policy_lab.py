"""A comparison of the policy lab as a report: the same tables on the page, in a file of any form, and on the screen.

It is made from the plain data of `decisions.lab.comparison`, fresh or on record, so a record that is cited reads the same on any later day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from puhui.reports.lab_frontier import frontier_figure
from puhui.reports.tables import Column, Kind, Report, Table
from puhui.reports.titles import title

__all__ = ["in_order", "lab_report"]

Found = Mapping[str, Any]
Spec = tuple[tuple[str, str, Kind], ...]  # title, key of the row, kind

_DECISIONS: Spec = (
    ("lab_policy", "policy", "text"), ("lab_cases", "cases", "count"), ("lab_approve", "approve", "count"), ("lab_refer", "refer", "count"),
    ("lab_refuse", "refuse", "count"), ("lab_lent_share", "lent_share", "share"), ("lab_amount", "amount_fen", "fen"),
    ("lab_mean_rate", "mean_rate_ppm", "ppm"),
)  # fmt: skip
_MONEY: Spec = (
    ("lab_policy", "policy", "text"), ("lab_interest", "expected_interest_fen", "fen"), ("lab_loss", "expected_loss_fen", "fen"),
    ("lab_cost", "cost_fen", "fen"), ("lab_profit", "expected_profit_fen", "fen"), ("lab_margin", "net_margin_ppm", "ppm"),
    ("lab_capital", "capital_fen", "fen"), ("lab_return", "return_on_capital", "share"),
)  # fmt: skip
_REALISED: Spec = (
    ("lab_policy", "policy", "text"), ("lab_known", "outcomes_known", "count"), ("lab_defaults", "realised_defaults", "count"),
    ("lab_realised_interest", "realised_interest_fen", "fen"), ("lab_realised_loss", "realised_loss_fen", "fen"),
    ("lab_realised_profit", "realised_profit_fen", "fen"),
)  # fmt: skip
_SWAPS: Spec = (
    ("lab_policy", "policy", "text"), ("lab_one", "one", "text"), ("lab_other", "other", "text"), ("lab_cases", "cases", "count"),
    ("lab_known", "outcomes_known", "count"), ("lab_defaults", "defaults", "count"), ("lab_default_share", "default_share", "share"),
)  # fmt: skip
_REASONS: Spec = (
    ("lab_policy", "policy", "text"), ("lab_reason", "reason", "text"), ("lab_side", "side", "text"), ("lab_cases", "cases", "count"),
)  # fmt: skip
_MONTHS: Spec = (
    ("lab_policy", "policy", "text"), ("lab_month", "month", "text"), ("lab_cases", "cases", "count"),
    ("lab_lent_share", "lent_share", "share"), ("lab_amount", "amount_fen", "fen"), ("lab_mean_rate", "mean_rate_ppm", "ppm"),
    ("lab_profit", "expected_profit_fen", "fen"), ("lab_defaults", "realised_defaults", "count"), ("lab_stability", "stability", "index"),
)  # fmt: skip
_FRONTIER: Spec = (
    ("lab_policy", "strategy", "text"), ("lab_value", "value_text", "text"), ("lab_lent_share", "lent_share", "share"),
    ("lab_amount", "amount_fen", "fen"), ("lab_loss", "expected_loss_fen", "fen"), ("lab_loss_share", "loss_ppm", "ppm"),
    ("lab_profit", "expected_profit_fen", "fen"), ("lab_efficient", "efficient_text", "text"),
)  # fmt: skip
_STRESS: Spec = (
    ("lab_scenario", "scenario_text", "text"), ("lab_policy", "strategy", "text"), ("lab_lent_share", "lent_share", "share"),
    ("lab_amount", "amount_fen", "fen"), ("lab_loss", "expected_loss_fen", "fen"), ("lab_profit", "expected_profit_fen", "fen"),
    ("lab_book_loss", "book_loss_fen", "fen"),
)  # fmt: skip
_CHANGED: Spec = (
    ("lab_policy", "policy", "text"), ("lab_application", "application", "text"), ("lab_firm", "firm_name", "text"),
    ("lab_from", "from", "text"), ("lab_to", "to", "text"), ("lab_because", "because", "text"),
)  # fmt: skip


def lab_report(
    found: Found,
    institution: str,
    as_of: date,
    language: str = "en",
    scenarios: Mapping[str, Mapping[str, str]] | None = None,
    reason_text: Callable[[str], str] = str,
) -> Report:
    """The tables of a comparison; those without a row are left out.

    Args:
        scenarios: code → names by language
        reason_text: the words of a reason, by its code
    """

    found = in_order(found)

    def say(name: str) -> str:
        return title(name, language)

    rows = {
        "decisions": (_DECISIONS, _figures(found)),
        "money": (_MONEY, _figures(found)),
        "realised": (_REALISED, [row for row in _figures(found) if row.get("outcomes_known")]),
        "swaps": (_SWAPS, _swaps(found, say)),
        "reasons": (_REASONS, _reasons(found, say, reason_text)),
        "months": (_MONTHS, [_rated({"policy": label, **row}) for label, each in found.get("months", {}).items() for row in each]),
        "frontier": (_FRONTIER, _frontier(found, language)),
        "stress": (_STRESS, _stress(found, language, scenarios or {})),
        "changed": (_CHANGED, _changed(found, say, reason_text)),
    }
    tables = [_table(name, spec, each, language) for name, (spec, each) in rows.items() if each]
    groups = _groups(found, language)
    if groups.rows:
        tables.insert(min(5, len(tables)), groups)
    figure = frontier_figure(found["frontier"], say("lab_loss"), say("lab_profit")) if found.get("frontier") else ""
    notes = (say("lab_note"),)
    return Report("policy-lab", say("policy-lab"), institution, as_of, tuple(tables), notes, (figure,) if figure else ())


def in_order(found: Found) -> dict[str, Any]:
    """The same with the policies in the order of the comparison and reasons by frequency: a record keeps lists in order, and no others."""
    labels = [each["label"] for each in found["policies"]]
    by_label = ("figures", "swaps", "changed", "reasons", "months", "cases_changed")
    ordered = {name: {label: found[name][label] for label in labels if label in found[name]} for name in by_label if name in found}
    ordered["reasons"] = {
        label: dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))) for label, counts in ordered["reasons"].items()
    }
    return {**found, **ordered}


def _table(name: str, spec: Spec, rows: Iterable[Mapping[str, Any]], language: str) -> Table:
    columns = tuple(Column(key, title(head, language), kind) for head, key, kind in spec)
    return Table(name, title(f"lab_{name}", language), columns, tuple(tuple(row.get(key) for _, key, _ in spec) for row in rows))


def _rated(row: dict[str, Any]) -> dict[str, Any]:
    """With rates in ppm, as tables take them."""
    pairs = {f"{name}_ppm": row.get(name) for name in ("mean_rate", "net_margin")}
    return row | {name: None if value is None else round(value * 1_000_000) for name, value in pairs.items()}


def _figures(found: Found) -> list[dict[str, Any]]:
    return [_rated({"policy": label, **each}) for label, each in found["figures"].items()]


def _swaps(found: Found, say: Callable[[str], str]) -> list[dict[str, Any]]:
    return [
        {**row, "policy": label, "one": say(f"lab_{row['one']}"), "other": say(f"lab_{row['other']}")}
        for label, each in found["swaps"].items()
        for row in each
    ]


def _reasons(found: Found, say: Callable[[str], str], reason_text: Callable[[str], str]) -> list[dict[str, Any]]:
    sides = {"-": say("lab_side_one"), "+": say("lab_side_other")}
    return [
        {"policy": label, "reason": reason_text(code[1:]), "side": sides[code[0]], "cases": count}
        for label, each in found["reasons"].items()
        for code, count in each.items()
    ]


def _frontier(found: Found, language: str) -> list[dict[str, Any]]:
    frontier = found.get("frontier") or {"threshold": "", "points": []}
    words = {True: title("yes", language), False: title("no", language)}
    return [
        {
            **row,
            "value_text": f"{frontier['threshold']} = {row['value']:g}",
            "loss_ppm": round(row["expected_loss_fen"] / row["amount_fen"] * 1_000_000) if row["amount_fen"] else None,
            "efficient_text": words[row["efficient"]],
        }
        for row in frontier["points"]
    ]


def _stress(found: Found, language: str, scenarios: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    names = {code: each.get(language, code) for code, each in scenarios.items()}
    return [{**row, "scenario_text": names.get(row["scenario"], row["scenario"])} for row in found.get("stress", ())]


def _groups(found: Found, language: str) -> Table:
    """A column for each policy: the share lent to; the ratio of the last one to the first."""
    labels = list(found["figures"])
    heads = [Column("dimension", title("lab_dimension", language)), Column("group", title("lab_group", language))]
    heads += [Column("cases", title("lab_cases", language), "count"), *(Column(label, label, "share") for label in labels)]
    heads.append(Column("ratio", title("lab_ratio", language), "index"))
    rows = []
    for dimension, groups in found.get("groups", {}).items():
        for row in groups:
            first, last = row.get(labels[0]), row.get(labels[-1])
            ratio = last / first if first and last is not None else None
            name = _group(dimension, row["group"], language)
            rows.append((_dimension(dimension, language), name, row["cases"], *(row.get(label) for label in labels), ratio))
    return Table("groups", title("lab_groups", language), tuple(heads), tuple(rows))


def _dimension(name: str, language: str) -> str:
    return title(f"lab_by_{name}", language) if name in ("region", "size", "age", "sex") else name


def _group(dimension: str, code: Any, language: str) -> str:
    if code is None or code == "not_known":
        return title("not_known", language)
    if dimension == "age":
        return title(str(code), language)
    if dimension == "sex" and code not in ("female", "male", "both"):  # a file spells them as it likes
        return str(code)
    return title(f"{dimension}_{code}", language) if dimension in ("size", "sex") else str(code)


def _changed(found: Found, say: Callable[[str], str], reason_text: Callable[[str], str]) -> list[dict[str, Any]]:
    rows = []
    for label, cases in found.get("cases_changed", {}).items():
        for case in cases:
            because = [f"− {reason_text(code)}" for code in case["only_one"].split("; ") if code]
            because += [f"+ {reason_text(code)}" for code in case["only_other"].split("; ") if code]
            told = {"from": _answer(case, "one", say), "to": _answer(case, "other", say), "because": "; ".join(because)}
            rows.append({**case, **told, "policy": label, "application": str(case.get("application", case["row"] + 1))})
    return rows


def _answer(case: Mapping[str, Any], side: str, say: Callable[[str], str]) -> str:
    outcome = case[f"{side}_outcome"]
    if outcome == "refuse":
        return say("lab_refuse")
    amount, rate = case[f"{side}_amount_fen"] / 100, (case[f"{side}_rate_ppm"] or 0) / 10_000
    return f"{say(f'lab_{outcome}')} {case[f'{side}_risk_class'] or ''} {amount:,.0f} {rate:.2f}%"
