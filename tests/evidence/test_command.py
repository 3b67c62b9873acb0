"""`puhui evidence` as people and programs call it."""

from __future__ import annotations

import json

import pytest
from tests.evidence.conftest import consent, csv_text, line

from puhui.evidence.models import Invoice
from puhui.site import command
from puhui.site.commands import support


@pytest.fixture(autouse=True)
def _django_is_ready(monkeypatch):
    monkeypatch.setattr(support, "start_django", lambda migrate=True: None)


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    status = command.run(["evidence", *map(str, arguments)])
    shown = capsys.readouterr()
    return status, shown.out, shown.err


def test_import_and_show(lender, capsys):
    path = lender.write(csv_text([line(1), line(1), line(2, 发票状态="作废")]))
    status, out, _ = run(capsys, "import", "C07", path, "--firm", "F1", "--json")
    result = json.loads(out)
    assert status == 0
    assert (result["counts"]["accepted"], result["counts"]["duplicates"], result["counts"]["voids"]) == (3, 1, 1)
    status, out, _ = run(capsys, "import", "C07", path, "--firm", "甲公司")
    assert status == 0
    assert ["unchanged", "3"] in [row.split() for row in out.splitlines()]
    status, out, _ = run(capsys, "show", "F1", "--json")
    assert status == 0
    assert json.loads(out)["invoices"][0]["amount_fen"] == 100_000
    status, out, _ = run(capsys, "show", "甲公司", "--as-of", "2026-01-04")
    assert status == 0
    assert "nothing known" in out


def test_a_refusal_names_every_fault_and_ends_with_2(lender, capsys):
    path = lender.write(csv_text([line(1, 金额="x"), line(2, 发票状态="?")]))
    status, out, err = run(capsys, "import", "C07", path, "--firm", "F1")
    assert (status, out) == (2, "")
    assert "row 2" in err and "row 3" in err and "2 faults; nothing was changed" in err
    status, out, _ = run(capsys, "import", "C07", path, "--firm", "F1", "--json")
    assert (status, json.loads(out)["fault_count"]) == (2, 2)
    assert not Invoice.objects.exists()


def test_partial_writes_the_rejects_beside_the_file(lender, capsys):
    path = lender.write(csv_text([line(1), line(2, 发票状态="?")]))
    status, out, _ = run(capsys, "import", "C07", path, "--firm", "F1", "--partial")
    assert status == 0
    assert (lender.folder / "invoices-rejects.csv").exists()
    assert "invoices-rejects.csv" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("C99", "x.csv"), "C18"),
        (("C03", "x.csv", "--record", "fine"), "penalty"),
        (("C07", "x.csv", "--firm", "nobody"), "no firm 'nobody'"),
        (("C07", "x.csv", "--institution", "moon"), "moon"),
        (("C07", "x.csv", "--firm", "F1", "--map", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_be_used_ends_with_2(lender, capsys, arguments, said):
    status, _, err = run(capsys, "import", *arguments)
    assert status == 2
    assert said in err


def test_records_of_other_classes(lender, capsys):
    consent([lender.firm], ["C03", "C11"])
    path = lender.write("处罚决定书文号,处罚决定日期,处罚类别,罚款金额\nA1,2025-03-05,罚款,1000.50\n")
    status, out, _ = run(capsys, "import", "C03", path, "--firm", "F1")
    assert status == 0
    assert ["record", "penalty"] in [row.split() for row in out.splitlines()]
    status, out, _ = run(capsys, "show", "F1", "--json")
    (row,) = json.loads(out)["evidence"]
    assert (row["evidence_class"], row["record"], row["rows"], row["last"], row["source"]) == ("C03", "penalty", 1, "2025-03-05", path.name)
    status, out, _ = run(capsys, "show", "F1", "--record", "penalty")
    assert status == 0 and "1,000.50" in out
    status, _, err = run(capsys, "show", "F2", "--record", "penalty")
    assert status == 2 and "no live consent" in err and "C03" in err
    assert run(capsys, "show", "F1", "--record", "fine")[0] == 2


def test_own_mappings_are_found_by_name(lender, capsys):
    status, _, err = run(capsys, "import", "C07", lender.write(csv_text([line(1)])), "--map", "cumcm2020-output")
    assert status == 2
    assert "no row of headings" in err


def test_a_sample_is_written_and_imports(lender, capsys):
    consent([lender.firm], ["C03"])
    path = lender.folder / "penalties.xlsx"
    status, out, _ = run(capsys, "sample", "penalty", path, "--firm", "F1", "--rows", "5")
    assert status == 0 and "penalties.xlsx" in out
    status, out, _ = run(capsys, "import", "c03", path, "--json")
    assert (status, json.loads(out)["counts"]["accepted"]) == (0, 5)
    assert run(capsys, "sample", "penalty", lender.folder / "a.pdf")[0] == 2
    assert run(capsys, "sample", "fine", path)[0] == 2


def test_what_statements_say_against_themselves(lender, capsys, tmp_path) -> None:
    """Debts of 60 and equity of 50 are not assets of 100; the sentence stands in what is shown of the firm."""
    from tests.evidence.conftest import consent

    consent([lender.firm], ["S1"])
    path = tmp_path / "told.csv"
    path.write_text("项目,期末余额,年初余额\n资产总计,100,100\n负债合计,60,60\n所有者权益合计,50,40\n", encoding="utf-8")
    head = "资产负债表,,\n编制单位：甲公司,2024年12月31日,单位：元\n"
    path.write_text(head + path.read_text("utf-8"), encoding="utf-8")
    status, _, err = run(capsys, "import", "S1", str(path), "--firm", "F1")
    assert status == 0, err
    status, out, _ = run(capsys, "show", "F1", "--json")
    found = json.loads(out)["what the statements say against themselves"]
    assert status == 0 and len(found) == 1
    assert found[0]["strength"] == "must" and "110.00" in found[0]["finding"] and found[0]["day"] == "2024-12-31"
