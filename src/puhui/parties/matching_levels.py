"""The comparisons of two rows of firms as splink takes them: for each a condition per level, with shares from a dated table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["level_weight", "settings_of", "told_levels"]

Levels = Mapping[str, Mapping[str, tuple[float, float]]]

_MISSING = {
    "name": "core_l IS NULL OR core_r IS NULL",
    "form": "form_l IS NULL OR form_r IS NULL",
    "division": "division_l IS NULL OR division_r IS NULL",
    "industry": "industry_l IS NULL OR industry_r IS NULL",
    "person": "people_l IS NULL OR people_r IS NULL",
    "phone": "phones_l IS NULL OR phones_r IS NULL",
}

_CONDITIONS = {
    ("name", "same"): "list_has_any(names_l, names_r)",
    ("name", "contained"): "length(core_l) >= 4 AND length(core_r) >= 4 AND (suffix(core_l, core_r) OR suffix(core_r, core_l))",
    ("name", "close"): "damerau_levenshtein(core_l, core_r) <= 1 AND least(length(core_l), length(core_r)) >= 4",
    ("form", "same"): "form_l = form_r",
    ("division", "same"): "division_l = division_r",
    ("industry", "same"): "industry_l = industry_r",
    ("industry", "near"): "left(industry_l, 2) = left(industry_r, 2)",
    ("person", "same"): "list_has_any(people_l, people_r)",
    ("phone", "same"): "list_has_any(phones_l, phones_r)",
}


def level_weight(same_share: float, other_share: float) -> float:
    """Bits that a level adds: log2 of how much more often it is met by rows of one firm."""
    return math.log2(same_share / other_share)


def settings_of(levels: Levels, prior_share: float, blocks: Sequence[Any]) -> Any:
    """splink's settings; comparisons and levels in the order of the table."""
    from splink import SettingsCreator

    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=prior_share,
        comparisons=[_comparison(name, shares) for name, shares in levels.items()],
        blocking_rules_to_generate_predictions=list(blocks),
        retain_matching_columns=True,  # else the levels met are left out
    )


def _comparison(name: str, shares: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    told = [
        {
            "sql_condition": _CONDITIONS.get((name, level), "ELSE"),
            "label_for_charts": level,
            "m_probability": same,
            "u_probability": other,
        }
        for level, (same, other) in shares.items()
    ]
    missing = {"sql_condition": _MISSING[name], "label_for_charts": "missing", "is_null_level": True}
    return {"output_column_name": name, "comparison_levels": [missing, *told]}


def told_levels(row: Mapping[str, Any], levels: Levels) -> dict[str, str]:
    """Comparison → level met. splink counts levels from the last (0) up, -1 where a side tells nothing."""
    met = {}
    for name, shares in levels.items():
        step = row[f"gamma_{name}"]
        if step >= 0:
            met[name] = list(shares)[len(shares) - 1 - step]
    return met
