"""Frames of records written by hand or made at random, in the layouts' columns, for the tests of variables."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from puhui.evidence.layouts import layout
from puhui.features.profiles import COUNTERPARTY_SCHEMA, INVOICE_SCHEMA

KNOWN = datetime(2000, 1, 1, tzinfo=UTC)


def records(record: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a record; firm 1, known long ago and numbered in order where a row does not say otherwise."""
    form = layout(record)
    whole = [
        {**dict.fromkeys(form.schema()), "firm_id": 1, "record_id": number, "known_at": KNOWN, "observed_on": row.get(form.observed), **row}
        for number, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame(whole, schema=form.schema())


def invoices(rows: list[dict[str, Any]]) -> pl.DataFrame:
    plain = {"firm_id": 1, "direction": "out", "tax_fen": 0, "status": "normal", "known_at": KNOWN, "duplicate": False}
    return pl.DataFrame([{**plain, **row} for row in rows], schema=INVOICE_SCHEMA)


def counterparties(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=COUNTERPARTY_SCHEMA, orient="row")


def month(back: int, day: int = 1, last: tuple[int, int] = (2024, 2)) -> date:
    """A day of the month so many back: 1 is the last closed month, by default February 2024, a leap month."""
    index = last[0] * 12 + last[1] - 1 - (back - 1)
    return date(index // 12, index % 12 + 1, day)


class Heavy:
    """Heavy records of firms of every kind of trouble: nulls, ties, silence, one row, leap days, extremes, rows not yet known."""

    def __init__(self, seed: int, firms: int = 10) -> None:
        self.dice, self.firms = random.Random(seed), firms

    def day(self) -> date:
        any_day = date(2021, 1, 1) + timedelta(days=self.dice.randrange(1155))
        return self.dice.choice((date(2024, 2, 29), date(2023, 2, 28), any_day, any_day, any_day))

    def known(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=self.dice.choice((0, 1, 1, 40)))

    def amount(self) -> int:
        return self.dice.choice((0, 1, 1_000_000, 1_000_000, round(self.dice.lognormvariate(12, 2)), 900_000_000_000))

    def number(self, most: float = 100.0) -> float | None:
        return self.dice.choice((None, 0.0, most, *(round(self.dice.random() * most, 2) for _ in range(6))))

    def maybe(self, value: Any) -> Any:
        return self.dice.choice((None, value, value, value))

    def rows(self, count: int, make: Any) -> list[dict[str, Any]]:
        made = []
        for _ in range(count):
            day = self.day()
            made.append({"firm_id": self.dice.randrange(1, self.firms), "known_at": self.known(day), **make(day)})
        made.append({**make(date(2024, 2, 15)), "firm_id": self.firms, "known_at": KNOWN})
        made.append({**make(date(2024, 2, 15)), "firm_id": self.firms + 1, "known_at": datetime(2099, 1, 1, tzinfo=UTC)})
        return made

    def flows(self, count: int = 1500) -> pl.DataFrame:
        memos = (
            "货款",
            "货款",
            "现金存入",
            "归还贷款",
            "转存定期",
            "退款",
            "结息",
            "代发工资",
            "税款",
            "社会保险费",
            "扣款失败",
            "POS收款",
            None,
        )
        others = ("甲公司", "乙公司", "丙公司", "某某小额贷款有限公司", "支付宝", "某某证券", "王老板", "", None)

        def make(day: date) -> dict[str, Any]:
            return {
                "account": self.dice.choice(("A1", "A1", "A2", None)), "serial": self.maybe(str(self.dice.randrange(10_000))),
                "booked_on": day, "booked_time": self.dice.choice((None, "2024-01-05 03:22:01", "132201", "08:01", "noon")),
                "direction": self.dice.choice(("in", "out")), "amount_fen": self.amount(), "balance_fen": self.maybe(self.amount()),
                "counterparty": self.dice.choice(others), "counterparty_account": self.dice.choice((None, "62", "63", "64")),
                "memo": self.dice.choice(memos), "channel": self.dice.choice((None, "网银", "ATM")),
            }  # fmt: skip

        return records("account_flow", self.rows(count, make))

    def bills(self, count: int = 900) -> pl.DataFrame:
        def make(day: date) -> dict[str, Any]:
            due = day + timedelta(days=20)
            return {
                "month": day.replace(day=1), "utility": self.dice.choice(("electricity", "electricity", "water", "gas", "telecom")),
                "account_number": str(self.dice.randrange(3)), "holder_relation": self.dice.choice((None, "own", "landlord", "other")),
                "quantity": self.number(1e6), "peak": self.number(1e3), "night": self.number(1e3), "amount_fen": self.amount(),
                "due_on": self.maybe(due), "paid_on": self.maybe(due + timedelta(days=self.dice.randrange(-5, 30))),
                "capacity_kva": self.number(315), "demand_kva": self.number(300),
                "capacity_change": self.dice.choice((None, None, None, "reduced", "increased")),
            }  # fmt: skip

        return records("utility_bill", self.rows(count, make))

    def readings(self, firms: int = 4) -> pl.DataFrame:
        """Two years of days for some firms, one of which stands still, and single days of others."""
        rows = [
            {
                "firm_id": firm, "meter": meter, "day": day, "known_at": self.known(day), "peak_kwh": self.number(40),
                "night_kwh": self.number(20), "kwh": self.number() if firm != 2 or day.year < 2024 else 0.5,
            }
            for firm in range(1, firms + 1) for meter in ("M1", "M2")[: firm % 2 + 1]
            for day in (date(2022, 1, 15) + timedelta(days=place) for place in range(780))
        ]  # fmt: skip
        more = self.rows(40, lambda day: {"meter": "M1", "day": day, "kwh": self.number(1e9), "peak_kwh": None})
        frame = records("electricity_day", [{**row, "kwh": 0.0 if row["kwh"] is None else row["kwh"]} for row in rows + more])
        return frame.unique(["firm_id", "meter", "day"], keep="first", maintain_order=True)

    def platform_days(self, count: int = 900) -> pl.DataFrame:
        def make(day: date) -> dict[str, Any]:
            orders = self.dice.randrange(200)
            return {
                "platform": self.dice.choice(("P1", "P1", "P2")), "shop": self.dice.choice(("S1", "S2")), "day": day,
                "gmv_fen": self.maybe(self.amount()), "cancelled_fen": self.maybe(100), "refund_fen": self.maybe(self.amount()),
                "orders": self.maybe(orders), "disputes": self.maybe(1), "buyers": self.maybe(orders // 2), "repeat_buyers": orders // 4,
                "active_skus": self.maybe(orders // 3), "ad_cost_fen": self.maybe(500), "suspect_orders": self.maybe(2),
                "settled_fen": self.maybe(self.amount()), "settle_days": self.number(30), "penalties": self.dice.choice((None, 0, 1)),
            }  # fmt: skip

        lately = [{"firm_id": 3, "known_at": KNOWN, **make(date(2022, 6, 1) + timedelta(days=place))} for place in range(640)]
        frame = records("platform_day", self.rows(count, make) + lately)
        return frame.unique(["firm_id", "platform", "shop", "day"], keep="first", maintain_order=True)

    def shops(self, count: int = 60) -> pl.DataFrame:
        def make(day: date) -> dict[str, Any]:
            return {
                "platform": "P1", "shop": self.dice.choice(("S1", "S2")), "stated_on": day, "opened_on": self.maybe(date(2020, 2, 29)),
                "rating": self.number(5), "balance_fen": self.maybe(self.amount()),
            }  # fmt: skip

        return records("shop", self.rows(count, make)).unique(
            ["firm_id", "platform", "shop", "stated_on"], keep="first", maintain_order=True
        )

    def machine_days(self, count: int = 900) -> pl.DataFrame:
        def make(day: date) -> dict[str, Any]:
            return {
                "machine": self.dice.choice(("1", "2", "3")),
                "day": self.dice.choice((day, date(2024, 2, 1) + timedelta(days=day.day % 28))),
                "run_hours": self.number(24), "planned_hours": self.number(24), "silent_hours": self.number(24),
            }  # fmt: skip

        return records("machine_day", self.rows(count, make)).unique(["firm_id", "machine", "day"], keep="first", maintain_order=True)

    def machine_events(self, count: int = 300) -> pl.DataFrame:
        def make(day: date) -> dict[str, Any]:
            return {"machine": "1", "happened_on": day, "kind": self.dice.choice(("error", "failure", "maintenance"))}

        return records("machine_event", self.rows(count, make))

    def invoices(self, count: int = 1200) -> pl.DataFrame:
        def make(day: date) -> dict[str, Any]:
            return {
                "direction": self.dice.choice(("out", "out", "in")), "issued_on": day, "amount_fen": self.amount(),
                "status": self.dice.choice(("normal", "normal", "normal", "red", "void")),
                "counterparty": self.dice.choice(("甲公司", "乙公司", "丁公司", None)),
            }  # fmt: skip

        return invoices(self.rows(count, make))

    def accounts(self) -> pl.DataFrame:
        rows = [
            {"firm_id": firm, "account": "64", "holder": holder, "relation": relation, "opened_on": date(2015, 1, 1)}
            for firm, holder, relation in ((1, "王老板", "owner"), (2, "丙公司", None), (3, None, "related"))
        ]
        return records("account", rows)

    def frames(self) -> dict[str, pl.DataFrame]:
        """Every frame that a portable module reads."""
        people = [{"firm_id": 4, "name": "王老板", "stated_on": date(2023, 1, 1)}]
        return {
            "invoice": self.invoices(), "counterparty": counterparties([("甲公司", "firm:9"), ("支付宝", "firm:9")]),
            "account_flow": self.flows(), "account": self.accounts(), "related_firm": records("related_firm", people),
            "key_person": records("key_person", people), "utility_bill": self.bills(), "electricity_day": self.readings(),
            "platform_day": self.platform_days(), "shop": self.shops(), "machine_day": self.machine_days(),
            "machine_event": self.machine_events(),
        }  # fmt: skip
