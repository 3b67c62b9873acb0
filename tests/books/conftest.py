"""Books to test on: a bank, its accounts opened, three closed days and an open one."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

FIRST_DAY = date(2026, 3, 30)
LAST_CLOSED_DAY = FIRST_DAY + timedelta(days=2)
OPEN_DAY = FIRST_DAY + timedelta(days=3)


@pytest.fixture(autouse=True)
def anchor_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "anchors" / "anchors.jsonl"
    monkeypatch.setattr(settings, "PUHUI_ANCHOR_FILE", path)
    return path


@pytest.fixture
def institution(database: str):  # type: ignore[no-untyped-def]
    """A bank with open books."""
    from puhui.books import actions as books
    from puhui.parties import actions as parties

    created = parties.create_institution("RIVER", "河口农商行", "bank", FIRST_DAY)
    books.open_books(created, "system")
    return created


@pytest.fixture
def kept_books(institution):  # type: ignore[no-untyped-def]
    """The same after three days, with entries of one and of several transfers on each and on the open day."""
    from puhui.books import actions as books
    from puhui.parties.models import Institution

    for number in range(4):
        day = FIRST_DAY + timedelta(days=number)
        lent = [("principal", "settlement", 100_000_00 + number)]
        books.post(institution, "drawdown", day, lent, loan_id=7, event_id=70 + number, reference="note 7", recorded_by="clerk")
        night = [("accrued_interest", "interest_income", 10_00), ("memo_undrawn", "memo_counterpart", 5_00)]
        books.post_many(institution, [books.EntryDraft("accrual", day, night), books.EntryDraft("accrual", day, night[:1])], "day end")
        if day < OPEN_DAY:
            books.close_day(institution, day, "day end")
            Institution.objects.filter(pk=institution.pk).update(business_date=day + timedelta(days=1))
            institution.refresh_from_db()
    return institution
