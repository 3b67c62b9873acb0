"""A list in two parts is cut like one list, and a long list is counted up to a bound."""

from __future__ import annotations

import re
from typing import Any

import pytest


def test_a_chained_list_is_cut_like_one(scenario: Any) -> None:
    from puhui.console.paging import Chained
    from puhui.parties.models import Firm

    rows = Firm.objects.filter(institution=scenario.institution)
    middle = rows.order_by("pk")[rows.count() // 2].pk
    first, second = rows.filter(pk__lt=middle).order_by("-pk"), rows.filter(pk__gte=middle).order_by("pk")
    whole = [*first, *second]
    assert len(whole) > 4 and list(first) and list(second)
    chained = Chained(first, second)
    for start in range(len(whole) + 2):
        for stop in range(start + 1, len(whole) + 3):
            assert chained[start:stop] == whole[start:stop], (start, stop)


def test_a_long_list_is_told_with_a_plus(scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.console import paging
    from puhui.loans.models import Loan

    loans = Loan.objects.filter(institution=scenario.institution)
    exact = paging.Leaves(paging.Chained(loans.filter(overdue_since__isnull=False), loans.filter(overdue_since=None)), 2)
    assert (exact.count, exact.told) == (loans.count(), str(loans.count()))
    monkeypatch.setattr(paging, "MOST_COUNTED", 2)
    monkeypatch.setattr(paging, "ROWS_PER_PAGE", 1)
    bounded = paging.Leaves(loans.order_by("pk"), 1)
    assert (bounded.count, bounded.told, bounded.num_pages) == (2, "2+", 2)
    assert ">2+<" in client_of("officer").get("/loans/").content.decode()


def test_late_loans_stand_first(scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Loan

    text = client_of("officer").get("/loans/").content.decode()
    shown = list(dict.fromkeys(int(number) for number in re.findall(r'href="/loans/(\d+)/"', text)))
    loans = Loan.objects.filter(institution=scenario.institution)
    late = list(loans.filter(overdue_since__isnull=False).order_by("overdue_since", "-pk").values_list("pk", flat=True))
    assert late and shown[: len(late)] == late
    assert sorted(shown) == sorted(loans.values_list("pk", flat=True))


def shown(client: Any, query: str) -> list[int]:
    text = client.get(f"/loans/?{query}").content.decode()
    return list(dict.fromkeys(int(number) for number in re.findall(r'href="/loans/(\d+)/"', text)))


def test_a_text_finds_loans_by_firm_and_by_number(scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.console import paging
    from puhui.loans.models import Loan

    officer = client_of("officer")
    loans = list(Loan.objects.filter(institution=scenario.institution).select_related("firm"))
    late_first = sorted(loans, key=lambda each: (each.overdue_since is None, str(each.overdue_since), -each.pk))
    one = late_first[-1]
    parts = one.number.split("-")
    assert len(parts) == 4
    by_number = {"-".join(parts[first:last]) for first in range(4) for last in range(first + 1, 5)} | {one.number[:-3], one.number[:9]}
    for text in [one.firm.name[1:3], one.firm.name[-2:].swapcase(), one.firm.name, *by_number]:
        expected = [
            each.pk
            for each in late_first
            if text.lower() in each.firm.name.lower() or each.number.startswith(text) or f"-{text}-" in f"-{each.number}-"
        ]
        assert expected and shown(officer, f"text={text}") == expected, text
    common = one.firm.name[0]
    found = shown(officer, f"text={common}")
    assert len(found) > 2
    monkeypatch.setattr(paging, "MOST_COUNTED", 2)  # what is found too often is looked for row by row, in the same order
    assert shown(officer, f"text={common}") == found[:2]
    assert not shown(officer, "text=%25") and not shown(officer, "text=no such firm")
    waiting = {each.pk for each in loans if each.status == "performing"}
    monkeypatch.undo()
    assert set(shown(officer, f"text={common}&status=performing")) == waiting & set(found)


def test_tabs_of_the_queue_are_counted_up_to_a_bound(scenario: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from puhui.console import paging
    from puhui.decisions.models import Application

    total = Application.objects.filter(institution=scenario.institution).count()
    assert f"<span>{total}</span>" in client_of("officer").get("/queue/?status=all").content.decode()
    monkeypatch.setattr(paging, "MOST_COUNTED", 1)
    text = client_of("officer").get("/queue/?status=all").content.decode()
    assert total > 2 and "<span>1+</span>" in text and f"<span>{total}</span>" not in text
