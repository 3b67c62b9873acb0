"""The entries of docs/algorithms/books.md beyond the first loan: each is reckoned anew, and each can be posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from puhui.books import queries
from puhui.books.actions import Side, open_books, post, verify
from puhui.books.vouchers import vouchers
from puhui.calculations.counters import Accounting, SharePoint, counters_of, held_back
from puhui.calculations.effective_interest import amortisation, amortised_fee, first_rate
from puhui.calculations.events import Event
from puhui.calculations.loss_stages import Bucket, LossRules, Scenario, allowance_moves, exposure_loss, floor_shares
from puhui.calculations.posting import Counters, transfers
from puhui.calculations.replay import replay
from puhui.calculations.stamp_duty import duty_of_contract
from puhui.calculations.terms import read_terms
from puhui.calculations.value_added_tax import tax_inside
from puhui.parties.actions import create_branch, create_institution, head_branch
from puhui.products.taxes import stamp_duty_on

from .test_worked_journal import fen, table

LENT = 120_000_00
TERMS = read_terms(
    {
        "currency": "CNY", "amount": "120000.00", "start": "2026-01-15", "rate_annual": "0.06", "day_count": "ACT/360",
        "instalments": 12, "every": "1 month", "method": "interest_only",
    }
)  # fmt: skip


def at(day: date, events: Sequence[Event] = (), accounting: Accounting | None = None) -> Counters:
    """The loan of the page on a day, with those of `events` that have happened."""
    accounting, happened = accounting or Accounting(), tuple(event for event in events if event.date <= day)
    written_off = next((event for event in happened if event.type == "write_off"), None)
    before = None
    if written_off:
        earlier = tuple(event for event in happened if event is not written_off and event.date <= written_off.date)
        before = counters_of(replay(TERMS, earlier, written_off.date), written_off.date, LENT, accounting)
    return counters_of(replay(TERMS, happened, day), day, LENT, accounting, at_write_off=before)


TAXED = Accounting("cas_22", interest_tax_ppm=60_000)
PAID = (Event(date(2026, 6, 20), "repayment", 3_020_00),)
WRITTEN_OFF = (Event(date(2026, 8, 20), "write_off", id="w"), Event(date(2026, 11, 5), "repayment", 30_000_00))
EARLY = (Event(date(2026, 4, 1), "write_off", id="w"),)
WAIVED = (*EARLY, Event(date(2026, 6, 1), "waiver", 500_00, of="interest"))


@pytest.mark.parametrize(
    ("journal", "events", "accounting", "by_event"),
    [
        ("journal house rule", PAID, None, False),
        ("journal write-off", WRITTEN_OFF, None, True),
        ("journal early write-off", EARLY, None, True),
        ("journal waived after write-off", WAIVED, None, True),
        ("journal tax", PAID, TAXED, False),
    ],
)
def test_a_loans_journal_follows_from_its_position(
    journal: str, events: tuple[Event, ...], accounting: Accounting | None, by_event: bool
) -> None:
    """`by_event`: the page shows what the day's event alone moves, and not the night before it."""
    lines = table(journal)[1:]
    stated: dict[date, list[tuple[str, str, int]]] = {}
    for day, _, debit, credit, yuan in lines:
        stated.setdefault(date.fromisoformat(day), []).append((debit, credit, fen(yuan)))
    assert len(stated) > 0
    for day, expected in stated.items():
        before = at(day, [event for event in events if event.date < day], accounting) if by_event else None
        before = before or at(day - timedelta(days=1), events, accounting)
        assert [tuple(each) for each in transfers(before, at(day, events, accounting))] == expected, day


def test_what_stage_three_holds_back() -> None:
    points, checked = [], 0
    for earned, unpaid, share, held in table("shares")[1:]:
        ppm = int(share.rstrip("%")) * 10_000 if share.endswith("%") else None
        points.append(SharePoint(fen(earned), fen(unpaid), ppm))
        assert held_back(points) == fen(held)
        checked += 1
    assert checked == 6


def test_tax_and_duty() -> None:
    assert tax_inside(10_000_00, 60_000) == 566_04
    ((*_, yuan),) = table("entries duty")[1:]
    assert duty_of_contract(3_000_000_00, stamp_duty_on(date(2026, 3, 1)), lender="bank", borrower="enterprise", size="medium") == fen(yuan)


def test_the_fee_is_earned_as_the_table_says() -> None:
    drawn, fee = (date(2026, 1, 15), 1_000_000_00), 10_000_00
    rows = table("amortisation")[1:]
    dues = [(date.fromisoformat(row[0]), fen(row[3])) for row in rows]
    earned = 0
    rate = first_rate(drawn, fee, dues)
    assert f"{rate:.8f}" == "0.06176881"
    for row, carried in zip(rows, amortisation(drawn, fee, dues), strict=True):
        assert (fen(row[1]), fen(row[2]), fen(row[4])) == (carried.opening, carried.effective_interest, carried.closing)
        assert fen(row[5]) == carried.effective_interest - 12_500_00
        earned += fen(row[5])
        assert amortised_fee(fee, rate, carried.day, 1_000_000_00, dues) == earned
    assert earned == fee and fen(table("entries fee")[3][4]) == fen(rows[0][5])


def test_losses_by_stage_and_the_floor() -> None:
    rules = LossRules(30, 90, (), (), {2: 90, 3: 180}, 30, 750_000, (Scenario("one", 1_000_000, 1_000_000, 1_000_000),))
    year = [Bucket(0.0, 1.0, 1_000_000_00)]
    first, impaired = (exposure_loss(stage, 1_000_000_00, year, 20_000, 450_000, 50_000, rules) for stage in (1, 3))
    one, three = "loss_allowance_stage_1", "loss_allowance"
    moves = [
        *allowance_moves({one: first}, {}, "impairment_loss"),
        *allowance_moves({three: impaired}, {one: first}, "impairment_loss"),
    ]
    stated = [(debit, credit, fen(yuan)) for _, _, debit, credit, yuan in table("entries losses")[1:]]
    assert [tuple(move) for move in moves] == stated[:3]
    required = floor_shares({"doubtful": 1_000_000_00}, {"doubtful": 600_000})
    assert stated[3] == ("general_reserve_appropriation", "general_reserve", required - impaired)


@pytest.mark.parametrize("kind", ["bank", "micro_lender"])
def test_every_entry_of_the_page_can_be_posted(database: str, kind: str) -> None:
    day = date(2026, 12, 31)
    institution = create_institution("RIVER", "河口", kind, day)
    open_books(institution, "system")
    branches = {"head": head_branch(institution).pk, "01": create_branch(institution, "01", "城关", actor="admin").pk}
    journals = ("house rule", "write-off", "early write-off", "waived after write-off", "tax", "fee written off")
    for name in (f"journal {each}" for each in journals):
        for *_, debit, credit, yuan in table(name)[1:]:
            post(institution, "worked", day, [(debit, credit, fen(yuan))], recorded_by="clerk")
    for name in ("entries duty", "entries fee", "entries losses"):
        for _, branch, debit, credit, yuan in table(name)[1:]:
            post(institution, "worked", day, [(debit, credit, fen(yuan))], branch_id=branches[branch], recorded_by="clerk")
    assert sum(row.balance_fen for row in queries.trial_balance(institution, day)) == 0
    assert verify(institution) == []


def test_a_payment_at_another_branch_and_its_reversal_are_the_lines_of_the_page(database: str) -> None:
    day = date(2026, 3, 30)
    institution = create_institution("RIVER", "河口", "bank", day)
    open_books(institution, "system")
    branch, head = create_branch(institution, "01", "城关", actor="admin"), head_branch(institution)
    entry = post(
        institution, "repayment", day, [(Side("settlement", head.pk), "principal", 40_00)], branch_id=branch.pk, recorded_by="clerk"
    )
    roles = {code: role for role, code in queries.chart("bank", day).roles.items()}
    names = {head.pk: "head", branch.pk: "01"}
    posted = [
        (names[each.debit_account.branch_id], roles[each.debit_account.code], roles[each.credit_account.code], each.amount_fen)
        for each in entry.transfers.select_related("debit_account", "credit_account").order_by("id")
    ]
    assert posted == [(row[1], row[2], row[3], fen(row[4])) for row in table("entries branches")[1:]]
    other = create_institution("HILL", "山口", "bank", day)
    open_books(other, "system")
    post(other, "repayment", day, [("settlement", "principal", 40_00)], recorded_by="clerk")
    post(other, "reversal", day, [("principal", "settlement", 15_00)], recorded_by="clerk")
    lines = {
        (roles[line.account], line.colour, line.debit_fen, line.credit_fen)
        for style in ("red", "blue")
        for line in vouchers(other, day, style)  # type: ignore[arg-type]
    }
    assert lines == {(role, colour, fen(debit), fen(credit)) for role, colour, debit, credit in table("vouchers")[1:]}
