"""The page of variables: every one explained in the reader's language, spread over the lender's own firms."""

from __future__ import annotations

import re
from typing import Any

import pytest

from puhui.features import registry


def test_every_variable_is_there_with_its_spread(scenario: Any, client_of: Any) -> None:
    answer = client_of("officer").get("/variables/")
    assert answer.status_code == 200
    body = answer.content.decode()
    for variable in registry.catalogue():
        assert f'id="{variable.name}"' in body, variable.name
    sales = re.search(r'<tr id="inv_out_amt_12m">(.*?)</tr>', body, re.S)
    assert sales is not None
    cells = re.findall(r'<td class="number">(.*?)</td>', sales[1])
    assert re.fullmatch(r"\d+%", cells[0]) and len(cells) == 6
    # Invoices are known of some firm; of insurance nothing was ever told.
    assert cells[2] != "–"
    insured = re.search(r'<tr id="si_headcount_now">(.*?)</tr>', body, re.S)
    assert insured is not None and re.findall(r'<td class="number">(.*?)</td>', insured[1])[:2] == ["100%", "–"]


def test_the_direction_is_told_in_words(scenario: Any, client_of: Any) -> None:
    from puhui.console.score_words import DIRECTIONS
    from puhui.features.variable import SIGNS

    assert set(DIRECTIONS) == set(SIGNS)
    body = client_of("officer").get("/variables/").content.decode()
    assert "more is riskier" in re.search(r'<tr id="inv_buyer_hhi">(.*?)</tr>', body, re.S)[1]
    assert "<td>n</td>" not in body and "<td>-</td>" not in body and '<a href="#C07">' in body and 'id="C07"' in body


def test_strength_is_told_or_that_cases_are_too_few(scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.console.views import variables
    from puhui.reports.variable_strength import Strengths, strengths

    def column(body: str) -> dict[str, str]:
        rows = re.findall(r'<tr id="(\w+)">(.*?)</tr>', body, re.S)
        return {name: re.findall(r'<td class="number">(.*?)</td>', row)[4] for name, row in rows}

    real = strengths(scenario.institution, scenario.institution.business_date)
    assert real.values == {} and real.defaults < 10  # the scenario's loans are weeks old
    body = client_of("risk").get("/variables/").content.decode()
    assert f"came of {real.loans} loans of ours, {real.defaults} of them in default" in body
    assert "fewer than 30 such loans have a number, or fewer than 10 are in default" in body
    assert set(column(body).values()) == {"too few"}
    monkeypatch.setattr(variables, "strengths", lambda *_: Strengths(2_345, 67, 30, 10, {"inv_out_amt_12m": 0.123}))
    body = client_of("risk").get("/variables/").content.decode()
    assert "came of 2,345 loans of ours, 67 of them in default" in body
    told = column(body)
    assert told.pop("inv_out_amt_12m") == "0.12" and set(told.values()) == {"too few"}


def test_only_those_who_read_models_read_it(scenario: Any, client_of: Any) -> None:
    assert client_of("auditor").get("/variables/").status_code == 200
    assert client_of("borrower-en").get("/variables/").status_code == 403
    assert client_of("accountant").get("/variables/").status_code == 403
