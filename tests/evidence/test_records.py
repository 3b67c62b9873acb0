"""Records of every class by their layouts: stored once, corrected from the moment a correction is known, read only by consent."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.evidence.conftest import BUSINESS_DATE, consent, csv_text

from puhui.calculations.faults import FaultsError
from puhui.evidence import queries
from puhui.evidence.actions import import_records
from puhui.evidence.frames import frames_together, records_frame
from puhui.evidence.layouts import layout, layouts
from puhui.evidence.models import Batch, BatchFirm, ReadLog, Record, SeriesMonth

PENALTY = ["处罚决定书文号", "处罚决定日期", "处罚类别", "罚款金额"]
READING = ["户号", "用电日期", "用电量", "峰电量"]


@pytest.fixture
def taking(lender):
    consent([lender.firm, lender.other], ["C03", "C11"])

    def take(rows, headings=PENALTY, evidence_class="C03", **options):
        path = lender.write(csv_text(rows, headings), "records.csv")
        return import_records(lender.institution, path, evidence_class, **{"firm": lender.firm, "actor": "clerk", **options})

    return take


def penalties(lender, day=BUSINESS_DATE):
    return queries.records_as_of(lender.institution, "penalty", day).select("decision_number", "decided_on", "kind", "amount_fen").rows()


def test_a_file_is_stored_once_and_read_back_in_its_types(lender, taking):
    result = taking([["A1", "2025-03-05", "罚款", "1,000.50".replace(",", "")], ["A2", "2025/3/6", "警告", ""]])
    assert (result.record, result.counts["accepted"], result.counts["replaced"]) == ("penalty", 2, 0)
    again = taking([["A1", "2025-03-05", "罚款", "1000.5"], ["A2", "2025/3/6", "警告", "-"]])
    assert (again.counts["accepted"], again.counts["unchanged"], again.batch_id) == (0, 2, None)
    frame = queries.records_as_of(lender.institution, "penalty", BUSINESS_DATE)
    assert frame.schema == pl.Schema(layout("penalty").schema())
    assert penalties(lender) == [("A1", dt.date(2025, 3, 5), "fine", 100_050), ("A2", dt.date(2025, 3, 6), "warning", None)]
    # Ten days after the decision, at midnight in China: assumed, as the layout says.
    assert frame["known_at"].to_list()[0] == dt.datetime(2025, 3, 14, 16, tzinfo=dt.UTC)
    assert Record.objects.filter(known_at_assumed=True).count() == 2
    assert Batch.objects.get().mapping["known_at"]["origin"] == "observed"


def test_a_correction_counts_from_when_it_is_known_and_the_old_file_does_not_undo_it(lender, taking, later):
    taking([["A1", "2025-03-05", "罚款", "1000"]])
    later(dt.date(2026, 2, 10))
    result = taking([["A1", "2025-03-05", "罚款", "800"]])
    assert (result.counts["accepted"], result.counts["replaced"]) == (1, 1)
    assert taking([["A1", "2025-03-05", "罚款", "1000"]]).counts["unchanged"] == 1
    assert [row[3] for row in penalties(lender, dt.date(2026, 2, 9))] == [100_000]
    assert [row[3] for row in penalties(lender, dt.date(2026, 2, 10))] == [80_000]
    assert penalties(lender, dt.date(2025, 3, 14)) == []


def readings(lender, day=BUSINESS_DATE):
    return queries.records_as_of(lender.institution, "electricity_day", day).select("meter", "day", "kwh", "peak_kwh").rows()


def test_readings_lie_a_month_to_a_row_and_come_back_day_by_day(lender, taking):
    rows = [["0012", f"2025-{month:02}-{day:02}", f"{day}.5", "" if day == 2 else "1"] for month in (1, 2) for day in range(1, 29)]
    assert taking(rows, READING, "C11").counts["accepted"] == 56
    assert SeriesMonth.objects.count() == 2
    assert taking(rows, READING, "C11").counts == {**taking(rows, READING, "C11").counts, "accepted": 0, "unchanged": 56}
    found = readings(lender)
    assert len(found) == 56
    assert found[:2] == [("0012", dt.date(2025, 1, 1), 1.5, 1.0), ("0012", dt.date(2025, 1, 2), 2.5, None)]
    # Known two days later: on the 20th the readings up to the 18th.
    assert readings(lender, dt.date(2025, 1, 20))[-1][1] == dt.date(2025, 1, 18)


def test_a_later_file_adds_only_the_days_that_are_new_or_told_otherwise(lender, taking, later):
    taking([["0012", f"2025-01-{day:02}", "10", "1"] for day in range(1, 11)], READING, "C11")
    later(dt.date(2026, 2, 10))
    result = taking([["0012", f"2025-01-{day:02}", "99" if day == 5 else "10", "1"] for day in range(1, 13)], READING, "C11")
    assert (result.counts["accepted"], result.counts["unchanged"], result.counts["replaced"]) == (3, 9, 1)
    assert SeriesMonth.objects.order_by("id").last().days in ([5], [11, 12])
    assert [row[2] for row in readings(lender, dt.date(2026, 2, 9))] == [10.0] * 12
    assert [row[2] for row in readings(lender, dt.date(2026, 2, 10))] == [10.0] * 4 + [99.0] + [10.0] * 7


def test_firms_are_found_by_name_and_their_newest_batch_in_one_look(lender, taking):
    headings = ["企业名称", *PENALTY]
    first = taking([["甲公司", "A1", "2025-03-05", "罚款", "1"], ["丁公司", "B1", "2025-03-05", "罚款", "1"]], headings, firm=None)
    second = taking([["0012", "2025-01-01", "10", "1"]], READING, "C11")
    with CaptureQueriesContext(connection) as captured:
        newest = queries.newest_batches(lender.institution, [lender.firm, lender.other, lender.silent])
    assert len(captured) == 1
    assert newest == {lender.firm.pk: second.batch_id, lender.other.pk: first.batch_id}
    assert BatchFirm.objects.count() == 3


def test_nothing_is_taken_or_read_without_consent_and_each_reading_is_logged(lender, taking):
    headings = ["企业名称", *PENALTY]
    with pytest.raises(FaultsError, match=r"row 2.*戊公司.*consented.*C03"):
        taking([["戊公司", "A1", "2025-03-05", "罚款", "1"]], headings, firm=None)
    with pytest.raises(FaultsError, match=r"row 2.*无名.*Register the firm"):
        taking([["无名", "A1", "2025-03-05", "罚款", "1"]], headings, firm=None)
    assert not Record.objects.exists()
    taking([["A1", "2025-03-05", "罚款", "1000"]])
    penalties(lender)
    assert ReadLog.objects.filter(evidence_class="C03", firm=lender.firm).count() == 1
    with pytest.raises(FaultsError, match=r"戊公司.*no live consent"):
        queries.records_as_of(lender.institution, "penalty", BUSINESS_DATE, [lender.silent])


def test_several_kinds_are_read_at_once_each_by_its_own_consent(lender, taking):
    taking([["A1", "2025-03-05", "罚款", "1000"]])
    taking([["0012", "2025-01-01", "10", "1"]], READING, "C11")
    wanted = {"penalty": [lender.firm.pk, lender.other.pk], "electricity_day": [lender.firm.pk], "licence": [lender.firm.pk]}
    found = queries.evidence_as_of(lender.institution, wanted, BUSINESS_DATE, reader="officer")
    assert {record: frame.height for record, frame in found.items()} == {"penalty": 1, "electricity_day": 1, "licence": 0}
    assert sorted(ReadLog.objects.filter(reader="officer").values_list("evidence_class", "firm_id")) == [
        ("C03", lender.firm.pk), ("C03", lender.other.pk), ("C11", lender.firm.pk),
    ]  # fmt: skip
    with pytest.raises(FaultsError) as refusal:
        queries.evidence_as_of(lender.institution, {"penalty": [lender.silent.pk], "tax_return": [lender.firm.pk]}, BUSINESS_DATE)
    assert "戊公司" in str(refusal.value) and "C03" in str(refusal.value) and "甲公司" in str(refusal.value) and "C06" in str(refusal.value)


def test_nothing_has_the_types_of_its_layout(database: str) -> None:
    """A kind of which no row is known is read with the same columns and types as one with rows."""
    moment, kinds = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), layouts()
    with transaction.atomic():
        together = frames_together({kind: [1] for kind in kinds}, moment)
        for kind in kinds:
            expected = kind.empty().schema
            assert records_frame(kind, [1], moment).schema == expected, kind.record
            assert together[kind.record].schema == expected, kind.record
