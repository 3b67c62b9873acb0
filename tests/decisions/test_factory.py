"""`puhui factory run`: the same answers as for one firm, from a file without database and from the database."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tests.decisions.conftest import DAY, tiny_model_body
from tests.decisions.test_batch import solid

from puhui.site.command import run


@pytest.fixture
def files(tmp_path):
    rows = [
        solid() | {"number": "one"},
        solid(inv_out_active_months_12m=8) | {"number": "two"},
        solid(inv_buyer_top1_share=0.9) | {"number": "three"},
    ]
    pl.DataFrame(rows).drop("requested_amount", "term_months", "lender_kind").write_csv(tmp_path / "firms.csv")
    (tmp_path / "model.json").write_text(json.dumps(tiny_model_body()), encoding="utf-8")
    return tmp_path


def test_file_without_database(files, capsys):
    arguments = ["factory", "run", "invoice-working-capital", "--source", str(files / "firms.csv"), "--model", str(files / "model.json")]
    more = ["--as-of", DAY.isoformat(), "--amount", "200000", "--out", str(files / "out.csv"), "--json"]
    assert run([*arguments, *more]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome_approve"], told["outcome_refer"], told["outcome_refuse"]) == (1, 1, 1)
    assert told["reasons"] == {"sales_months": 1, "one_buyer": 1, "less_than_asked": 1}
    out = pl.read_csv(files / "out.csv")
    assert out["number"].to_list() == ["one", "two", "three"]
    assert out["amount_fen"].to_list() == [20_000_000, 0, 12_000_000]  # a fifth of the tenth that does not hang on one buyer
    assert out["reason_codes"].to_list()[1:] == ["sales_months", "one_buyer;less_than_asked"]


def test_the_rows_of_a_file_take_the_room_of_their_industry_in_order(files, capsys, tmp_path, monkeypatch):
    """A limit of 300,000 on one division: of three that ask for 200,000 the first gets all, the second what is left, the third nothing;
    one of another industry is not held, and one without a code is counted as not held."""
    import shutil
    from importlib import resources

    catalogue = tmp_path / "catalogue"
    (catalogue / "parameters").mkdir(parents=True)
    source = resources.files("puhui.catalogue").joinpath("parameters/concentration-limits.toml").read_text(encoding="utf-8")
    head = source[: source.index("[[rows]]")]
    row = '[[rows]]\nlender_kind = "bank"\nlevel = "division"\ncode = "13"\nshare = 0.3\nof = "loans"\nbase_yuan = 1_000_000\n'
    (catalogue / "parameters" / "concentration-limits.toml").write_text(head + row, encoding="utf-8")
    monkeypatch.setenv("PUHUI_CATALOGUE", str(catalogue))
    codes = ["1353", "1353", "1353", "5211", None]
    rows = [solid() | {"number": str(number), "industry_code": code} for number, code in enumerate(codes)]
    pl.DataFrame(rows).drop("requested_amount", "term_months", "lender_kind").write_csv(tmp_path / "places.csv")
    arguments = ["factory", "run", "invoice-working-capital", "--source", str(tmp_path / "places.csv")]
    more = ["--model", str(files / "model.json"), "--as-of", DAY.isoformat(), "--amount", "200000", "--out", str(tmp_path / "out.csv")]
    assert run([*arguments, *more, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert pl.read_csv(tmp_path / "out.csv")["amount_fen"].to_list() == [20_000_000, 10_000_000, 0, 20_000_000, 20_000_000]
    assert (told["limits_held"], told["limits_not_held_rows"]) == (["division"], {"division": 1})
    assert told["out_before"].startswith("nothing")
    shutil.rmtree(catalogue)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "none.csv"], "--source: found nothing"),
        (["--out", "x.txt"], "--out: found 'x.txt'"),
        (["--as-of", "soon"], "--as-of: found 'soon'"),
        (["--lender", "pawnshop"], "--lender: found 'pawnshop'"),
        (["--model", "x.json"], "--model: found a file"),
    ],
)
def test_bad_input(arguments, words, capsys):
    assert run(["factory", "run", "invoice-working-capital", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_column_that_is_missing_is_named(files, capsys):
    pl.read_csv(files / "firms.csv").drop("inv_out_yoy").write_csv(files / "less.csv")
    arguments = ["factory", "run", "invoice-working-capital", "--source", str(files / "less.csv"), "--model", str(files / "model.json")]
    assert run([*arguments, "--as-of", DAY.isoformat()]) == 2
    assert "column inv_out_yoy: found no such column" in capsys.readouterr().err


def test_firms_of_the_database(bank):
    """What the batch says of a firm is what the engine decides on its application; a firm without consent is left out."""
    from puhui.decisions.actions import decide
    from puhui.decisions.batch import decide_many
    from puhui.decisions.population import firms_frame
    from puhui.decisions.strategy import in_force

    firms = [bank.firm("Good"), bank.firm("Short", inv_out_active_months_12m=3), bank.firm("Silent", consent=False)]
    strategy = in_force(bank.institution, "invoice-working-capital", bank.institution.business_date)
    frame, left_out = firms_frame(bank.institution, strategy, bank.institution.business_date)
    assert (frame["firm_name"].to_list(), left_out) == (["Good", "Short"], 1)
    wish = frame.with_columns(requested_amount=pl.lit(200_000.0), term_months=pl.lit(12), purpose=pl.lit("stock"))
    answers = decide_many(wish, strategy.product, strategy.model, strategy.parameters, day=bank.institution.business_date)
    for firm, answer in zip(firms, answers.iter_rows(named=True), strict=False):
        decision = decide(bank.apply(firm), "system")
        for name in ("outcome", "risk_class", "probability_ppm", "limit_fen", "amount_fen", "rate_ppm", "authority"):
            assert getattr(decision, name) == answer[name]
