"""Cards, plots, findings of the guard and refusals of training in both kinds of Chinese: no sentence of them stays English."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from django.utils.translation import override
from tests.scoring.conftest import loans

from puhui.calculations.faults import FaultsError
from puhui.console.card_words import card_told, plot_told
from puhui.console.fault_words import told as fault_told
from puhui.console.score_words import told
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.training import train

SIZE = 360
CHINESE = ("zh-hans", "zh-hant")
NAMES = {"AUC", "KS", "Hanley", "McNeil", "Shapley", "Parquet", "CSV", "XLSX", "UTF", "Latin", "SQL", "days", "between", "year", "ppm"}
"""What is the same in every language."""


def english(text: str, *own: str) -> list[str]:
    """English words of a text, without what stands in code marks, addresses of pictures and names of the table's own."""
    bare = re.sub(r"`[^`]*`|\(\w+\.svg\)", "", text)
    for name in sorted(own, key=len, reverse=True):
        bare = bare.replace(name, "")
    return [word for word in re.findall(r"[A-Za-z]{2,}", bare) if word not in NAMES]


def table() -> pl.DataFrame:
    """Loans with a column that knows the outcome, weights, refused cases, and a status of which one word settles it."""
    frame = loans(SIZE, seed=4)
    random = np.random.default_rng(4)
    late = np.where(frame["defaulted"] == 1, np.where(random.random(SIZE) < 0.5, 47, 12), 12)
    return frame.with_columns(
        pl.Series("recovered", frame["defaulted"] * 1.5 + random.normal(size=SIZE) * 0.01),
        pl.Series("term", late),
        pl.Series("heaviness", random.uniform(1, 2, SIZE)),
        pl.Series("answer", np.where(random.random(SIZE) < 0.1, "no", "yes")),
    )


@cache
def scorecard() -> Any:
    return card_of("scorecard")


def card_of(kind: str, **more: Any) -> Any:
    body = {
        "name": "desk", "target": "defaulted", "id": ["loan_nr"], "models": [kind], "weight": "heaviness", "groups": ["region"],
        "exclusions": {"is_franchise": "", "constant": "只有一个值"},
        "rejects": {"column": "answer", "refused": ["no"], "method": "parcelling"},
        "split": {"folds": 2, "repeats": 1, "date": "start", "since": "2019-06-01"}, "lightgbm": {"rounds": 20},
        "window": {"outcome": "12 个月"},
    }  # fmt: skip
    return train(table(), read_configuration(body | more), signs={"turnover": "+", "months": "-"})


@pytest.mark.parametrize(("kind", "more"), [("scorecard", {}), ("lightgbm", {"calibration": {"by": "region", "least_cases": 60}})])
def test_a_card_is_told_in_chinese_line_by_line(kind: str, more: dict[str, Any]) -> None:
    found = card_of(kind, **more) if more else scorecard()
    own = [*table().columns, "desk", "north", "south", "east", "String", "Enum", "Date", "z "]
    assert "recovered" in found.card and "Out of time" in found.card
    for language in CHINESE:
        with override(language):
            shown = card_told(found.card)
            assert len(shown.split("\n")) == len(found.card.split("\n"))
            for before, line in zip(found.card.split("\n"), shown.split("\n"), strict=True):
                assert not english(line, *own), f"{language}: {before}"
            for drawing in found.plots.values():
                for text in re.findall(r"(?<=>)[^<>]+(?=</text>)", plot_told(drawing)):
                    assert not english(text), f"{language}: {text}"
    with override("en"):
        assert card_told(found.card) == found.card  # the digest that was agreed to is of these very words
        assert plot_told(found.plots["roc.svg"]) == found.plots["roc.svg"]


def test_findings_notes_and_warnings_are_told(subtests: Any) -> None:
    found = scorecard()
    suspects = found.model.document.training["leakage"]["suspects"]
    assert set(suspects) >= {"recovered", "term"}
    for language in CHINESE:
        with override(language):
            assert told("alone reaches an AUC of 0.993").endswith("AUC 即达 0.993" if language == "zh-hans" else "AUC 即達 0.993")
            for text in (*suspects.values(), *found.warnings):
                with subtests.test(text):
                    parts = text.split("; ") if text in suspects.values() else [text]
                    assert not [word for part in parts for word in english(told(part), *table().columns, "north", "south", "east", "z ")]


def test_what_training_refuses_is_told() -> None:
    with pytest.raises(FaultsError) as refused:
        train(loans(60).with_columns(defaulted=pl.lit(0)), read_configuration({"target": "defaulted", "split": {"folds": 3}}), signs={})
    kept = "target defaulted: found 60 cases with 0 defaults, expected cases of both outcomes, at least two for each fold"
    assert [str(fault) for fault in refused.value.faults] == [kept]
    with override("zh-hans"):
        assert told(kept) == "结果 defaulted：发现 60 个案例，违约 0 个，应为 两种结果的案例都有，且每折至少两个"
        assert fault_told("alone reaches an AUC of 0.960") == "单独的 AUC 即达 0.960"
        assert told("recovered: something that nobody knows") == "recovered: something that nobody knows"


def test_a_variable_of_the_catalogue_has_its_title_beside_its_name() -> None:
    with override("zh-hans"):
        assert card_told("### inv_out_yoy") == "### 销售额同比增长 `inv_out_yoy`"
        assert card_told("| `inv_out_yoy` | 100% |") == "| 销售额同比增长 `inv_out_yoy` | 100% |"
        assert card_told("### debt") == "### debt"


def test_figures_below_nought_have_a_minus_and_days_and_codes_keep_their_hyphen() -> None:
    from puhui.console.markdown import rendered

    text = "Between -0.25 and -1.5, from 2026-01-31 on (A-7, `x -1`).\n\n| slope |\n|---|\n| -3.0053 |\n"
    told = str(rendered(text, lambda name: name))
    assert "Between −0.25 and −1.5, from 2026-01-31 on (A-7, <code>x -1</code>)." in told
    assert "<td>−3.0053</td>" in told
