"""Each variable is declared once, explained in three languages, and on the catalogue page."""

from __future__ import annotations

import re
from pathlib import Path

from puhui.features import registry, texts
from puhui.features.catalogue_page import page
from puhui.features.variable import NULL_REASONS

ROOT = Path(__file__).parents[2]

# The field's list of class C07 (e-invoices), as the data dictionary of the project has it.
NAMES = """
inv_out_amt_12m inv_out_amt_6m inv_out_amt_3m inv_out_yoy inv_out_3m_yoy inv_out_3m_vs_prev3m inv_out_slope_12m inv_out_cv_12m
inv_out_active_months_12m inv_out_gap_days_max_12m inv_out_last_days inv_out_cnt_12m inv_out_avg_ticket inv_out_ticket_cv
inv_out_void_rate_12m inv_out_red_rate_12m inv_out_void_red_rate_3m inv_out_red_after_loan_amt inv_out_red_partner_repeat_cnt
inv_out_quarter_end_share inv_out_night_share inv_out_limit_use inv_buyer_cnt_12m inv_buyer_top1_share inv_buyer_top5_share
inv_buyer_hhi inv_buyer_retention inv_buyer_new_share inv_buyer_related_share inv_buyer_gov_soe_share inv_buyer_bad_share
inv_buyer_tenure_months_w inv_in_amt_12m inv_in_yoy inv_supplier_cnt_12m inv_supplier_hhi inv_supplier_retention
inv_supplier_bad_share inv_in_out_ratio inv_gross_margin_proxy inv_category_match inv_in_out_category_overlap inv_circular_flag
inv_mutual_partner_share inv_in_red_rate_12m inv_in_energy_amt_12m inv_in_logistics_amt_12m inv_seasonality_index
inv_last12_to_best12 inv_region_cnt
"""
FIELD_LIST = NAMES.split()


def test_names_are_unique() -> None:
    names = [variable.name for variable in registry.catalogue()]
    assert len(names) == len(set(names)) > 100


def test_the_field_list_is_computed_or_named_as_left_out() -> None:
    computed = {variable.name for variable in registry.catalogue()}
    left_out = {item.name for item in registry.left_out()}
    assert not computed & left_out
    assert set(FIELD_LIST) <= computed | left_out
    assert left_out <= set(FIELD_LIST)
    assert all(item.reason for item in registry.left_out())


def test_signs_units_and_reasons_are_of_the_closed_lists() -> None:
    for variable in registry.catalogue():
        assert variable.sign in ("+", "-", "n", "V", "P"), variable.name
        assert variable.unit in ("CNY", "ratio", "n", "months", "days", "1/month", "0-1"), variable.name
        assert variable.null_reason in NULL_REASONS, variable.name
        assert set(variable.sides) <= {"out", "in"} and variable.sides, variable.name
        assert variable.window and variable.evidence_class == "C07"


def test_every_variable_is_explained_in_three_languages() -> None:
    assert texts.written_names() == {variable.name for variable in registry.catalogue()}
    for variable in registry.catalogue():
        for words in (variable.titles, variable.meanings, variable.null_meaning):
            assert set(words) == {"en", "zh-hans", "zh-hant"}
            assert all(text.strip() and not re.search(r"[{}|]", text) for text in words.values()), variable.name
        assert not re.search("[\u4e00-\u9fff]", variable.titles["en"] + variable.meanings["en"]), variable.name
        assert re.search("[\u4e00-\u9fff]", variable.titles["zh-hans"]), variable.name


def test_titles_tell_variables_apart() -> None:
    for language in texts.LANGUAGES:
        titles = [variable.titles[language] for variable in registry.catalogue()]
        assert len(titles) == len(set(titles))


def test_traditional_texts_hold_no_simplified_characters() -> None:
    simplified = set(
        "发个额净红废断税买张离标数历录长趋势对节联动关负减业务区货际实冲点无称结权现响幅扩变较仅规纳属当稳见终两观应时间么为开产东岁买卖单项销进购给"
    )
    traditional_too = set("幅")
    for variable in registry.catalogue():
        text = variable.titles["zh-hant"] + variable.meanings["zh-hant"] + variable.null_meaning["zh-hant"]
        # 净 数 and their like are written otherwise in traditional Chinese
        wrong = (simplified - traditional_too) & set(text)
        assert not wrong, f"{variable.name}: {wrong}"


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "variables.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m puhui.features.catalogue_page > docs/variables.md"
    assert all(f"| `{variable.name}` |" in written for variable in registry.catalogue())


def test_digest_is_stable_within_a_run() -> None:
    assert registry.catalogue_digest() == registry.catalogue_hash()
    assert re.fullmatch("[0-9a-f]{64}", registry.catalogue_digest())
