"""Facts of the form, definitions, score tables, decision tables, a class by table and shared losses: read, used, refused, replayed."""

from __future__ import annotations

import pytest
from tests.decisions.full_product import full_product, full_text
from tests.decisions.test_engine import MODEL, PRODUCT, TABLES, decide, frozen

from puhui.calculations.faults import FaultsError
from puhui.decisions import engine
from puhui.products import reading

REQUEST = {"amount_fen": 20_000_000, "term_months": 12, "purpose": "stock", "channel": "counter"}


def decided(product, facts=None, variables=None, **request):
    return engine.decide(frozen(variables), product, None, TABLES, REQUEST | request | {"facts": facts or {}})


def derived(record, name):
    stages = record["stages"]
    return next(one for one in stages["facts"]["derived"] + stages["limit"].get("derived", []) if one["id"] == name)


def test_records_of_products_without_additions_are_what_they_were():
    """The digest of this case before any of the additions were there, the digests of what it rested on left out: replay byte for byte."""
    record = decide()
    record.pop("versions")
    assert engine.digest(record) == "13f36d8aa71599ac264daf867ba21d5e94d51c6aab857ff3ba54c366226c8211"
    assert PRODUCT.derived == () and PRODUCT.policy_class == ""


def test_worked_by_hand(tmp_path):
    """Twelve months active: 30 points; sales up by 10%: 15; 45 points and no first loan: class A, 1%; the bank bears a fifth of a loss."""
    product = full_product(tmp_path)
    record = decided(product, {"is_first_loan": False, "order_amount": 100_000})
    assert [item["points"] for item in derived(record, "conduct_points")["items"]] == [30, 15]
    assert derived(record, "conduct_points")["value"] == 45
    assert derived(record, "needed_capital")["value"] == 70_000
    assert (record["result"]["risk_class"], record["result"]["probability_ppm"], record["result"]["points"]) == ("A", 10_000, None)
    bounds = {one["id"]: one["amount_fen"] for one in record["stages"]["limit"]["candidates"]}
    assert bounds["share_in_class"] == 50_000_000  # 500,000 for class A, less than 15% of 6,000,000
    parts = {one["id"]: one["rate_ppm"] for one in record["stages"]["price"]["parts"]}
    assert parts["expected_loss"] == 900  # 1% × 45% × 20%
    assert record["request"]["facts"] == {"security_value": None, "order_amount": 100_000.0, "is_first_loan": 0}
    assert record["versions"]["model"] == {"name": "", "digest": ""}


def test_null_conditions_do_not_match(tmp_path):
    """Without the flag the first row is null, so the second gives the class; the bound that needs the flag refers."""
    record = decided(full_product(tmp_path))
    assert record["result"]["risk_class"] == "B"
    assert derived(record, "share_in_class")["value"] is None
    assert "bound_unknown" in [one["code"] for one in record["reasons"]]


@pytest.mark.parametrize(
    ("variables", "facts", "expected"),
    [
        ({"inv_out_active_months_12m": 9}, {"is_first_loan": 0}, "B"),  # 20 + 15
        ({"inv_out_active_months_12m": 8}, {"is_first_loan": 0}, "B"),  # 10 + 15
        ({"inv_out_active_months_12m": 5}, {"is_first_loan": 0}, "C"),  # 0 + 15
        ({"inv_out_active_months_12m": None, "inv_out_yoy": None}, {"is_first_loan": 0}, "C"),  # 5 + 0
        ({"inv_out_active_months_12m": 5, "inv_out_yoy": -0.31}, {"is_first_loan": 0}, "D"),  # 0 - 10
        ({"inv_out_active_months_12m": 5, "inv_out_yoy": -0.31}, {"is_first_loan": 0, "security_value": 400_000}, "B"),
        ({}, {"is_first_loan": 1}, "B"),
    ],
)
def test_class_by_table(tmp_path, variables, facts, expected):
    assert decided(full_product(tmp_path), facts, variables)["result"]["risk_class"] == expected


def test_facts_that_nobody_asked_for(tmp_path):
    with pytest.raises(FaultsError) as raised:
        decided(full_product(tmp_path), {"order_amont": 5, "is_first_loan": 3, "security_value": "much"})
    assert [fault.where for fault in raised.value.faults] == ["fact order_amont", "fact is_first_loan", "fact security_value"]
    assert raised.value.faults[0].remedy == "Did you mean order_amount?"
    with pytest.raises(FaultsError, match="asks for: none"):
        engine.decide(frozen(), PRODUCT, MODEL, TABLES, REQUEST | {"facts": {"x": 1}})


def test_data_of_the_file(tmp_path):
    product = full_product(tmp_path)
    assert (product.family, product.decision_days, product.consent_of) == ("order", 3, ("firm", "owner"))
    assert (product.security.kinds, product.security.cover_ppm) == (("receivable", "guarantee"), 500_000)
    assert (product.linkage[0].steps, product.linkage[0].measured_months) == (((0.0, -1_000), (0.1, -2_000)), 6)
    assert product.support.bank_share_ppm == 200_000
    assert [(one.rate_ppm, one.share_ppm) for one in product.support.interest_shares] == [(10_000, None), (None, 500_000)]
    assert reading.from_body(product.code, product.document.body).digest == product.digest


@pytest.mark.parametrize(
    ("old", "new", "needle", "found", "remedy"),
    [
        ("order_amount, 0) * 0.7", "order_amont, 0) * 0.7", "order_amont, 0)", "order_amont", "Did you mean order_amount?"),
        ('"conduct_points >= 5"', '"conduct_point >= 5"', "conduct_point >= 5", "conduct_point", "Did you mean conduct_points?"),
        ('then = "C"', 'then = "E"', 'otherwise = "D"', "'E'", "Declare it"),
        ('otherwise = "D"\n', "", '[[decision_tables]]\nname = "customer_class"', "nothing", "Add it."),
        ('policy_class = "customer_class"', 'policy_class = "customer_clas"', 'customer_clas"', "customer_clas", "mean customer_class?"),
        ("conduct_points >= 25 or", "risk_class == 'A' or", 'otherwise = "D"', "customer_class", "It gives the class."),
        ('order_amount = "CNY"', 'order_amount = "CNYY"', '"CNYY"', "CNYY", "Did you mean CNY?"),
        ("{ from = 9, points = 20 }", "{ from = 12, points = 20 }", "{ from = 12, points = 20 }", "12", "cannot be reached"),
        ("share = 0.8 }", "share = 0.7 }", "loss_shares", "0.9", ""),
        ('fact = "inv_out_yoy"', 'fact = "inv_out_yoi"', '"inv_out_yoi"', "inv_out_yoi", "Did you mean inv_out_yoy?"),
        ('measured = "every 6 months"', 'measured = "now and then"', '"now and then"', "now and then", ""),
        ("then = 500_000", 'then = "requested_amount * requested_amount"', "requested_amount * requested", "CNY^2", ""),
        ("probability = 0.03\n", "", '[[classes]]\ncode = "B"', "nothing", "Add it."),
        ('requires_consent_of = ["firm", "owner"]', 'requires_consent_of = ["firm", "owners"]', "requires_", "owners", "mean owner?"),
        ('name = "needed_capital"', 'name = "purpose"', 'name = "purpose"', "purpose", "Rename it."),
    ],
)  # fmt: skip
def test_faults_are_placed(tmp_path, old, new, needle, found, remedy):
    with pytest.raises(FaultsError) as raised:
        full_product(tmp_path, old, new)
    text = full_text().replace(old, new, 1)
    fault = raised.value.faults[0]
    line, column = (int(part) for part in fault.where.split(":")[1:3])
    assert fault.where.startswith("full.toml:")
    assert line == text[: text.index(needle)].count("\n") + 1
    assert column >= 1
    assert found in fault.found
    assert remedy in fault.remedy


def test_a_fault_in_a_row_of_a_table_is_placed_at_its_character(tmp_path):
    with pytest.raises(FaultsError) as raised:
        full_product(tmp_path, "security_value >= 2", "security_valu >= 2")
    fault = raised.value.faults[0]
    line, column = (int(part) for part in fault.where.split(":")[1:3])
    wrong = full_text().replace("security_value >= 2", "security_valu >= 2", 1).split("\n")[line - 1]
    assert wrong[column - 1 :].startswith("security_valu >= 2")


def test_facts_of_the_form_go_from_the_application_into_the_decision_and_its_replay(bank, tmp_path, monkeypatch):
    from django.conf import settings

    from puhui.decisions import actions
    from puhui.decisions.preview import preview

    (tmp_path / "products").mkdir()
    text = full_text().replace('code = "invoice-working-capital"', 'code = "full"')
    (tmp_path / "products" / "full.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    firm = bank.firm("One")
    wish = (bank.institution, firm, "full", 15_000_000, 12, "stock")
    record = preview(*wish, bank.institution.business_date, {"is_first_loan": True})
    assert record["result"]["risk_class"] == "B"
    application = actions.submit(*wish, channel="counter", key="one", actor="system", facts={"is_first_loan": False})
    decision = actions.decide(application, "system")
    assert (decision.risk_class, decision.record["request"]["facts"]["is_first_loan"], decision.points) == ("A", 0, None)
    assert actions.replay_all(bank.institution) == []
    with pytest.raises(FaultsError, match="row 1: fact first"):
        actions.submit(*wish, channel="counter", key="two", actor="system", facts={"first": True})


def test_facts_on_the_command_line():
    from puhui.site.commands.decide import facts_of

    assert facts_of(["a=1_000.5", "b=true", "c=null", "d=steel"]) == {"a": 1000.5, "b": True, "c": None, "d": "steel"}
