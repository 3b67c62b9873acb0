"""A movement that comes twice in other words is one; two equal ones of a day are two; nothing goes without a word."""

from __future__ import annotations

from tests.evidence.bank_files import PAID, ROW, camt, entry, text
from tests.evidence.conftest import BUSINESS_DATE, consent

from puhui.evidence import queries
from puhui.evidence.importing import import_file
from puhui.evidence.same_movements import Pair, notes_of, pairs

SECOND = ["3305", "2024-03-06", "", "800.50", "4199.50", "张三", "工资"]


def stored(lender) -> list[tuple]:
    rows = queries.records_as_of(lender.institution, "account_flow", BUSINESS_DATE, [lender.firm])
    return sorted(rows.select("booked_on", "direction", "amount_fen", "balance_fen").rows())


def test_the_banks_table_and_camt_of_one_account_are_stored_once(lender):
    consent([lender.firm], ["C15"])
    (table,) = import_file(lender.institution, lender.write(text([ROW, SECOND]), "bank.csv"), "C15", firm=lender.firm)
    before = stored(lender)
    (message,) = import_file(
        lender.institution, lender.write(camt(entry(name="乙公司（杭州）"), entry(**PAID)), "bank.xml"), "C15", firm=lender.firm
    )
    assert (table.counts["accepted"], message.counts["accepted"], message.counts["unchanged"]) == (2, 0, 2)
    assert stored(lender) == before
    told = "\n".join(message.notes)
    assert "2 movements are there already in other words, from bank.csv" in told and "乙公司(杭州) here, 乙公司 there" in told.replace(
        "（", "("
    ).replace("）", ")")


def test_a_third_movement_of_the_other_file_is_new(lender):
    consent([lender.firm], ["C15"])
    import_file(lender.institution, lender.write(text([ROW]), "bank.csv"), "C15", firm=lender.firm)
    (message,) = import_file(lender.institution, lender.write(camt(), "bank.xml"), "C15", firm=lender.firm)
    assert (message.counts["accepted"], message.counts["unchanged"]) == (1, 1) and len(stored(lender)) == 2


def test_two_equal_movements_of_a_day_stay_two(lender):
    consent([lender.firm], ["C15"])
    heads = ["账号", "交易日期", "收入金额", "支出金额", "对方户名", "摘要"]
    twice = [["3305", "2024-03-05", "50.00", "", "乙公司", "货款"]] * 2
    (first,) = import_file(lender.institution, lender.write(text(twice, heads), "a.csv"), "C15", firm=lender.firm)
    other = [[*row[:5], "货款 三月"] for row in twice]
    (again,) = import_file(lender.institution, lender.write(text(other, heads), "b.csv"), "C15", firm=lender.firm)
    third = [[*row[:5], "货款三"] for row in [*twice, twice[0]]]
    (more,) = import_file(lender.institution, lender.write(text(third, heads), "c.csv"), "C15", firm=lender.firm)
    assert [each.counts["accepted"] for each in (first, again, more)] == [2, 0, 1] and len(stored(lender)) == 3


def content(**changes) -> dict:
    return {"booked_on": "2024-03-05", "direction": "in", "amount_fen": 100, "account": "1", "counterparty": "乙公司"} | changes


def pair(row: int, number: int, one: dict, other: dict) -> Pair:
    return Pair(row, number, content(**one), content(**other), "a.csv")


def test_what_makes_two_tellings_one():
    def same(one: dict, other: dict) -> bool:
        return bool(pairs([pair(1, 1, one, other)]))

    assert same({"balance_fen": 5, "serial": "a"}, {"balance_fen": 5, "serial": "b", "counterparty": "丙"})
    assert not same({"balance_fen": 5, "serial": "a"}, {"balance_fen": 6, "serial": "a"})
    assert same({"balance_fen": 5, "serial": "a1"}, {"serial": "A1", "counterparty": "丙"}) and not same({"serial": "a"}, {"serial": "b"})
    assert same({}, {"memo": "x"}) and not same({}, {"counterparty": "丙"}) and not same({"counterparty": ""}, {})
    assert not same({"balance_fen": 5}, {"balance_fen": 5, "account": "2"})
    assert same({"balance_fen": 5}, {"balance_fen": 5, "account": None})


def test_each_is_paired_once_and_the_best_proven_first():
    weak, strong = pair(1, 1, {}, {}), pair(2, 1, {"balance_fen": 5}, {"balance_fen": 5})
    assert pairs([weak, strong]) == [strong]
    assert [(each.row, each.stored) for each in pairs([pair(row, there, {}, {}) for row in (1, 2) for there in (7, 8, 9)])] == [
        (1, 7),
        (2, 8),
    ]
    assert notes_of([]) == [] and "1 movements are there already" in notes_of([weak])[0]
