"""The sex of owners: read out of the identity numbers for figures of groups, hidden where a group is small, and known to no decision."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from tests.decisions.conftest import DAY, Bank

import puhui
from puhui.calculations.faults import FaultsError
from puhui.parties.identifiers import identity_check_character, sex
from puhui.parties.owner_sex import known_apart

SOURCE = Path(puhui.__file__).parent


def number(serial: int) -> str:
    """An identity number whose seventeenth digit, the last of the serial, tells the sex."""
    first = f"33010619800101{serial:03d}"
    return first + identity_check_character(first)


@pytest.fixture
def bank(database: str) -> Bank:
    return Bank()


def owned(bank: Bank, name: str, serials: dict[int, str], **variables: Any) -> Any:
    from puhui.parties import actions

    firm = bank.firm(name, **variables)
    for serial, role in serials.items():
        actions.link_person(
            firm, actions.register_person(bank.institution, f"人{serial}", number(serial), actor="officer"), role, actor="officer"
        )
    return firm


def test_the_seventeenth_digit_tells() -> None:
    # The example of GB 11643-1999: 110105 19491231 002 X is a woman, 440524 18800101 001 4 a man.
    assert (sex("11010519491231002X"), sex("440524188001010014")) == ("female", "male")


def test_owners_before_representatives_and_both_where_they_differ(bank: Bank) -> None:
    from puhui.parties.owner_sex import owner_sexes

    firms = [
        owned(bank, "one", {12: "owner", 13: "legal_representative"}),
        owned(bank, "two", {15: "legal_representative", 16: "spouse"}),
        owned(bank, "three", {18: "owner", 19: "owner"}),
        owned(bank, "none", {}),
    ]
    found = owner_sexes(firm.pk for firm in firms)
    assert [found.get(firm.pk) for firm in firms] == ["female", "male", "both", None]


def test_a_small_group_hides_all() -> None:
    assert known_apart(["male"] * 5 + ["female"] * 3 + [None], 3) == ["male"] * 5 + ["female"] * 3 + [None]
    assert known_apart(["male"] * 5 + ["female"] * 2 + [None] * 9, 3) == [None] * 16
    assert known_apart(["male"] * 5 + ["female"] * 5 + ["both"], 3) == [None] * 11


def groups_told(bank: Bank, women: int, men: int) -> list[tuple[Any, ...]]:
    """The rows of the fairness table by sex, after as many decisions; the women's firms have fewer buyers."""
    from puhui.decisions.actions import decide
    from puhui.reports.monitoring import monitored

    for serial in range(1, women + men + 1):
        buyers = 4 if serial <= women else 12
        firm = owned(bank, f"firm {serial}", {2 * serial + (serial > women): "owner"}, inv_buyer_cnt_12m=buyers)
        decide(bank.apply(firm), "officer")
    table = next(each for each in monitored(bank.institution, bank.model, DAY) if each.name == "groups")
    place = [column.name for column in table.columns].index
    rows = [row for row in table.rows if row[place("dimension")] == "sex of owner"]
    return [(row[place("group")], row[place("cases")], row[place("approved_share")]) for row in rows]


def test_the_report_tells_groups_and_no_small_ones(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of three cases: three women and four men are told; with a fourth limit the women are too few, so nobody is told apart."""
    from puhui.scoring import monitoring

    real = monitoring.Limits
    monkeypatch.setattr(monitoring, "Limits", lambda *limits: real(limits[0], limits[1], 3, limits[3]))
    told = groups_told(bank, 3, 4)
    assert [row[:2] for row in told] == [("men", 4), ("women", 3)]
    assert all(share is not None for _, _, share in told)
    monkeypatch.setattr(monitoring, "Limits", lambda *limits: real(limits[0], limits[1], 4, limits[3]))
    from puhui.reports.monitoring import monitored

    table = next(each for each in monitored(bank.institution, bank.model, DAY) if each.name == "groups")
    assert [row[2:4] for row in table.rows if row[1] == "sex of owner"] == [("not known", 7)]


def test_a_decision_is_the_same_for_a_woman_and_a_man(bank: Bank) -> None:
    """Two firms that differ in nothing but their owner's number: facts, stages, reasons and result are equal."""
    from puhui.decisions.actions import decide, release_exposures
    from puhui.decisions.concentration import recount

    records = []
    for serial in (12, 13):
        decision = decide(bank.apply(owned(bank, "Firm", {serial: "owner"}), key=str(serial)), "officer")
        records.append(decision.record)
        release_exposures([decision.pk])
        recount(bank.institution)  # what one was promised is not out in the industry of the other
    woman, man = records
    for record in (woman, man):
        record["facts"]["snapshot"].pop("id"), record["facts"]["consent"].pop("id")
        record["facts"].get("credit_view", {}).pop("members", None)
    assert woman == man


def test_no_product_may_name_it() -> None:
    from puhui.products import reading
    from puhui.products.documents import text_document

    path = reading.CATALOGUE / "products" / "cooperative-loan-2021-01-01.toml"
    text = path.read_text(encoding="utf-8").replace('members = "n"', 'members = "n"\nowner_sex = "text"')
    with pytest.raises(FaultsError, match=r"owner_sex.*may not be decided on"):
        reading.from_document(text_document(text, "product", "p.toml"))


def test_no_variable_tells_it_and_no_station_reads_it() -> None:
    """The catalogue of variables, the facts of a case, and every import of the module, whoever it is by."""
    from puhui.features.registry import catalogue
    from puhui.products import vocabulary

    names = [one.name for one in catalogue()] + list(vocabulary.CASE_FACTS) + list(vocabulary.SCORED_FACTS)
    assert [name for name in names if vocabulary.is_protected(name)] == []
    assert vocabulary.is_protected("owner_sex") and not vocabulary.is_protected("sextant_cnt")
    readers = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py") if _imports_it(path)}
    assert readers == {"reports/monitoring.py", "reports/lab_population.py"}


def _imports_it(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module == "puhui.parties.owner_sex":
            return True
        if isinstance(node, ast.Import) and any(each.name == "puhui.parties.owner_sex" for each in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "puhui.parties" and any(each.name == "owner_sex" for each in node.names):
            return True
    return False
