"""The policy lab: figures by hand, the allocation against brute force, and that a changed threshold changes just whom it should."""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from tests.decisions.conftest import DAY, tiny_model_body
from tests.decisions.test_batch import solid

from puhui.calculations.faults import FaultsError
from puhui.decisions.lab.allocating import Group, Quota, allocate
from puhui.decisions.lab.comparing import Costs, by_group, figures, stressed, swap_set
from puhui.products.documents import CATALOGUE
from puhui.site.command import run

EXAMPLES = [
    yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", Path("docs/algorithms/lab.md").read_text(encoding="utf-8"), re.S)
]
FOLDER = Path(os.environ.get("PUHUI_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


def answers(probabilities, amount, rate, outcomes=None):
    return pl.DataFrame(
        {
            "outcome": outcomes or ["approve"] * len(probabilities),
            "amount_fen": [round(amount * 100)] * len(probabilities),
            "rate_ppm": [round(rate * 1e6)] * len(probabilities),
            "probability_ppm": [round(each * 1e6) for each in probabilities],
        }
    )


def test_the_figures_of_the_page():
    asked, expected = EXAMPLES[0]["figures"], EXAMPLES[0]["expect"]
    costs = Costs(asked["loss_given_default"], asked["funding"], asked["operations"], 0.06)
    found = figures(answers(asked["probabilities"], asked["amount"], asked["rate"]), costs)
    assert (found["expected_interest_fen"], found["expected_loss_fen"]) == (expected["interest"] * 100, expected["loss"] * 100)
    assert found["expected_profit_fen"] == expected["profit"] * 100 and found["mean_rate"] == pytest.approx(asked["rate"])
    assert (found["cost_fen"], found["capital_fen"]) == (expected["cost"] * 100, 1_800_000)
    fewer = figures(
        answers(asked["probabilities"], asked["amount"], asked["rate"], ["approve", "refer", "refuse"]), costs, pl.Series([1, 0, 1])
    )
    assert fewer["expected_profit_fen"] == expected["without_third"] * 100 and (fewer["refuse"], fewer["lent_share"]) == (1, 2 / 3)
    assert (fewer["realised_defaults"], fewer["realised_loss_fen"], fewer["realised_interest_fen"]) == (1, 5_000_000, 500_000)


def test_the_allocation_of_the_page():
    asked, expected = EXAMPLES[1]["allocate"], EXAMPLES[1]["expect"]
    groups = [
        Group(each["name"], each["firms"], 1.0, each["default_probability"], tuple(map(tuple, each["curve"]))) for each in asked["groups"]
    ]
    assert allocate(groups, 0.0, asked["loss_given_default"]).profit == pytest.approx(expected["free"])
    bounded = allocate(groups, 0.0, asked["loss_given_default"], budget=asked["budget"])
    assert (bounded.profit, bounded.lent, bounded.worth_of_budget) == pytest.approx(
        (expected["bounded"], asked["budget"], expected["worth"])
    )


def test_the_allocation_against_brute_force():
    """Three groups, whole firms: every way to offer is looked at; the programme may split firms, so it is never worse and close above."""
    random = np.random.default_rng(5)
    for _ in range(10):
        groups = [
            Group(name, 2, 1.0, float(random.uniform(0, 0.05)), ((0.04, 0.0), (0.08, float(random.uniform(0.1, 0.6))), (0.12, 0.9)))
            for name in "ABC"
        ]
        offers = [
            [
                (0.0, 0.0),
                *(
                    (1 - churn, (1 - churn) * ((1 - g.default_probability) * rate - g.default_probability - 0.01))
                    for rate, churn in g.curve
                ),
            ]
            for g in groups
            for _ in range(2)
        ]
        ways = [tuple(map(sum, zip(*way, strict=True))) for way in itertools.product(*offers)]
        assert allocate(groups, 0.01, 1.0).profit == pytest.approx(max(max(profit for _, profit in ways), 0.0))
        within = max(profit for lent, profit in ways if lent <= 3)
        found = allocate(groups, 0.01, 1.0, budget=3.0)
        assert found.lent <= 3 + 1e-9 and within - 1e-9 <= found.profit <= within + 0.08


def test_quotas_and_capital():
    groups = [Group("good", 5, 1.0, 0.0, ((0.05, 0.0),)), Group("weak", 5, 1.0, 0.2, ((0.05, 0.0),))]
    assert {each.group for each in allocate(groups, 0.01, 0.5).offers} == {"good"}
    quota = allocate(groups, 0.01, 0.5, capital=0.3, capital_share=0.1, quotas=[Quota("weak", frozenset({1}), least_firms=1)])
    assert {each.group: round(each.firms, 6) for each in quota.offers} == {"good": 2, "weak": 1}
    with pytest.raises(FaultsError, match="Raise the budget or lower the quotas"):
        allocate(groups, 0.01, 0.5, budget=1.0, quotas=[Quota("weak", frozenset({1}), least_firms=2)])


@pytest.mark.real_data
@pytest.mark.skipif(not (FOLDER / "cumcm2020c_firms.parquet").exists(), reason=f"no real data in {FOLDER}; set PUHUI_REAL_DATA")
@pytest.mark.parametrize(
    ("cost", "profit", "rates"), [(0.0, 2_455_559, [0.0465, 0.0825, 0.1105]), (0.02, 1_668_468, [0.0745, 0.1065, 0.1425])]
)
def test_the_published_problem(cost, profit, rates, capsys):
    firms, curve = FOLDER / "cumcm2020c_firms.parquet", FOLDER / "cumcm2020c_rate_churn.parquet"
    arguments = ["lab", "rates", str(firms), "--curve", str(curve), "--group", "credit_rating", "--outcome", "defaulted"]
    assert run([*arguments, "--cost", str(cost), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["profit"] == profit and [each["rate"] for each in told["offers"]] == rates
    by_hand = 0.0  # every rate of every grade, in plain loops
    known = pl.read_parquet(firms).filter(pl.col("attachment") == 1)
    table = pl.read_parquet(curve)
    for grade in "ABC":
        bad = [each == "是" for each in known.filter(pl.col("credit_rating") == grade)["defaulted"]]
        p = sum(bad) / len(bad)
        pairs = zip(table["annual_rate"], table[f"churn_{grade.lower()}"], strict=True)
        by_hand += max(len(bad) * 1e6 * (1 - churn) * ((1 - p) * rate - p - cost) for rate, churn in pairs)
    assert round(by_hand) == profit


def test_swaps_groups_and_stress():
    one, other = (
        answers([0.01] * 4, 1, 0.05, ["approve", "approve", "refuse", "refer"]),
        answers([0.01] * 4, 1, 0.05, ["approve", "refuse", "approve", "refer"]),
    )
    swaps = {(row["one"], row["other"]): (row["cases"], row["defaults"]) for row in swap_set(one, other, pl.Series([0, 1, 0, None]))}
    assert swaps == {("lent", "lent"): (2, 0), ("lent", "refused"): (1, 1), ("refused", "lent"): (1, 0)}
    rows = by_group({"a": one, "b": other}, pl.Series(["x", "x", "x", "y"]), least=3)
    assert rows == [
        {"group": "x", "cases": 3, "a": pytest.approx(2 / 3), "b": pytest.approx(2 / 3)},
        {"group": "y", "cases": 1, "a": None, "b": None},
    ]
    assert stressed(pl.DataFrame({"sales": [10, None]}), {"sales": 0.8})["sales"].to_list() == [8.0, None]


@pytest.fixture
def files(tmp_path):
    rows = [
        solid(inv_out_active_months_12m=months) | {"number": f"firm-{months}", "defaulted": int(months < 10)}
        for months in (8, 9, 10, 11, 12)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "cases.parquet")
    (tmp_path / "model.json").write_text(json.dumps(tiny_model_body()), encoding="utf-8")
    text = next((CATALOGUE / "products").glob("invoice-working-capital-*.toml")).read_text(encoding="utf-8")
    (tmp_path / "stricter.toml").write_text(
        text.replace("inv_out_active_months_12m >= 9", "inv_out_active_months_12m >= 11"), encoding="utf-8"
    )
    return tmp_path


def test_a_changed_threshold_changes_just_whom_it_should(files, capsys):
    """Nine months of sales were enough, eleven are asked: the firms with nine and ten change, and nobody else."""
    arguments = ["lab", "compare", "invoice-working-capital", str(files / "stricter.toml"), "--population", str(files / "cases.parquet")]
    more = ["--model", str(files / "model.json"), "--outcome", "defaulted", "--as-of", DAY.isoformat(), "--out", str(files / "out.csv")]
    assert run([*arguments, *more, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    stricter = str(files / "stricter.toml")
    assert told["changed"] == {stricter: 2} and told["reasons"] == {stricter: {"+sales_months": 2}}
    swap = next(row for row in told["swaps"][stricter] if (row["one"], row["other"]) == ("lent", "refused"))
    assert (swap["cases"], swap["defaults"]) == (2, 1)
    assert pl.read_csv(files / "out.csv")["number"].to_list() == ["firm-9", "firm-10"]
    assert run([*arguments, *more]) == 0
    assert "2 cases are answered differently" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare", "one", "--population", "none.csv"], ["STRATEGY: found 1", "none.csv: found nothing"]),
        (
            ["compare", "a", "b", "--population", "none.csv", "--out", "x.txt", "--as-of", "soon"],
            ["--out: found 'x.txt'", "--as-of: found 'soon'"],
        ),
    ],
)
def test_bad_input(arguments, words, capsys):
    assert run(["lab", *arguments]) == 2
    told = capsys.readouterr().err
    assert all(word in told for word in words)


def test_unknown_columns_are_named(files, capsys):
    arguments = ["lab", "compare", "invoice-working-capital", str(files / "stricter.toml"), "--population", str(files / "cases.parquet")]
    assert run([*arguments, "--outcome", "nope", "--stress", "inv_out_amt_12m=much", "--model", str(files / "model.json")]) == 2
    told = capsys.readouterr().err
    assert "'nope'" in told and "NAME=FACTOR" in told
