"""What the made-up county's story is about: how large, when, who, and what its tellers hand on to each other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

import polars as pl

from puhui.county import economy as economies
from puhui.county.village import Household
from puhui.parties.models import Firm, Institution, Role

CODE = "YUNXI"
PRODUCT = "invoice-working-capital"
PASSWORD = "puhui-demo"
USERS = (
    ("officer", Role.OFFICER, "信贷员 林晓"),
    ("approver", Role.APPROVER, "审批人 周敏"),
    ("risk", Role.RISK_MANAGER, "风险经理 陈立"),
    ("accountant", Role.ACCOUNTANT, "会计 王芳"),
    ("auditor", Role.AUDITOR, "审计 赵诚"),
)


class Teller(Protocol):
    """Tells how far things are: a stage is entered with its length and advanced."""

    def __call__(self, label: str, total: int | None = None) -> AbstractContextManager[Any]: ...


@dataclass(frozen=True)
class Plan:
    """How large the county is and when things happen. Evidence reaches back `history_months`; the loans are kept `loan_months`."""

    firms: int = 300
    seed: int = 2025
    first_month: date = date(2022, 11, 1)
    history_months: int = 36
    loan_months: int = 12

    @property
    def decision_month(self) -> int:
        return self.history_months

    @property
    def decision_day(self) -> date:
        return economies.month_after(self.first_month, self.history_months) + timedelta(days=9)

    @property
    def last_day(self) -> date:
        return economies.month_after(self.decision_day.replace(day=1), self.loan_months) + timedelta(days=9)


@dataclass
class County:
    """The county's side of the story: its economy, invoices, which firm of the lender is which of the county, and its village."""

    plan: Plan
    economy: economies.Economy
    invoices: pl.DataFrame
    institution: Institution
    firms: list[Firm]
    village: dict[str, Household] = field(default_factory=dict)  # number of the household → what is made up of it
