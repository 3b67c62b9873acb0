"""What the editor of products says is wrong, in both kinds of Chinese: what was expected and how to mend it are never left in English."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.utils.translation import override

from puhui.console.fault_words import told
from puhui.decisions.product_check import check_text
from puhui.products.documents import CATALOGUE

DAY = date(2026, 3, 2)
TEXT = (CATALOGUE / "products" / "cooperative-loan-2021-01-01.toml").read_text(encoding="utf-8")
WRONG = {
    "a misspelt key": ("maximum_months", "maximum_month"),
    "a number out of bounds": ("minimum_months = 12", "minimum_months = 0"),
    "a date": ("valid_from = 2021-01-01", 'valid_from = "soon"'),
    "an unknown name": ("members < 5", "member < 5"),
    "an unknown function": ("members < 5", "minimum(members, 3) < 5"),
    "brackets": ("members < 5", "(members < 5"),
    "units": ("members < 5", "requested_amount < term_months"),
    "a missing text": ('names.zh-hant = "農民專業合作社貸款"', ""),
    "shares": ("7 = 0.4", "7 = 0.5"),
    "a gap of the season": ("minimum_months = 12", "minimum_months = 9"),
    "a condition that nobody meets": ("reg_status_normal_flag == 1", "reg_status_normal_flag == 2"),
    "a row that cannot be reached": ("members < 5", "members < 0"),
    "a class": ('then = "A"', 'then = "Z"'),
    "a spread above the cap": ("rate_maximum = 0.08", "rate_maximum = 0.99"),
    "a protected fact": ('members = "n"', 'members = "n"\nowner_sex = "text"'),
    "the terms": ('method = "custom"', 'method = "customs"'),
    "the lowest amount": ("maximum = 3_000_000", "maximum = 30_000"),
}


INVOICES = (CATALOGUE / "products" / "invoice-working-capital-2020-01-01.toml").read_text(encoding="utf-8")
AGAINST_ITSELF = {
    "a referral behind a veto": ("inv_out_last_days <= 60", "inv_out_amt_12m >= 150_000"),
    "a veto behind a later one": ("inv_out_active_months_12m >= 9", "inv_out_amt_12m >= 150_000"),
    "a condition whose words stay": ("inv_out_active_months_12m >= 9", "inv_out_active_months_12m >= 12"),
    "a class that a table lacks": ("{ A = 0.15, B = 0.12, C = 0.08 }", "{ A = 0.15, B = 0.12 }"),
    "a row that nothing looks up": ("{ A = 0.15, B = 0.12, C = 0.08 }", "{ A = 0.15, B = 0.12, C = 0.08, E = 0.01 }"),
}
BRIDGING = (CATALOGUE / "products" / "emergency-bridging-2025-01-01.toml").read_text(encoding="utf-8")
BY_DAYS = {
    "a step above the highest rate": ("add = 0.072", "add = 0.08"),
    "a step at once": ("after_days = 5", "after_days = 0"),
    "days of thirty to the month": ('day_count = "ACT/360"', 'day_count = "M/360"'),
    "days that are yuan": ('days = "planned_days"', 'days = "bank_commitment"'),
    "instalments for days": ('method = "bullet"', 'method = "interest_only"\nevery = "1 month"'),
    "steps out of order": ("[[price.steps]]", "[[price.steps]]\nafter_days = 9\nadd = 0.01\n\n[[price.steps]]"),
    "a dear class": ("C = 0.072 }", "C = 0.08 }"),
}


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        *((TEXT, *each) for each in WRONG.values()),
        *((INVOICES, *each) for each in AGAINST_ITSELF.values()),
        *((BRIDGING, *each) for each in BY_DAYS.values()),
    ],
    ids=[*WRONG, *AGAINST_ITSELF, *BY_DAYS],
)
def test_faults_are_told_in_chinese(text: str, right: str, wrong: str) -> None:
    assert right in text
    before, checked = (check_text(each, DAY, None) for each in (text, text.replace(right, wrong, 1)))
    faults = [fault for fault in (*checked.faults, *checked.remarks) if fault.expected not in {one.expected for one in before.remarks}]
    assert faults
    for language in ("zh-hans", "zh-hant"):
        with override(language):
            for fault in faults:
                for text in filter(None, (fault.expected, fault.remedy)):
                    shown = told(text)
                    assert re.search("[\u4e00-\u9fff]", shown) and shown != text, f"{language}: {text}"


def test_the_languages_differ_and_keep_what_the_file_spells() -> None:
    text = "the unknown key 'maximum_month'"
    with override("zh-hans"):
        assert told(text) == "未知的键 maximum_month"
    with override("zh-hant"):
        assert told(text) == "未知的鍵 maximum_month"
