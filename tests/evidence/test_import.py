"""Files become rows once: what is new is added, what is there is left, a correction replaces from the moment it is known."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from tests.evidence.conftest import BUSINESS_DATE, HEADINGS, consent, csv_text, line

from puhui.calculations.faults import FaultsError
from puhui.evidence import queries
from puhui.evidence.models import Batch, Invoice, InvoiceReplacement
from puhui.features.compute import compute
from puhui.parties.models import AuditRecord


def known(lender, day: dt.date = BUSINESS_DATE, **options) -> list[tuple]:
    frame = queries.invoices_as_of(lender.institution, day, **options)
    return frame.select("issued_on", "amount_fen", "status", "duplicate").rows()


def test_what_a_file_tells_is_stored_exactly(lender):
    rows = [
        line(1, 开票日期="2025-03-01 23:05:00", 金额="1,000.07".replace(",", ""), 税额="130.01", 价税合计="1130.08"),
        line(2, 金额="-100", 税额="-13", 价税合计="-113"),
        line(3, 发票状态="已作废"),
        line(4, 金额="0", 税额="0", 价税合计="0", 发票状态="作废"),
        line(5, 价税合计="1130.02"),
        line(6, 销方名称="丙公司", 购方名称="甲公司"),
        line(6, 销方名称="丙公司", 购方名称="甲公司"),
    ]
    result = lender.import_rows(rows)
    assert result.counts == {
        "read": 7, "accepted": 7, "rejected": 0, "unchanged": 0, "replaced": 0, "duplicates": 1, "voids": 2, "reds": 1,
        "total_differs": 1, "zero": 1, "no_counterparty": 0, "firms": 1,
    }  # fmt: skip
    stored = Invoice.objects.order_by("row_number").values_list(
        "row_number", "direction", "invoice_number", "issued_hour", "counterparty", "amount_fen", "tax_fen", "total_fen", "status",
        "duplicate", "flags", "occurrence",
    )  # fmt: skip
    assert list(stored) == [
        (2, "out", "00000001", 23, "乙公司", 100_007, 13_001, 113_008, "normal", False, 0, 1),
        (3, "out", "00000002", None, "乙公司", -10_000, -1_300, -11_300, "red", False, 0, 1),
        (4, "out", "00000003", None, "乙公司", 100_000, 13_000, 113_000, "void", False, 0, 1),
        (5, "out", "00000004", None, "乙公司", 0, 0, 0, "void", False, 2, 1),
        (6, "out", "00000005", None, "乙公司", 100_000, 13_000, 113_002, "normal", False, 1, 1),
        (7, "in", "00000006", None, "丙公司", 100_000, 13_000, 113_000, "normal", False, 0, 1),
        (8, "in", "00000006", None, "丙公司", 100_000, 13_000, 113_000, "normal", True, 0, 2),
    ]
    batch = Batch.objects.get()
    assert batch.counts == result.counts
    assert AuditRecord.objects.filter(act="import_evidence", actor="clerk", subject_id=str(batch.pk)).count() == 1


def test_the_same_file_twice_changes_nothing(lender):
    rows = [line(1), line(1), line(2)]
    lender.import_rows(rows)
    before = lender.state()
    result = lender.import_rows(rows)
    assert lender.state() == before
    assert (result.counts["accepted"], result.counts["unchanged"], result.batch_id) == (0, 3, None)


def test_an_overlapping_file_adds_only_what_is_new(lender):
    lender.import_rows([line(1), line(2)])
    result = lender.import_rows([line(2), line(3), line(3)])
    assert (result.counts["accepted"], result.counts["unchanged"]) == (2, 1)
    assert sorted(Invoice.objects.values_list("invoice_number", "occurrence")) == [
        ("00000001", 1), ("00000002", 1), ("00000003", 1), ("00000003", 2),
    ]  # fmt: skip


def test_the_same_rows_in_another_format_are_the_same_rows(lender):
    lender.import_rows([line(1), line(2)])
    frame = pl.DataFrame([line(1), line(2)], schema=HEADINGS, orient="row").with_columns(
        pl.col("金额", "税额", "价税合计").cast(pl.Float64)
    )
    path = lender.folder / "invoices.parquet"
    frame.write_parquet(path)
    assert lender.import_file(path).counts["unchanged"] == 2


def test_a_void_replaces_from_the_moment_it_is_known(lender, later):
    lender.import_rows([line(1), line(2)])
    later(dt.date(2026, 2, 10))
    result = lender.import_rows([line(1, 发票状态="已作废", 金额="0", 税额="0", 价税合计="0"), line(2)])
    assert (result.counts["accepted"], result.counts["unchanged"], result.counts["replaced"]) == (1, 1, 1)
    day = dt.date(2025, 3, 1)
    assert known(lender, dt.date(2026, 2, 9)) == [(day, 100_000, "normal", False)] * 2
    assert sorted(known(lender, dt.date(2026, 2, 10))) == [(day, 0, "void", False), (day, 100_000, "normal", False)]
    assert Invoice.objects.count() == 3


def test_the_old_file_again_does_not_undo_a_correction(lender, later):
    lender.import_rows([line(1)])
    later(dt.date(2026, 2, 10))
    lender.import_rows([line(1, 发票状态="作废")])
    later(dt.date(2026, 3, 10))
    before = lender.state()
    assert lender.import_rows([line(1)]).counts["unchanged"] == 1
    assert lender.state() == before
    assert known(lender, dt.date(2026, 3, 10)) == [(dt.date(2025, 3, 1), 100_000, "void", False)]


def test_an_invoice_of_several_lines_is_replaced_as_a_whole(lender, later):
    headings = [*HEADINGS, "项目名称"]
    lender.import_file(lender.write(csv_text([[*line(1), "螺丝"], [*line(1), "螺母"]], headings)))
    assert [duplicate for *_, duplicate in known(lender)] == [False, False]
    later(dt.date(2026, 2, 10))
    assert lender.import_rows([line(1, 发票状态="作废")]).counts["replaced"] == 2
    assert [status for _, _, status, _ in known(lender, dt.date(2026, 2, 10))] == ["void"]
    assert set(InvoiceReplacement.objects.values_list("later__status", flat=True)) == {"void"}


def test_an_assumed_date_never_carries_a_correction_backwards(lender, later):
    mapping = lender.write('[known_at]\nfrom = "observed"\nlag_days = 1\n', "lag.toml")
    lender.import_rows([line(1)], mapping=mapping)
    assert known(lender, dt.date(2025, 3, 1)) == []
    assert len(known(lender, dt.date(2025, 3, 2))) == 1
    later(dt.date(2026, 2, 10))
    lender.import_rows([line(1, 发票状态="作废")], mapping=mapping)
    assert [status for _, _, status, _ in known(lender, dt.date(2026, 2, 9))] == ["normal"]
    assert [status for _, _, status, _ in known(lender, dt.date(2026, 2, 10))] == ["void"]


def test_a_void_of_unknown_time_is_known_after_its_month(lender):
    mapping = lender.write('[known_at]\nfrom = "observed"\nlag_days = 1\nvoid_from = "month_end"\n', "void.toml")
    lender.import_rows([line(1, 发票状态="作废"), line(2)], mapping=mapping)
    assert [status for _, _, status, _ in known(lender, dt.date(2025, 3, 31))] == ["normal"]
    assert sorted(status for _, _, status, _ in known(lender, dt.date(2025, 4, 1))) == ["normal", "void"]
    assert set(Invoice.objects.values_list("known_at_assumed", flat=True)) == {True}


def test_without_consent_nothing_is_taken_in_and_nothing_is_read(lender):
    before = lender.state()
    with pytest.raises(FaultsError, match=r"戊公司.*no live consent"):
        lender.import_rows([line(1, 销方名称="戊公司")], firm=lender.silent)
    assert lender.state() == before
    with pytest.raises(FaultsError, match=r"戊公司.*no live consent"):
        queries.invoices_as_of(lender.institution, BUSINESS_DATE, [lender.firm, lender.silent])


def test_a_withdrawn_consent_stops_use_at_once(lender):
    from puhui.evidence.models import ReadLog
    from puhui.parties import actions

    lender.import_rows([line(1)])
    assert len(known(lender)) == 1
    assert ReadLog.objects.filter(firm=lender.firm, purpose="credit_decision").count() == 1
    for granted in lender.firm.consents.all():
        actions.withdraw_consent(granted, "owner", at=dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC))
    assert known(lender) == []
    with pytest.raises(FaultsError):
        lender.import_rows([line(2)])
    consent([lender.firm])
    assert len(known(lender)) == 1


def test_partial_import_takes_the_good_rows_and_hands_back_the_others(lender):
    rejects = lender.folder / "rejects.csv"
    rows = [line(1), line(2, 金额="abc"), line(3, 开票日期="2025-02-30", 发票状态="奇怪"), line(4), ["short", "row"]]
    result = lender.import_rows(rows, partial=True, rejects=rejects)
    assert (result.counts["read"], result.counts["accepted"], result.counts["rejected"]) == (5, 2, 3)
    back = pl.read_csv(rejects, infer_schema=False)
    assert back["puhui_row"].to_list() == ["3", "4", "6"]
    assert back["金额"].to_list() == ["abc", "1000.00", None]
    assert "金额: found 'abc'" in back["puhui_faults"][0]
    assert "开票日期" in back["puhui_faults"][1] and "发票状态" in back["puhui_faults"][1]
    # Mended and sent again, the rejected rows are taken, whatever columns of ours stand beside them.
    mended = back.head(2).with_columns(金额=pl.lit("1000.00"), 开票日期=pl.lit("2025-03-01"), 发票状态=pl.lit("正常"))
    path = lender.folder / "mended.csv"
    mended.write_csv(path)
    assert lender.import_file(path).counts["accepted"] == 2


def test_rejects_run_nothing_in_a_spreadsheet(lender):
    rejects = lender.folder / "rejects.csv"
    lender.import_rows([line(1), line(2, 购方名称="=cmd|' /C calc'!A0"), line(3, 金额="-5.x")], partial=True, rejects=rejects)
    back = pl.read_csv(rejects, infer_schema=False)
    assert back["购方名称"].to_list() == ["'=cmd|' /C calc'!A0", "乙公司"]


def test_a_file_of_many_firms_names_those_it_may_not_bring(lender):
    headings = ["企业代号", *HEADINGS]
    rows = [["F1", *line(1)], ["F2", *line(2, 销方名称="丁公司")], ["F3", *line(3)], ["F9", *line(4)]]
    mapping = lender.write('[firm]\nscheme = "platform"\n[direction]\nvalue = "out"\n', "many.toml")
    path = lender.write(csv_text(rows, headings))
    with pytest.raises(FaultsError) as refusal:
        lender.import_file(path, mapping, firm=None)
    text = str(refusal.value)
    assert "row 4" in text and "'F3'" in text and "row 5" in text and "'F9'" in text
    result = lender.import_file(path, mapping, firm=None, partial=True, rejects=lender.folder / "r.csv")
    assert (result.counts["accepted"], result.counts["firms"]) == (2, 2)
    frame = queries.invoices_as_of(lender.institution, BUSINESS_DATE, [lender.other])
    assert frame["firm_id"].to_list() == [lender.other.pk]
    assert frame.schema == pl.Schema(queries.FRAME_SCHEMA)


def test_sums_leave_out_repeats_and_voids(lender):
    lender.import_rows([line(1), line(1), line(2, 发票状态="作废"), line(3, 金额="-400", 税额="-52", 价税合计="-452")])
    (sales,) = queries.summary(lender.firm, BUSINESS_DATE)
    assert (sales["invoices"], sales["amount_fen"], sales["voids"], sales["reds"], sales["duplicates"]) == (4, 60_000, 1, 1, 1)
    assert queries.monthly_totals(lender.firm, BUSINESS_DATE) == [{"month": dt.date(2025, 3, 1), "sales_fen": 60_000, "purchases_fen": 0}]
    (partner,) = queries.largest_partners(lender.firm, BUSINESS_DATE, "out")
    assert (partner["counterparty"], partner["amount_fen"], partner["share"]) == ("乙公司", 60_000, 1.0)


def test_two_imports_in_one_transaction(lender):
    assert lender.import_rows([line(1)]).counts["accepted"] == 1
    assert lender.import_rows([line(1), line(2)]).counts == {**lender.import_rows([line(1), line(2)]).counts, "accepted": 1, "unchanged": 1}


def test_what_the_buyer_issued_is_no_sale(lender):
    """An invoice on which a firm pays for scrap or farm produce stands among those it issued, and must not raise its sales."""
    headings = [*HEADINGS, "发票种类", "特定要素"]
    paid = line(3, 金额="50.00", 税额="0", 价税合计="50.00")
    rows = [[*line(1), "82", "建筑服务"], [*line(2), "82", "农产品收购"], [*paid, "24", ""]]
    lender.import_file(lender.write(csv_text(rows, headings)))
    assert sorted(queries.invoices_as_of(lender.institution, BUSINESS_DATE)["kind"]) == ["16", "24", "82"]
    (month,) = [each for each in queries.monthly_totals(lender.firm, BUSINESS_DATE) if each["sales_fen"]]
    assert month["sales_fen"] == 100_000
    (partner,) = queries.largest_partners(lender.firm, BUSINESS_DATE, "out", months=24)
    assert partner["amount_fen"] == 100_000

    found = compute(queries.invoices_as_of(lender.institution, BUSINESS_DATE), BUSINESS_DATE, variables=["inv_out_amt_24m"])
    assert found["inv_out_amt_24m"].to_list() == [1000.0]
