"""The lives of the county's notes: how each is repaid, and what happens to it when in its year.

A life is data: a plan of repayment and steps, each a month after the payout and a day of that month. Between `silent_from` and
`silent_to` the borrower brings no money. Every act of the lending desk happens in some life, so that a year of them all shows each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from puhui.calculations.term_records import RATE_SCALE
from puhui.county import happenings as happen
from puhui.county.economy import month_after
from puhui.county.happenings import Happening, Plan, lowered
from puhui.loans.linked_rates import index_e8

Terms = dict[str, Any]
DayOfYear = tuple[int, int]  # months after the month of the payout, day of that month


@dataclass(frozen=True)
class Life:
    """`payout`: whole, part (half of it), orders (through an outside bank), line (opened, drawn by steps), none."""

    code: str
    plan: Callable[[Terms, date], Plan | None] = lambda offered, day: None
    steps: tuple[tuple[DayOfYear, Happening], ...] = ()
    silent: tuple[DayOfYear, DayOfYear] | None = None
    payout: str = "whole"
    guarantor: str = ""
    room: int = 1  # how many times its amount the firm's limit must hold, for the loans that it takes besides


def day_of_year(start: date, when: DayOfYear) -> date:
    """The day that a step names, for a payout on `start`."""
    months, day = when
    return month_after(start.replace(day=1), months) + timedelta(days=day - 1)


# ---------------------------------------------------------------------------------------------------------------- plans of repayment


def ends(offered: Terms, day: date) -> date:
    """The last due date that was offered."""
    first = month_after(day.replace(day=1), offered["instalments"])
    return min(first + timedelta(days=day.day - 1), month_after(first, 1) - timedelta(days=1))


def equal_principal(offered: Terms, day: date) -> Plan:
    return {"method": "equal_principal", "day_count": "ACT/360", "rate_annual": lowered(offered["rate_annual"])}


def settled_on_20th(every: str) -> Callable[[Terms, date], Plan]:
    """Interest on the 20th of each month or quarter, principal at the end."""

    def plan(offered: Terms, day: date) -> Plan:
        return {
            "method": "interest_only", "day_count": "ACT/360", "settlement_day": 20, "every": every, "instalments": None,
            "maturity": ends(offered, day).isoformat(), "rate_annual": lowered(offered["rate_annual"]),
        }  # fmt: skip

    return plan


def linked(offered: Terms, day: date) -> Plan:
    """The rate follows the loan prime rate each quarter."""
    spread = Decimal(lowered(offered["rate_annual"])) - Decimal(index_e8("LPR1Y", day)) / RATE_SCALE
    link = {"index": "LPR1Y", "spread": str(spread), "every": "3 month", "on": "01-01"}
    return {"method": "equal_principal", "day_count": "ACT/360", "rate_link": link}


def bullet(months: int) -> Callable[[Terms, date], Plan]:
    return lambda offered, day: happen.bullet(months, offered)


def flat(offered: Terms, day: date) -> Plan:
    """Interest on the whole amount to the end: about half the rate costs the same."""
    count = offered["instalments"]
    share = str(Decimal(count + 1) / (2 * count) * Decimal("0.97"))
    return {"method": "flat", "rate_annual": lowered(offered["rate_annual"], share)}


def stepped(offered: Terms, day: date) -> Plan:
    """A third of the principal in the first half, the rest in the second."""
    half, amount = offered["instalments"] // 2, Decimal(offered["amount"])
    first = (amount / 3 / half).quantize(Decimal("100"))
    second = ((amount - first * half) / half).quantize(Decimal("0.01"), ROUND_DOWN)
    steps = [{"count": half, "principal": f"{each:.2f}"} for each in (first, second)]
    return {"method": "stepped", "steps": steps, "instalments": None}


def seasonal(offered: Terms, day: date) -> Plan:
    """Two harvests."""
    amount = Decimal(offered["amount"])
    early = (amount * Decimal("0.4")).quantize(Decimal("100"))
    dues = [
        {"due": day_of_year(day, (7, 20)).isoformat(), "principal": f"{early:.2f}"},
        {"due": day_of_year(day, (11, 20)).isoformat(), "principal": f"{amount - early:.2f}"},
    ]
    return {
        "method": "custom", "dues": dues, "instalments": None, "every": None, "day_count": "ACT/360",
        "rate_annual": lowered(offered["rate_annual"]),
    }  # fmt: skip


def line(dues: str, until: DayOfYear) -> Callable[[Terms, date], Plan]:
    """A line until a day: draws of three months each, or one note settled on the 20th."""

    def plan(offered: Terms, day: date) -> Plan:
        of_line = {"limit": offered["amount"], "until": day_of_year(day, until).isoformat(), "dues": dues}
        common = {"line": of_line, "day_count": "ACT/360", "rate_annual": lowered(offered["rate_annual"])}
        if dues == "own":
            return {**common, "method": "bullet", "every": "3 month", "instalments": 1}
        return {**common, "method": "interest_only", "settlement_day": 20, "every": "1 month", "instalments": None}

    return plan


def half_the_term(offered: Terms, day: date) -> Plan:
    return {"instalments": max(offered["instalments"] // 2, 1)}


def with_prepayment(kind: str) -> Callable[[Terms, date], Plan]:
    extra = {"in_advance_to": "next"} if kind == "next_instalments" else {}
    return lambda offered, day: {"prepayment": kind, **extra}


def with_fee(offered: Terms, day: date) -> Plan:
    """A fee at the payout, and a rate that is lower for it."""
    fee = {"name": "arrangement", "when": "drawdown", "rate": "0.003", "of": "amount"}
    return {"fees": [fee], "rate_annual": str(Decimal(offered["rate_annual"]) - Decimal("0.0070"))}


# -------------------------------------------------------------------------------------------------------------------------- lives

ORDINARY = (
    Life("equal_instalment"),
    Life("equal_principal", equal_principal),
    Life("equal_instalment"),
    Life("settled_monthly", settled_on_20th("1 month")),
    Life("equal_instalment"),
    Life("settled_quarterly", settled_on_20th("3 month")),
)

GUARANTOR = "王大海"

LIVES = (
    Life("renewed", bullet(6), (((5, 25), happen.refinance("renewal", 6)),), room=2),
    Life("consolidated", bullet(12), (
        ((1, 15), happen.second_note(10)), ((7, 6), happen.refinance("consolidation", 4, "yes")),
    ), room=4),
    Life("refinanced", bullet(6), (((5, 20), happen.refinance("refinancing", 6)),), room=2),
    Life("line", line("own", (9, 10)), (
        ((0, 20), happen.draw("0.6")), ((2, 5), happen.pay_off), ((3, 2), happen.draw("0.5", instalments=1)),
        ((4, 1), happen.freeze), ((4, 15), happen.release), ((5, 4), happen.reduce("0.7")), ((6, 8), happen.draw("0.3")),
    ), payout="line"),
    Life("pooled_line", line("pooled", (11, 15)), (
        ((0, 12), happen.draw("0.5")), ((3, 9), happen.prepay("0.4")), ((5, 11), happen.draw("0.6")), ((8, 9), happen.pay_off),
        ((9, 1), happen.close_line),
    ), payout="line"),
    Life("extended", bullet(6), (((5, 20), happen.extend(90, "no")),), guarantor=GUARANTOR),
    Life("extended_in_difficulty", bullet(6), (((6, 1), happen.extend(120, "yes")),), guarantor=GUARANTOR),
    Life("restructured", silent=((3, 1), (5, 20)), guarantor=GUARANTOR, steps=(
        ((5, 20), happen.restructure({"every": "1 month", "instalments": 12, "method": "equal_principal"})), ((5, 21), happen.catch_up),
    )),
    Life("prepaid_lower", with_prepayment("reduce_instalment"), (((3, 25), happen.prepay("0.25")), ((6, 25), happen.prepay("0.2")))),
    Life("prepaid_shorter", with_prepayment("reduce_term"), (((3, 20), happen.prepay("0.25")),)),
    Life("prepaid_instalments", with_prepayment("next_instalments"), (((2, 28), happen.prepay_instalments(2)),)),
    Life("closed_early", steps=(
        ((1, 12), happen.secure(GUARANTOR)), ((7, 25), happen.pay_off), ((7, 26), happen.give_back),
    )),
    Life("flat", flat),
    Life("repriced", settled_on_20th("1 month"), (((2, 1), happen.reprice("-0.0010")), ((8, 1), happen.reprice("-0.0005")))),
    Life("linked", linked),
    Life("paused", equal_principal, (((3, 3), happen.pause(14)),)),
    Life("moved", equal_principal, (((2, 15), happen.move_due_date(8)),)),
    Life("stepped", stepped),
    Life("seasonal", seasonal),
    Life("late_5", silent=((2, 1), (2, 15)), steps=(((2, 15), happen.catch_up),)),
    Life("late_40_forgiven", silent=((4, 1), (5, 20)), steps=(((5, 20), happen.waive_penalty), ((5, 20), happen.catch_up))),
    Life("late_100_cured", silent=((1, 1), (4, 21)), steps=(((4, 21), happen.catch_up), ((12, 1), happen.upgrade("special_mention")))),
    Life("lost", silent=((1, 1), (99, 1)), steps=(
        ((5, 11), happen.terminate), ((8, 3), happen.write_off), ((9, 15), happen.recover("0.1")), ((11, 5), happen.recover("0.05")),
    )),
    Life("reversed", steps=(((3, 18), happen.prepay("0.1")), ((3, 19), happen.reverse("repayment")))),
    Life("refunded", half_the_term, (
        ((2, 3), happen.charge(300)), ((2, 3), happen.catch_up), ((7, 6), happen.reverse("fee")), ((7, 8), happen.refund),
    )),
    Life("misused", equal_principal, steps=(((3, 5), happen.misuse("0.3", 40)), ((5, 12), happen.end_misuse))),
    Life("in_parts", equal_principal, (((1, 5), happen.draw_more),), payout="part"),
    Life("by_order", payout="orders"),
    Life("with_fee", with_fee),
    Life("transferred", settled_on_20th("3 month"), (((4, 7), happen.transfer("N01")),)),
    Life("downgraded", equal_principal, (((6, 15), happen.find_and_downgrade),)),
    Life("given_up", payout="none", steps=(((0, 18), happen.cancel),)),
    Life("late_for_ever", silent=((8, 1), (99, 1))),
)  # fmt: skip
