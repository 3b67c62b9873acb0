"""Whole lives of loans as lenders write them: Chinese notes with LPR, settlements and markups; international ones with all that happens."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.oracle.days import months_after, steps_after
from tests.oracle.documents import COUNTS, METHODS, ORDERS, Draw, days_between, money, rate

Event = dict[str, Any]


def start_of(draw: Draw, first: date, days: int) -> date:
    return first + timedelta(days=draw(st.integers(0, days)))


def lpr(draw: Draw, start: date) -> dict[str, Any]:
    """A link to the index, published on the 20th of each month; some months bring no change."""
    months = [months_after(date(start.year, start.month, 20), step) for step in range(-2, 16, draw(st.sampled_from([1, 2, 3])))]
    value, values = draw(st.integers(300, 420)), []
    for month in months:
        value -= draw(st.sampled_from([0, 5, 10]))
        values.append([month.isoformat(), f"{value / 10000:.4f}"])
    link: dict[str, Any] = {"index": "LPR1Y", "values": values}
    if draw(st.integers(0, 2)):
        link["spread"] = f"{draw(st.integers(0, 200)) / 10000:.4f}"
    else:
        days = [start + timedelta(days=draw(st.integers(-40, 0)))]
        for _ in range(draw(st.integers(1, 3))):
            days.append(days[-1] + timedelta(days=draw(st.integers(41, 130))))
        link["spreads"] = [[day.isoformat(), f"{draw(st.integers(-50, 200)) / 10000:.4f}"] for day in days]
    link["every"] = draw(st.sampled_from(["1 month", "3 month", "6 month", "12 month"]))
    return link | {"on": draw(st.sampled_from(["anniversary", "anniversary", "01-01"]))}


@st.composite
def chinese_lives(draw: Draw) -> dict[str, Any]:
    """Settled on the 20th or paid in equal parts, repriced with LPR, overdue with markup and compound, prepaid, paid off, extended."""
    start = start_of(draw, date(2025, 1, 1), 500)
    whole = draw(st.integers(1_000_000, 300_000_000))
    document: dict[str, Any] = {
        "amount": money(whole),
        "start": start.isoformat(),
        "day_count": draw(st.sampled_from(["M/360", "ACT/360"])),
    }
    shape = draw(st.sampled_from(["settled", "settled", "bullet", "plan", "plan", "plan"]))
    maturity = start + timedelta(days=draw(st.integers(60, 400)))
    if shape == "settled":
        document |= {"method": "interest_only", "settlement_day": 20, "every": draw(st.sampled_from(["1 month", "3 month", "3 month"]))}
    if shape == "bullet":
        document["method"] = "bullet"
    if shape == "plan":
        number, every = draw(st.sampled_from([3, 6, 12])), draw(st.sampled_from([1, 1, 3]))
        document |= {"method": draw(st.sampled_from(METHODS)), "instalments": number, "every": f"{every} month"}
        dues = [months_after(start, every * step) for step in range(1, number + 1)]
        maturity = dues[-1]
    else:
        document["maturity"] = maturity.isoformat()
        dues = [maturity]
    document |= {"rate_link": lpr(draw, start)} if draw(st.booleans()) else {"rate_annual": rate(draw)}
    if draw(st.booleans()):
        keys: dict[str, Any] = {"markup_overdue": draw(st.sampled_from(["0.3", "0.5"]))}
        for name in draw(st.sets(st.sampled_from(["compound_in_term", "compound_overdue"]))):
            keys[name] = False
        if len(keys) == 3:
            keys["grace_days"] = draw(st.sampled_from([0, 3, 10]))
        document["penalty"] = keys
    document["prepayment"] = draw(st.sampled_from(["reduce_instalment", "reduce_term", "next_instalments"]))
    late = draw(st.sampled_from([0, 0, 40, 200]))
    as_of = days_between(draw, start + timedelta(days=20), maturity + timedelta(days=late))
    if draw(st.booleans()):
        as_of = draw(st.sampled_from(dues)).isoformat()
    events = paid_when_due(draw, document, dues, as_of) if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        amount = draw(st.sampled_from([whole // 3, whole // 10, 100_000, 12_345]))
        events.append({"type": "repayment", "date": days_between(draw, start + timedelta(days=1), maturity), "amount": money(amount)})
    if draw(st.integers(0, 3)) == 0:
        due = draw(st.sampled_from(dues))
        moved = {"due": due.isoformat(), "new_due": (due + timedelta(days=draw(st.integers(3, 60)))).isoformat()}
        told = (due - timedelta(days=draw(st.integers(1, 20)))).isoformat()
        events.append({"type": "reschedule", "date": told, **moved, "later": draw(st.sampled_from(["keep", "follow"]))})
    if draw(st.integers(0, 4)) == 0:
        events.append({"type": "payoff", "date": as_of})
    document["events"] = [event for event in events if document["start"] < event["date"] <= as_of]
    document["as_of"] = as_of
    return document


def paid_when_due(draw: Draw, document: dict[str, Any], dues: list[date], as_of: str) -> list[Event]:
    """Money near each due date, roughly what falls due: a little less, a little more, a little late."""
    whole, events = int(document["amount"].replace(".", "")), []
    for due in dues:
        day = due + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 3, 12])))
        if day.isoformat() <= as_of:
            amount = whole // len(dues) + draw(st.integers(0, whole // 100 + 1))
            events.append({"type": "repayment", "date": day.isoformat(), "amount": money(amount)})
    return events


@st.composite
def international_lives(draw: Draw) -> dict[str, Any]:
    """Both day labels, all counts, several drawdowns, pauses, reversals, moved dates, more instalments, backdated entries."""
    start = start_of(draw, date(2027, 1, 1), 500)
    number, every = draw(st.sampled_from([4, 6, 10])), draw(st.sampled_from(["1 month", "1 month", "2 month", "2 week", "30 day"]))
    whole = draw(st.integers(100_000, 90_000_000))
    document: dict[str, Any] = {
        "amount": money(whole),
        "start": start.isoformat(),
        "rate_annual": rate(draw),
        "day_count": draw(st.sampled_from(COUNTS)),
        "day_label": draw(st.sampled_from(["start", "end"])),
        "method": draw(st.sampled_from(METHODS)),
        "instalments": number,
        "every": every,
        "prepayment": draw(st.sampled_from(["reduce_instalment", "reduce_term", "next_instalments"])),
        "allocation_by": draw(st.sampled_from(["horizontal", "vertical"])),
        "allocation": draw(st.sampled_from([ORDERS[0], {"performing": ORDERS[0], "non_accrual": ORDERS[1]}, *ORDERS[2:5]])),
    }
    if document["method"] == "equal_instalment":
        document["level"] = draw(st.sampled_from(["annuity", "solved", "solved"]))
    if draw(st.integers(0, 2)) == 0:
        document["interest_recalculation"] = draw(st.sampled_from([None, {"rest": "period"}, {"overdue": True}]))
    count, unit = every.split()
    dues = [steps_after(start, (int(count), unit), step) for step in range(1, number + 1)]
    as_of = draw(st.sampled_from([*dues, dues[-1] + timedelta(days=30)]))
    events = paid_when_due(draw, document, dues, as_of.isoformat())
    later = [day for day in (start + timedelta(days=n) for n in (5, 17, 33, 48, 70)) if day < min(as_of, dues[-2])]
    if later and draw(st.booleans()):
        more = draw(st.lists(st.sampled_from(later), min_size=1, max_size=2, unique=True))
        days = [start, *more]
        shares = [whole // len(days)] * (len(days) - 1)
        for day, share in zip(sorted(days), [*shares, whole - sum(shares)], strict=True):
            events.append({"type": "drawdown", "date": day.isoformat(), "amount": money(share)})
    for kind in draw(st.lists(st.sampled_from(["rate", "pause", "more", "moved", "fee", "early", "waiver"]), max_size=3)):
        events.append(happening(draw, kind, dues, start, as_of, whole))
    for place, entry in enumerate(events):
        entry["id"] = f"e{place}"
        if entry["type"] == "repayment" and draw(st.integers(0, 3)) == 0:
            entry["known"] = days_between(draw, date.fromisoformat(entry["date"]), as_of)
    undone = [entry["id"] for entry in events if entry["type"] in ("repayment", "fee", "rate_change", "pause")]
    if undone and draw(st.booleans()):
        events.append({"type": "reversal", "date": as_of.isoformat(), "of": draw(st.sampled_from(undone))})
    document["events"] = [entry for entry in events if entry["date"] <= as_of.isoformat()]
    return document | {"as_of": as_of.isoformat()}


def happening(draw: Draw, kind: str, dues: list[date], start: date, as_of: date, whole: int) -> Event:
    day = days_between(draw, start + timedelta(days=2), min(as_of, dues[-1]) - timedelta(days=1))
    if kind == "rate":
        return {"type": "rate_change", "date": day, "rate_annual": rate(draw)}
    if kind == "pause":
        return {"type": "pause", "date": day, "until": (date.fromisoformat(day) + timedelta(days=draw(st.integers(0, 40)))).isoformat()}
    if kind == "more":
        return {"type": "reschedule", "date": day, "from": day, "extra_instalments": draw(st.integers(1, 4))}
    if kind == "moved":
        due = draw(st.sampled_from(dues[:-1]))
        told, moved = due - timedelta(days=draw(st.integers(1, 5))), due + timedelta(days=draw(st.sampled_from([-3, 2, 6, 10])))
        later = {"later": draw(st.sampled_from(["keep", "follow"]))}
        return {"type": "reschedule", "date": told.isoformat(), "due": due.isoformat(), "new_due": moved.isoformat(), **later}
    if kind == "fee":
        return {
            "type": "fee",
            "date": day,
            "kind": draw(st.sampled_from(["fee", "cost", "penalty"])),
            "amount": money(draw(st.integers(1, 9_999))),
        }
    if kind == "waiver":
        of = draw(st.sampled_from(["interest", "principal", "fee"]))
        return {"type": "waiver", "date": day, "of": of, "amount": money(draw(st.integers(1, whole // 500 + 1)))}
    return {"type": "repayment", "date": day, "amount": money(draw(st.integers(1, whole // 6)))}


@st.composite
def prepaid_plans(draw: Draw) -> dict[str, Any]:
    """减额 and 缩期 of instalment loans: with interest put off at the start, new rates by LPR or by event, a payoff."""
    start = start_of(draw, date(2026, 1, 1), 500)
    number, months = draw(st.sampled_from([4, 6, 9])), draw(st.sampled_from([1, 3]))
    whole = draw(st.integers(1_000_000, 90_000_000))
    document: dict[str, Any] = {
        "amount": money(whole),
        "start": start.isoformat(),
        "day_count": draw(st.sampled_from(["M/360", "ACT/360", "ACT/365", "30/360"])),
        "day_label": draw(st.sampled_from(["start", "end"])),
        "method": draw(st.sampled_from(METHODS)),
        "instalments": number,
        "every": f"{months} month",
        "prepayment": draw(st.sampled_from(["reduce_instalment", "reduce_term"])),
    }
    document |= {"rate_link": lpr(draw, start)} if draw(st.booleans()) else {"rate_annual": rate(draw)}
    if draw(st.integers(0, 3)):
        periods = draw(st.integers(1, 2))
        principal = draw(st.integers(0, periods)) if document["method"] != "interest_only" else 0
        document["grace"] = {"interest_payment": periods, "principal": principal}
    end = months_after(start, months * draw(st.integers(1, number - 1)))
    if draw(st.booleans()):
        end = start + timedelta(days=draw(st.integers(20, 30 * months * number)))
    events: list[Event] = []
    for _ in range(draw(st.integers(1, 3))):
        day = draw(st.sampled_from([end.isoformat(), days_between(draw, start + timedelta(days=1), end)]))
        if draw(st.integers(0, 3)):
            events.append({"type": "repayment", "date": day, "amount": money(draw(st.integers(1, whole // 2)))})
        else:
            events.append({"type": "rate_change", "date": day, "rate_annual": rate(draw)})
    if draw(st.integers(0, 4)) == 0:
        events.append({"type": "payoff", "date": end.isoformat()})
    return document | {"events": events, "as_of": end.isoformat()}
