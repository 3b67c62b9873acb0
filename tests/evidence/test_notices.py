"""Public notices as registers publish them: units, signs of currency, several suppliers, lots, dates with the year last, OCDS as tables."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.evidence.conftest import BUSINESS_DATE, consent
from tests.evidence.test_ocds import RELEASES, package

from puhui.evidence import queries
from puhui.evidence.importing import import_file
from puhui.evidence.layouts import layouts
from puhui.evidence.procurement import is_ocds_file
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.notices import suppliers
from puhui.evidence.reading.ocds import read_ocds
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records

NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
KNOWN = {"甲公司": 1, "乙公司": 2, "Acme Ltd": 3, "Smith, Jones & Co Ltd": 4}
HEADS = "项目编号,采购人,供应商名称,中标金额,公告日期"


def read(folder: Path, text: str, **options):
    path = folder / "notices.csv"
    path.write_text(text, "utf-8")
    return read_records(path, layouts("C14"), today=BUSINESS_DATE, now=NOW, **{"known_firms": KNOWN, **options})


def amounts(folder: Path, text: str) -> list[int | None]:
    reading = read(folder, text)
    assert [str(fault) for fault in reading.faults.listed()] == []
    return reading.accepted["amount_fen"].to_list()


def test_amounts_in_ten_thousands_are_read_where_the_file_says_so(tmp_path):
    row = "A1,某局,甲公司,123.456789,2024-03-05\n"
    said = [HEADS.replace("中标金额", name) for name in ("中标金额（万元）", "成交金额(单位：万元)")]
    for head in (*said, f"单位：万元,,,,\n{HEADS}"):
        assert amounts(tmp_path, f"{head}\n{row}") == [123_456_789]
    assert amounts(tmp_path, f"{HEADS},金额单位\n{row.strip()},万元\nA2,某局,乙公司,12,2024-03-05,元\n") == [123_456_789, 1_200]
    for cell, fen in (("123.45万元", 123_450_000), ("人民币1.2亿元", 12_000_000_000), ("￥1200.00元", 120_000), ("-3万元", None)):
        if fen is not None:
            assert amounts(tmp_path, f"{HEADS}\nA1,某局,甲公司,{cell},2024-03-05\n") == [fen]


@pytest.mark.parametrize("cell", ["下浮15%", "详见公告", "12千元"])
def test_what_is_no_amount_is_said(tmp_path, cell):
    (fault,) = read(tmp_path, f"{HEADS}\nA1,某局,甲公司,{cell},2024-03-05\n").faults.listed()
    assert cell in fault.found and "中标金额" in fault.where


def test_thousands_above_the_table_are_refused(tmp_path):
    with pytest.raises(RefusedFileError, match="千元"):
        read(tmp_path, f"单位：千元,,,,\n{HEADS}\nA1,某局,甲公司,1,2024-03-05\n")


def test_several_suppliers_in_one_cell_each_have_a_row_without_an_amount(tmp_path):
    joint = "A2,某局,联合体牵头人：甲公司、成员：外地设计院,9,2024-03-06\n"
    reading = read(tmp_path, f"{HEADS}\nA1,某局,甲公司；乙公司,100,2024-03-05\n{joint}")
    expected = [("甲公司", "A1", None), ("乙公司", "A1", None), ("甲公司", "A2", None)]
    assert reading.accepted.select("firm", "notice", "amount_fen").rows() == expected
    assert [note for note in reading.notes if note.startswith("2 rows name several suppliers")]
    alone = read(tmp_path, f"{HEADS}\nA1,某局,甲公司；乙公司,100,2024-03-05\n", firm=FirmIdentity("甲公司", 1), known_firms=None)
    assert alone.accepted["firm"].to_list() == ["甲公司"] and alone.rejected.is_empty()


def test_a_comma_belongs_to_the_name_of_a_firm():
    assert suppliers("Smith, Jones & Co Ltd") == ["Smith, Jones & Co Ltd"]
    assert suppliers("Acme Ltd; Smith, Jones & Co Ltd") == ["Acme Ltd", "Smith, Jones & Co Ltd"]
    assert suppliers("[Acme Ltd|1 High St|NONE||Yes|No][Beta|2 Low St|NONE||Yes|No]") == ["Acme Ltd", "Beta"]
    assert suppliers("甲公司（联合体牵头人）、丙设计院（成员）") == ["甲公司", "丙设计院"]


def test_lots_of_a_project_are_awards_of_their_own(tmp_path):
    reading = read(tmp_path, f"{HEADS},包号\nA1,某局,甲公司,1,2024-03-05,1\nA1,某局,甲公司,2,2024-03-05,2\n")
    assert reading.accepted["identity_key"].n_unique() == 2
    torn = read(tmp_path, f"{HEADS}\nA1,某局,甲公司,1,2024-03-05\nA1,某局,甲公司,2,2024-03-05\n")
    assert torn.rejected.height == 2


REGISTER = "Contract Reference Number,Title,Organisation Name,Supplier name,Contract value (£),Start date,End date\n"


def test_a_register_of_contracts_in_english(tmp_path):
    text = 'C1,IT,Leeds,Acme Ltd,"£12,345.67",25/04/2024,24/04/2026\nC2,Care,Leeds,"Smith, Jones & Co Ltd",1000,01/06/2024,31/05/2025\n'
    text = REGISTER + text
    reading = read(tmp_path, text)
    assert reading.record == "procurement_contract" and reading.rejected.is_empty()
    assert reading.accepted.select("firm", "signed_on", "amount_fen", "currency").rows() == [
        ("Acme Ltd", dt.date(2024, 4, 25), 1_234_567, "GBP"), ("Smith, Jones & Co Ltd", dt.date(2024, 6, 1), 100_000, "GBP"),
    ]  # fmt: skip
    unclear = read(tmp_path, REGISTER + "C1,IT,Leeds,Acme Ltd,1,03/04/2024,04/05/2024\n")
    assert {fault.found for fault in unclear.faults.listed()} == {"'03/04/2024'", "'04/05/2024'"}
    with pytest.raises(RefusedFileError, match=r"\[values\] buyer"):
        read(tmp_path, REGISTER.replace("Organisation Name", "Department") + "C1,IT,Leeds,Acme Ltd,1,2024-04-25,\n")


FLAT = {
    "ocid": "ocds-1", "date": "2025-06-10T08:00:00Z", "buyer/name": "某市城市管理局", "tender/title": "街道保洁", "awards/0/id": "1",
    "awards/0/date": "2025-02-03T00:00:00Z", "awards/0/status": "active", "awards/0/value/amount": "300000.50",
    "awards/0/value/currency": "CNY", "awards/0/suppliers/0/name": "甲公司",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [lambda path: path, lambda path: f"compiledRelease/{path}", lambda path: path.replace("/", "."), lambda path: path.replace("/", "_")],
    ids=["paths", "compiled release", "points", "underscores"],
)
def test_a_flattened_table_gives_what_its_package_gives(lender, name):
    consent([lender.firm, lender.other], ["C14"])
    heads = ",".join(name(path) for path in FLAT)
    path = lender.write(f"{heads}\n{','.join(FLAT.values())}\n", "flat.csv")
    assert is_ocds_file(path)
    (result,) = import_file(lender.institution, path, "C14")
    assert result.counts["accepted"] == 1
    rows = queries.records_as_of(lender.institution, "procurement_award", BUSINESS_DATE)
    assert rows.select("notice", "awarded_on", "amount_fen", "buyer", "title").rows() == [
        ("ocds-1/1", dt.date(2025, 2, 3), 30_000_050, "某市城市管理局", "街道保洁")
    ]


def test_releases_come_in_packages_lists_lines_and_alone():
    whole = read_ocds(package(), "p.json").frames
    lines = "\n".join(json.dumps(each) for each in RELEASES).encode()
    several = b"\n".join(package(each) for each in RELEASES)
    for data in (json.dumps(RELEASES).encode(), lines, several, lines + b"\n"):
        assert all(frame.equals(whole[record]) for record, frame in read_ocds(data, "p.json").frames.items())
    one = json.dumps(RELEASES[1], indent=1).encode()
    assert read_ocds(one, "p.json").frames["procurement_award"].height == 1
    with pytest.raises(RefusedFileError, match="without releases or records"):
        read_ocds(b'[{"a": 1}]', "p.json")


def test_a_flattened_table_names_the_row_that_is_wrong(lender):
    path = lender.write("ocid,buyer/name,awards/0/date,awards/0/value/amount\nx,某局,03/02/2025,viel\n", "flat.csv")
    with pytest.raises(RefusedFileError) as refusal:
        import_file(lender.institution, path, "C14")
    assert "row 2.awards[0].date" in str(refusal.value) and "row 2.awards[0].value.amount" in str(refusal.value)


def test_an_answer_of_an_interface_holds_one_list_of_rows(tmp_path):
    row = {"notice_id": "n1", "buyer": "Leeds", "supplier": "Acme Ltd", "award_value": 10.5, "award_date": "2025-02-03", "currency": "GBP"}
    path = tmp_path / "answer.json"
    for whole in ({"meta": {"count": 1}, "contracts": [row]}, {"code": 0, "data": {"page": {"rows": [row]}}, "errors": []}, [row]):
        path.write_text(json.dumps(whole), "utf-8")
        reading = read_records(path, layouts("C14"), today=BUSINESS_DATE, now=NOW, known_firms=KNOWN)
        assert reading.accepted.select("firm", "amount_fen").rows() == [("Acme Ltd", 1_050)]
    assert not any("read the list" in note for note in reading.notes)
    path.write_text(json.dumps({"a": [row], "b": [row]}), "utf-8")
    with pytest.raises(RefusedFileError, match="inside the object"):
        read_records(path, layouts("C14"), today=BUSINESS_DATE, now=NOW, known_firms=KNOWN)


@pytest.mark.parametrize(
    ("heads", "row", "expected"),
    [
        (
            "Borrower Country / Economy,WB Contract Number,Contract Signing Date,Supplier,Supplier Contract Amount (USD)",
            "China,1234567,01/28/2025 12:00:00 AM,Acme Ltd,250000", (dt.date(2025, 1, 28), 25_000_000, "USD"),
        ),
        (
            "borrower_country,wb_contract_number,contract_signing_date,supplier,supplier_contract_amount_usd",
            "China,1234567,2025-01-28T00:00:00.000,Acme Ltd,250000", (dt.date(2025, 1, 28), 25_000_000, "USD"),
        ),
    ],
    ids=["as a table", "as an interface"],
)  # fmt: skip
def test_contracts_of_the_world_bank(tmp_path, heads, row, expected):
    reading = read(tmp_path, f"{heads}\n{row}\n")
    assert reading.record == "procurement_contract"
    assert reading.accepted.select("signed_on", "amount_fen", "currency").rows() == [expected]


def test_spending_of_a_public_body(tmp_path):
    heads = "Body Name,Date,Expense Type,Supplier,Transaction Number,Amount (£),Description"
    reading = read(tmp_path, f'{heads}\nLeeds,25/03/2025,Cleaning,Acme Ltd,51,"1,250.00",Windows\n')
    assert reading.record == "contract_payment"
    rows = reading.accepted.select("paid_on", "amount_fen", "currency", "purpose").rows()
    assert rows == [(dt.date(2025, 3, 25), 125_000, "GBP", "Windows")]
