"""Documents for the comparison: what Chinese lenders and international systems really write, drawn by hypothesis."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.oracle.days import steps_after

COUNTS = ["M/360", "30/360", "30E/360", "ACT/360", "ACT/365", "ACT/ACT"]
Draw = st.DrawFn


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def rate(draw: Draw) -> str:
    return f"{draw(st.integers(100, 1500)) / 10000:.4f}"


def days_between(draw: Draw, first: date, last: date) -> str:
    return (first + timedelta(days=draw(st.integers(0, max(0, (last - first).days))))).isoformat()


@st.composite
def chinese_terms(draw: Draw) -> dict[str, Any]:
    """M/360 or ACT/360, monthly or quarterly, by step or settled on a day of the month, with an odd maturity."""
    start = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    document: dict[str, Any] = {
        "amount": money(draw(st.integers(1_000_000, 500_000_000))),
        "start": start.isoformat(),
        "rate_annual": rate(draw),
        "day_count": draw(st.sampled_from(["M/360", "ACT/360"])),
    }
    shape = draw(st.sampled_from(["settled", "bullet", "stepped", "level", "seasonal"]))
    if shape == "settled":
        document |= {"method": "interest_only", "settlement_day": draw(st.sampled_from([20, 20, 21, 25, 10]))}
        document |= {"every": draw(st.sampled_from(["1 month", "3 month"]))}
        document["maturity"] = (start + timedelta(days=draw(st.integers(100, 500)))).isoformat()
    elif shape == "bullet":
        document |= {"method": "bullet", "maturity": (start + timedelta(days=draw(st.integers(20, 500)))).isoformat()}
    elif shape == "seasonal":
        first, last = start + timedelta(days=draw(st.integers(60, 200))), start + timedelta(days=draw(st.integers(201, 360)))
        whole = int(document["amount"].replace(".", ""))
        part = draw(st.integers(1, whole - 1))
        document |= {"method": "custom"}
        document["dues"] = [
            {"due": first.isoformat(), "principal": money(part)},
            {"due": last.isoformat(), "principal": money(whole - part)},
        ]
    else:
        document |= {"method": draw(st.sampled_from(["equal_principal", "interest_only"])) if shape == "stepped" else "equal_instalment"}
        document |= {"instalments": draw(st.integers(2, 24)), "every": draw(st.sampled_from(["1 month", "1 month", "3 month"]))}
        if shape == "level":
            document["level"] = draw(st.sampled_from(["annuity", "solved"]))
    return document


@st.composite
def international_terms(draw: Draw) -> dict[str, Any]:
    """Every day count and both day labels, both bases, grace, balloon, flat, odd first periods, other roundings."""
    start = date(2027, 6, 1) + timedelta(days=draw(st.integers(0, 400)))
    method = draw(st.sampled_from(["equal_instalment", "equal_instalment", "equal_principal", "interest_only", "flat"]))
    number = draw(st.integers(3, 18))
    document: dict[str, Any] = {
        "amount": money(draw(st.integers(10_000, 50_000_000))),
        "start": start.isoformat(),
        "rate_annual": rate(draw),
        "method": method,
        "day_count": draw(st.sampled_from(COUNTS)),
        "day_label": draw(st.sampled_from(["start", "end"])),
        "interest_basis": draw(st.sampled_from(["daily", "period"])),
        "instalments": number,
        "every": draw(st.sampled_from(["1 month", "1 month", "2 week", "1 week", "30 day", "2 month"])),
        "rounding": {"money": draw(st.sampled_from(["half_up", "half_even", "down", "up"]))},
    }
    if method == "equal_instalment":
        document["level"] = draw(st.sampled_from(["annuity", "solved"]))
    if method == "flat":
        document["flat_interest"] = draw(st.sampled_from(["period", "term"]))
    elif draw(st.integers(0, 3)) == 0:
        document["grace"] = {draw(st.sampled_from(["principal", "interest_free"])): draw(st.integers(1, 2))}
    elif method != "interest_only" and draw(st.integers(0, 3)) == 0:
        document["balloon"] = money(int(document["amount"].replace(".", "")) // 4)
    if "month" in document["every"]:
        document["month_end"] = draw(st.sampled_from(["clamp", "roll"]))
    return document


@st.composite
def histories(draw: Draw) -> dict[str, Any]:
    """Terms with what happened: draws, rates, money late and early, a pause, a reversal, in any order of the list."""
    document = draw(st.one_of(chinese_terms(), international_terms(), stepped_terms()))
    start = date.fromisoformat(document["start"])
    end = start + timedelta(days=draw(st.integers(40, 200)))
    whole = int(document["amount"].replace(".", ""))
    document["as_of"] = end.isoformat()
    events: list[dict[str, Any]] = []
    kinds = draw(
        st.lists(
            st.sampled_from(["repayment", "repayment", "rate_change", "fee", "pause", "draws", "payoff", "termination", "misuse"]),
            max_size=4,
        )
    )
    if "draws" in kinds and document["method"] in ("equal_instalment", "equal_principal", "interest_only"):
        first = draw(st.integers(whole // 10 + 1, whole - 1))
        events.append({"type": "drawdown", "date": document["start"], "amount": money(first)})
        events.append({"type": "drawdown", "date": days_between(draw, start, end), "amount": money(whole - first)})
    for number, kind in enumerate(kinds):
        day = days_between(draw, start + timedelta(days=1), end)
        if kind == "repayment":
            amount = money(draw(st.integers(1, max(2, whole // 6))))
            events.append({"type": "repayment", "id": f"r{number}", "date": day, "amount": amount})
        elif kind == "rate_change":
            events.append({"type": "rate_change", "date": day, "rate_annual": rate(draw)})
        elif kind == "fee":
            sort = draw(st.sampled_from(["fee", "cost", "penalty"]))
            events.append({"type": "fee", "kind": sort, "date": day, "amount": money(draw(st.integers(1, 50_000)))})
        elif kind == "pause":
            until = (date.fromisoformat(day) + timedelta(days=draw(st.integers(0, 30)))).isoformat()
            events.append({"type": "pause", "date": day, "until": until})
    for kind in ("payoff", "termination"):
        if kind in kinds and not any(event["type"] in ("payoff", "termination") for event in events):
            events.append({"type": kind, "date": document["as_of"]})
    if "misuse" in kinds and document["day_count"].startswith("ACT"):
        day = days_between(draw, start, end)
        until = (date.fromisoformat(day) + timedelta(days=draw(st.integers(0, 40)))).isoformat()
        events.append({"type": "misuse", "date": day, "until": until, "amount": money(max(1, whole // 20))})
    paid = [event for event in events if event["type"] == "repayment"]
    if len(paid) > 1 and draw(st.booleans()):
        events.append({"type": "reversal", "date": end.isoformat(), "of": paid[0]["id"]})
    document["events"] = events
    if draw(st.booleans()):
        document["penalty"] = {"markup_overdue": draw(st.sampled_from(["0.3", "0.5"])), "compound_in_term": draw(st.booleans())}
    else:
        document["interest_recalculation"] = {"rest": "daily", "overdue": draw(st.booleans())}
    if draw(st.booleans()):
        document["prepayment"] = draw(st.sampled_from(["reduce_instalment", "reduce_term"]))
    document["allocation_by"] = draw(st.sampled_from(["horizontal", "vertical"]))
    return document


EVERY = {"1 month": 30, "2 month": 61, "3 month": 91, "1 week": 7, "2 week": 14}
METHODS = ["equal_instalment", "equal_principal", "interest_only"]


def reschedule_of(draw: Draw, dues: list[date], day: date, number: int) -> dict[str, Any]:
    """One of the four forms, on a day of the term or shortly before the due date that it moves."""
    form = draw(st.sampled_from(["more", "moved", "moved", "grace", "plan"]))
    due = draw(st.sampled_from(dues[: max(1, number - 1)]))
    if form == "more":
        begin = draw(st.sampled_from([day, due]))
        return {"date": day.isoformat(), "from": begin.isoformat(), "extra_instalments": draw(st.sampled_from([1, 2, 5]))}
    if form == "moved":
        told, moved = due - timedelta(days=draw(st.integers(1, 6))), due + timedelta(days=draw(st.integers(-5, 25)))
        later = draw(st.sampled_from(["keep", "follow"]))
        return {"date": told.isoformat(), "due": due.isoformat(), "new_due": moved.isoformat(), "later": later}
    if form == "grace":
        periods = draw(st.integers(1, 2))
        forms = [periods, {"principal": periods}, {"principal": periods, "interest_payment": periods}, {"interest_payment": periods}]
        forms.append({"interest_free": periods})
        return {"date": day.isoformat(), "from": day.isoformat(), "grace": draw(st.sampled_from(forms))}
    plan = {"every": draw(st.sampled_from(["1 month", "3 month"])), "instalments": draw(st.sampled_from([2, 4, 6]))}
    return {"date": due.isoformat(), "from": due.isoformat(), **plan, "method": draw(st.sampled_from(METHODS))}


@st.composite
def changed_plans(draw: Draw) -> dict[str, Any]:
    """Instalment loans whose plan is changed under way, among new rates, charges, fees, early money, a termination or a write-off."""
    start = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 500)))
    number, every = draw(st.sampled_from([3, 5, 6, 12])), draw(st.sampled_from(list(EVERY)))
    whole = draw(st.integers(1_000_000, 100_000_000))
    document: dict[str, Any] = {
        "amount": money(whole),
        "start": start.isoformat(),
        "rate_annual": rate(draw),
        "day_count": draw(st.sampled_from(["M/360", *COUNTS])),
        "method": draw(st.sampled_from(METHODS)),
        "instalments": number,
        "every": every,
        "day_label": draw(st.sampled_from(["start", "start", "end"])),
        "month_end": draw(st.sampled_from(["clamp", "clamp", "roll"])),
    }
    if document["method"] == "equal_instalment":
        document["level"] = draw(st.sampled_from(["annuity", "annuity", "solved"]))
    if draw(st.booleans()):
        document["penalty"] = {"markup_overdue": draw(st.sampled_from(["0.3", "0.5"]))}
    if draw(st.integers(0, 2)) == 0:
        document["fees"] = [{"name": "f", "when": draw(st.sampled_from(["drawdown", "instalment"])), "rate": "0.01", "of": "amount"}]
    dues = [steps_after(start, (int(every[0]), every.split()[1]), step, document["month_end"]) for step in range(1, number + 1)]
    last = dues[-1] - timedelta(days=1)
    events: list[dict[str, Any]] = []
    for kind in draw(st.lists(st.sampled_from(["plan", "plan", "rate", "fee", "money", "end"]), min_size=1, max_size=3)):
        day = date.fromisoformat(days_between(draw, start + timedelta(days=1), last))
        at = {"date": day.isoformat()}
        if kind == "plan":
            events.append({"type": "reschedule", **reschedule_of(draw, dues, day, number)})
        elif kind == "rate":
            events.append({"type": "rate_change", **at, "rate_annual": rate(draw)})
        elif kind == "fee":
            events.append({"type": "fee", **at, "kind": draw(st.sampled_from(["fee", "cost"])), "amount": "33.00"})
        elif kind == "money":
            events.append({"type": "repayment", **at, "amount": money(draw(st.integers(1, whole // 4)))})
        else:
            events.append({"type": draw(st.sampled_from(["termination", "write_off"])), **at})
    document["events"] = [event for event in events if event["date"] > document["start"]]
    if draw(st.booleans()) or any(event["type"] in ("repayment", "termination", "write_off") for event in events):
        days = [event["date"] for event in document["events"]]
        document["as_of"] = max([days_between(draw, start, last + timedelta(days=90)), *days])
    return document


@st.composite
def working_day_loans(draw: Draw) -> dict[str, Any]:
    """Loans of 2026 whose due dates keep to working days, some with money late or early, a new rate or a payoff."""
    start = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 120)))
    whole = draw(st.integers(1_000_000, 100_000_000))
    document: dict[str, Any] = {
        "amount": money(whole),
        "start": start.isoformat(),
        "rate_annual": rate(draw),
        "day_count": draw(st.sampled_from(["M/360", *COUNTS])),
        "day_label": draw(st.sampled_from(["start", "start", "end"])),
    }
    move = draw(st.sampled_from(["following", "following", "modified_following", "preceding"]))
    moves = move != "following" or draw(st.booleans())
    document["business_days"] = {"calendar": "CN-2026", "move": move, "interest_moves": moves}
    if draw(st.booleans()):
        document |= {"method": "bullet", "maturity": (start + timedelta(days=draw(st.integers(40, 200)))).isoformat()}
    else:
        document |= {"method": draw(st.sampled_from(METHODS)), "instalments": draw(st.integers(2, 6)), "every": "1 month"}
    if draw(st.booleans()):
        document["penalty"] = {"markup_overdue": draw(st.sampled_from(["0.3", "0.5"]))}
    events: list[dict[str, Any]] = []
    for kind in draw(st.lists(st.sampled_from(["repayment", "rate_change", "payoff"]), max_size=2, unique=True)):
        day = {"type": kind, "date": days_between(draw, start + timedelta(days=20), start + timedelta(days=220))}
        more = {"repayment": {"amount": money(draw(st.integers(1, whole // 4)))}, "rate_change": {"rate_annual": rate(draw)}}
        events.append(day | more.get(kind, {}))
    document["events"] = events
    if events or draw(st.booleans()):
        last = max([start.isoformat(), *(event["date"] for event in events)])
        document["as_of"] = days_between(draw, date.fromisoformat(last), date.fromisoformat(last) + timedelta(days=90))
    return document


@st.composite
def early_money(draw: Draw) -> dict[str, Any]:
    """Money before it is due in every kind: 减额, 缩期, 提前还 to the next or the last, interest recalculated or as scheduled, payoff."""
    document = draw(st.one_of(chinese_terms(), international_terms(), stepped_terms()))
    start = date.fromisoformat(document["start"])
    whole = int(document["amount"].replace(".", ""))
    kind = draw(st.sampled_from(["reduce_instalment", "reduce_term", "next_instalments", "next_instalments"]))
    document["prepayment"] = kind
    if kind == "next_instalments":
        document["in_advance_to"] = draw(st.sampled_from(["next", "last"]))
    recalculation = draw(st.sampled_from([None, {}, {}, {"rest": "period"}, {"rest": "period", "payoff_interest": "to_rest"}]))
    if recalculation != {}:
        document["interest_recalculation"] = recalculation
    if draw(st.integers(0, 3)) == 0:
        document["allocation"] = draw(st.sampled_from(ORDERS))
    if draw(st.integers(0, 3)) == 0:
        document["penalty"] = {"markup_overdue": "0.5"}
    if draw(st.integers(0, 4)) == 0 and document["interest_basis" if "interest_basis" in document else "method"] == "period":
        document["part_periods"] = "whole"
    end = start + timedelta(days=draw(st.integers(30, 200)))
    events: list[dict[str, Any]] = []
    if draw(st.integers(0, 3)) == 0 and document["method"] in ("equal_instalment", "equal_principal", "interest_only"):
        first = draw(st.integers(whole // 10 + 1, whole - 1))
        events.append({"type": "drawdown", "date": document["start"], "amount": money(first)})
        events.append({"type": "drawdown", "date": days_between(draw, start, end), "amount": money(whole - first)})
    for _ in range(draw(st.integers(1, 3))):
        day = days_between(draw, start + timedelta(days=1), end)
        events.append({"type": "repayment", "date": day, "amount": money(draw(st.integers(1, whole // draw(st.sampled_from([2, 4, 10])))))})
    if draw(st.integers(0, 3)) == 0:
        events.append({"type": "rate_change", "date": days_between(draw, start + timedelta(days=2), end), "rate_annual": rate(draw)})
    if draw(st.integers(0, 3)) == 0:
        events.append({"type": "payoff", "date": end.isoformat()})
    document["events"] = events
    if draw(st.integers(0, 9)):
        document["as_of"] = end.isoformat()
    return document


@st.composite
def costly_terms(draw: Draw) -> dict[str, Any]:
    """Schedules with fees of every kind, a margin and third parties' fees: what is charged, and what it costs a year."""
    document = draw(st.one_of(chinese_terms(), international_terms(), stepped_terms()))
    start = date.fromisoformat(document["start"])
    whole = int(document["amount"].replace(".", ""))
    fees: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 3))):
        day = days_between(draw, start + timedelta(days=1), start + timedelta(days=90))
        fee = {"name": f"fee {number}", "when": draw(st.sampled_from(["drawdown", "instalment", "instalment", day]))}
        if draw(st.booleans()):
            fees.append(fee | {"amount": money(draw(st.integers(1, max(2, whole // 100))))})
        else:
            of = ["amount", "principal", "interest", "instalment", "outstanding"] if fee["when"] == "instalment" else ["amount"]
            if fee["when"] == day:
                of.append("outstanding")
            fees.append(fee | {"rate": f"{draw(st.integers(1, 300)) / 10000:.4f}", "of": draw(st.sampled_from(of))})
    document["fees"] = fees
    if draw(st.booleans()):
        document["upfront"] = {"margin": money(draw(st.integers(1, whole // 5)))}
        if draw(st.booleans()):
            document["upfront"]["fees_to_third_parties"] = [{"name": "valuation", "amount": money(draw(st.integers(1, whole // 50)))}]
    if draw(st.integers(0, 3)) == 0:
        charge = {"type": "fee", "kind": draw(st.sampled_from(["fee", "cost", "penalty"])), "amount": money(draw(st.integers(1, 9_999)))}
        document["events"] = [charge | {"date": days_between(draw, start, start + timedelta(days=200))}]
    return document


@st.composite
def stepped_terms(draw: Draw) -> dict[str, Any]:
    """Steps of principal or of whole instalments, shares of the amount, and seasonal dues."""
    start = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 600)))
    whole = draw(st.integers(1_000_000, 90_000_000))
    document: dict[str, Any] = {
        "amount": money(whole),
        "start": start.isoformat(),
        "rate_annual": rate(draw),
        "day_count": draw(st.sampled_from(COUNTS)),
        "every": draw(st.sampled_from(["1 month", "3 month", "1 month", "1 week"])),
    }
    shape = draw(st.sampled_from(["principal", "instalment", "share", "seasonal"]))
    first, second = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    if shape == "share":
        return document | {
            "method": "equal_principal",
            "principal_share": draw(st.sampled_from(["0.05", "0.1", "0.125"])),
            "instalments": 6,
        }
    if shape == "seasonal":
        del document["every"]
        days = sorted(draw(st.sets(st.integers(20, 500), min_size=2, max_size=4)))
        parts = [whole // len(days)] * (len(days) - 1)
        parts.append(whole - sum(parts))
        dues = [{"due": (start + timedelta(days=day)).isoformat(), "principal": money(part)} for day, part in zip(days, parts, strict=True)]
        return document | {"method": "custom", "dues": dues}
    small, large = whole // (3 * (first + second)), whole // (2 * (first + second))
    steps = [{"count": first, shape: money(small)}, {"count": second, shape: money(large)}]
    return document | {"method": "stepped", "steps": steps, "instalments": first + second}


ITEMS = ("cost", "fee", "penalty", "compound", "interest", "principal")
BY_STATUS = [f"{when}_{item}" for when in ("past_due", "due", "in_advance") for item in ITEMS]
ORDERS = [
    ["cost", "fee", "penalty", "compound", "principal", "interest"],
    ["principal", "interest", "compound", "penalty", "fee", "cost"],
    BY_STATUS,
    [f"{when}_{item}" for when in ("past_due", "due", "in_advance") for item in reversed(ITEMS)],
    [f"{when}_{item}" for item in ITEMS for when in ("past_due", "due")] + [f"in_advance_{item}" for item in ITEMS],
    ["past_due_interest", "past_due_principal", *ITEMS],
]
