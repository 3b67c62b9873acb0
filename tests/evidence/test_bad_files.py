"""Every kind of bad file ends in a message that says where, what and how to mend it, and leaves the database as it was."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from tests.evidence.bad_files import GOOD, READ, REFUSED, content
from tests.evidence.conftest import csv_text, line

from puhui.calculations.faults import FaultsError
from puhui.evidence.models import Invoice
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.limits import Limits


def refused(lender, path: Path, *said: str, **options) -> RefusedFileError:
    before = lender.state()
    with pytest.raises(RefusedFileError) as refusal:
        lender.import_file(path, **options)
    text = str(refusal.value)
    assert [part for part in (path.name[:20], *said) if part not in text] == [], text
    assert all(fault.where and fault.found and fault.expected and fault.remedy for fault in refusal.value.faults)
    assert lender.state() == before
    return refusal.value


def test_there_are_enough_kinds():
    assert len(REFUSED) >= 40


@pytest.mark.parametrize("kind", REFUSED)
def test_refused(lender, tmp_path, kind):
    build, said = REFUSED[kind]
    refused(lender, build(tmp_path), *said)


@pytest.mark.parametrize("kind", READ)
def test_read_rightly(lender, tmp_path, kind):
    result = lender.import_file(READ[kind](tmp_path))
    assert result.counts["rejected"] == 0
    rows = list(Invoice.objects.values_list("direction", "issued_on", "amount_fen", "status"))
    assert rows == [("out", dt.date(2025, 3, 1), 100_000, "normal")] * result.counts["read"]
    assert result.counts["read"] in (1, 2)


def test_no_right_to_read(lender, tmp_path):
    path = content(GOOD)(tmp_path)
    path.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:  # whom no mode holds back
        os.seteuid(65534)
    try:
        with pytest.raises(RefusedFileError, match=r"may not read.*chmod"):
            from puhui.evidence.reading.recognise import read_bytes

            read_bytes(path, Limits())
    finally:
        if is_root:
            os.seteuid(0)


def test_all_faults_are_named_at_once(lender, tmp_path):
    rows = [line(1, 金额="x", 发票状态="?"), line(2), line(3, 开票日期="never", 发票号码="")]
    refusal = refused(lender, content(csv_text(rows))(tmp_path), "row 2", "row 4", "金额", "发票状态", "开票日期", "发票号码")
    assert refusal.total == 4


def test_a_fault_in_each_of_many_rows_is_counted_and_does_not_hide_the_rest(lender, tmp_path):
    rows = [line(number, 发票状态="?") for number in range(5_000)] + [line(9_000, 金额="x")]
    refusal = refused(lender, content(csv_text(rows))(tmp_path), "row 2,", "(and 4,999 more rows)", "row 5,002", "5,001 faults")
    assert refusal.total == 5_001


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(file_bytes=100), "at most 100 bytes"),
        (Limits(rows=1), "at most 1 rows"),
        (Limits(seconds=-1), "longer than -1 seconds"),
    ],
)
def test_limits(lender, tmp_path, limits, said):
    refused(lender, content(GOOD)(tmp_path), said, limits=limits)


def test_unknown_firm(lender, tmp_path):
    mapping = content('[firm]\nscheme = "platform"\ncolumn = "销方名称"\n', "m.toml")(tmp_path)
    refused(lender, content(GOOD)(tmp_path), "row 2", "销方名称", "'甲公司'", "Register the firm first", mapping=mapping, firm=None)


def test_whose_invoices_must_be_said(lender, tmp_path):
    refused(lender, content(GOOD)(tmp_path), "firm", "--firm", firm=None)


MAPPINGS = {
    "no TOML": ("a = = 1", ("no valid TOML",)),
    "unknown section": ("[colums]\na = 1", ("[colums]", "an unknown section")),
    "unknown key": ("[format]\ncolour = 'red'", ("[format] colour", "an unknown key")),
    "unknown field": ("[columns]\na = 'amuont'", ("[columns] a", "'amuont'")),
    "two columns for a field": ("[columns]\na = 'amount'\nb = 'amount'", ("two columns for 'amount'", "ignore")),
    "unknown unit": ("[format]\namount_unit = 'dollar'", ("amount_unit", "yuan, fen, wan_yuan")),
    "negative lag": ("[known_at]\nlag_days = -1", ("lag_days", "not below 0")),
    "unknown meaning of a word": ("[status.words]\nx = 'good'", ("[status.words] x", "normal, red, void, blank")),
    "another class": ("class = 'C06'", ("class", "'C07'")),
}


@pytest.mark.parametrize("kind", MAPPINGS)
def test_bad_mappings(lender, tmp_path, kind):
    text, said = MAPPINGS[kind]
    path = content(text, "map.toml")(tmp_path)
    before = lender.state()
    with pytest.raises(FaultsError) as refusal:
        lender.import_file(content(GOOD)(tmp_path), path)
    assert [part for part in ("map.toml", *said) if part not in str(refusal.value)] == [], str(refusal.value)
    assert lender.state() == before


def test_a_mapping_names_columns_words_units_and_formats(lender, tmp_path):
    mapping = content(
        """
        source = "platform"
        [columns]
        no = "invoice_number"
        when = "issued_on"
        who = "counterparty_name"
        net = "amount"
        vat = "tax"
        state = "status"
        memo = "ignore"
        [direction]
        value = "in"
        [status.words]
        OK = "normal"
        [format]
        date = "%d/%m/%Y"
        amount_unit = "wan_yuan"
        """,
        "map.toml",
    )(tmp_path)
    path = content("no,when,who,net,vat,state,memo\n7,03/04/2025,乙公司,1.23456,0.16,OK,x\n")(tmp_path)
    lender.import_file(path, mapping)
    (row,) = Invoice.objects.values_list("direction", "issued_on", "amount_fen", "tax_fen", "total_fen", "counterparty", "batch__source")
    assert row == ("in", dt.date(2025, 4, 3), 1_234_560, 160_000, 1_394_560, "乙公司", "platform")


def test_a_mapping_that_names_a_column_that_is_not_there(lender, tmp_path):
    mapping = content("[columns]\n'发票号码' = 'invoice_number'\n'金额' = 'amount'\n'税金' = 'tax'\n", "m.toml")(tmp_path)
    refused(lender, content(GOOD)(tmp_path), "税金", "no such column", "Correct the column's name", mapping=mapping)
