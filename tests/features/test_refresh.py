"""Snapshots over several classes: read under each class's own consent, computed again only where something changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.evidence.conftest import BUSINESS_DATE, Lender, consent, csv_text, line, make_lender

from puhui.calculations.faults import FaultsError
from puhui.features import actions, profiles
from puhui.features.models import Snapshot
from puhui.features.queries import frame

AS_OF = BUSINESS_DATE  # 5 January 2026
RETURN = ["税种", "所属期起", "所属期止", "销售额"]
INSURED = ["缴费月份", "养老保险参保人数"]


@pytest.fixture
def lender(rolled_back_database: str, tmp_path: Any) -> Lender:
    return make_lender(tmp_path)


def take(lender: Lender, evidence_class: str, headings: list[str], *rows: list[str]) -> None:
    from puhui.evidence.actions import import_records

    path = lender.write(csv_text(list(rows), headings), "file.csv")
    import_records(lender.institution, path, evidence_class, firm=lender.firm, actor="clerk")


def month_return(month: int, sales: int) -> list[str]:
    end = dt.date(2025, month + 1, 1) - dt.timedelta(days=1)
    return ["增值税", f"2025-{month:02}-01", end.isoformat(), str(sales)]


def refresh(lender: Lender, **options: Any) -> list[Snapshot]:
    return actions.refresh(lender.institution, AS_OF, actor="night run", **options)


def test_each_class_is_read_by_its_own_consent(lender: Lender) -> None:
    lender.import_rows([line(1, 开票日期="2025-11-03", 金额="1000.00")])
    consent([lender.firm], ["C06"])
    take(lender, "C06", RETURN, month_return(11, 900), month_return(10, 100))
    first = refresh(lender)[0]
    assert first.values["inv_out_amt_12m"] == 1_000
    assert first.values["vat_sales_12m"] == 1_000
    assert first.null_reasons["si_headcount_now"] == "not_authorised"
    assert first.null_reasons["si_revenue_per_head"] == "not_authorised"
    assert first.null_reasons["vat_sales_yoy"] == "too_short_history"
    assert first.evidence.keys() == {"C06", "C07"} and all(first.evidence.values())
    assert first.evidence_batch_id == max(first.evidence.values())
    assert set(first.values) == set(profiles.classes_of())
    assert refresh(lender) == []


def test_only_what_rests_on_the_changed_class_is_computed_again(lender: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    consent([lender.firm], ["C06", "C08"])
    lender.import_rows([line(number, 开票日期=f"2025-{number:02}-03") for number in range(1, 13)])
    take(lender, "C06", RETURN, *(month_return(month, 2_000) for month in range(1, 12)))
    before = refresh(lender)[0]
    computed: list[str] = []
    whole = actions.profile

    def watched(frames: Any, as_of: Any, variables: Any, **options: Any) -> Any:
        computed.extend(variables)
        return whole(frames, as_of, variables, **options)

    monkeypatch.setattr(actions, "profile", watched)
    take(lender, "C08", INSURED, ["2025-11", "20"])
    after = refresh(lender)[0]
    assert set(computed) == {name for name, classes in profiles.classes_of().items() if "C08" in classes}
    assert "si_revenue_per_head" in computed and "vat_sales_12m" not in computed
    assert after.values["si_headcount_now"] == 20 and before.values["si_headcount_now"] is None
    untouched = set(before.values) - set(computed)
    assert {name: after.values[name] for name in untouched} == {name: before.values[name] for name in untouched}
    assert "si_headcount_now" not in after.null_reasons
    # The same as when everything is computed anew.
    monkeypatch.setattr(actions, "_last_snapshots", lambda asked, firms: {})
    anew = refresh(lender)[0]
    assert (anew.values, anew.null_reasons, anew.digest) == (after.values, after.null_reasons, after.digest)
    assert frame(lender.institution, AS_OF).height == 1


def test_a_consent_that_ends_takes_its_values_away(lender: Lender) -> None:
    from puhui.parties.actions import withdraw_consent

    lender.import_rows([line(1, 开票日期="2025-11-03")])
    given = consent([lender.firm], ["C06"])[0]
    take(lender, "C06", RETURN, month_return(11, 900))
    assert refresh(lender)[0].values["vat_sales_12m"] == 900
    withdraw_consent(given, actor="owner")
    after = refresh(lender)[0]
    assert after.values["vat_sales_12m"] is None
    assert after.null_reasons["vat_sales_12m"] == "not_authorised"
    assert after.values["inv_out_amt_12m"] == 1_000


def test_a_source_that_is_down_is_said(lender: Lender) -> None:
    consent([lender.firm], ["C08"])
    lender.import_rows([line(1, 开票日期="2025-11-03")])
    reasons = refresh(lender, unreachable=["C08"])[0].null_reasons
    assert reasons["si_headcount_now"] == "source_down"
    assert reasons["vat_sales_12m"] == "not_authorised"


def test_what_was_known_on_a_past_day_makes_its_snapshot(lender: Lender) -> None:
    consent([lender.firm], ["C06"])
    take(lender, "C06", RETURN, month_return(10, 700), month_return(11, 900))
    past = actions.refresh(lender.institution, dt.date(2025, 12, 10), actor="training")[0]
    assert past.values["vat_sales_12m"] == 700  # the return of November was known from 15 December on
    assert past.values["inv_out_amt_12m"] is None
    assert actions.refresh(lender.institution, dt.date(2025, 10, 31), actor="training") == []  # nothing was known


def test_a_named_firm_without_any_consent_is_refused(lender: Lender) -> None:
    with pytest.raises(FaultsError, match="戊公司"):
        actions.refresh(lender.institution, AS_OF, [lender.firm, lender.silent], actor="clerk")


def test_each_class_read_is_in_the_log_and_no_other(lender: Lender) -> None:
    from puhui.evidence.models import ReadLog

    consent([lender.firm], ["C06", "C10"])
    take(lender, "C06", RETURN, month_return(11, 900))
    refresh(lender)
    assert set(ReadLog.objects.filter(firm=lender.firm).values_list("evidence_class", flat=True)) == {"C06"}
