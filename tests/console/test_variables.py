"""The page of variables: every one explained in the reader's language, spread over the lender's own firms."""

from __future__ import annotations

import re
from typing import Any

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
    assert re.fullmatch(r"\d+%", cells[0]) and len(cells) == 5
    # Invoices are known of some firm; of insurance nothing was ever told.
    assert cells[2] != "–"
    insured = re.search(r'<tr id="si_headcount_now">(.*?)</tr>', body, re.S)
    assert insured is not None and re.findall(r'<td class="number">(.*?)</td>', insured[1])[:2] == ["100%", "–"]


def test_only_those_who_read_models_read_it(scenario: Any, client_of: Any) -> None:
    assert client_of("auditor").get("/variables/").status_code == 200
    assert client_of("borrower-en").get("/variables/").status_code == 403
    assert client_of("accountant").get("/variables/").status_code == 403
