"""A lender with two firms that have consented and one that has not, and a way to write files of invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BUSINESS_DATE = dt.date(2026, 1, 5)
HEADINGS = ["发票代码", "发票号码", "开票日期", "销方名称", "购方名称", "金额", "税额", "价税合计", "发票状态"]


def line(number: int | str, **changes: str) -> list[str]:
    """One sales invoice of 甲公司 as an export writes it; `changes` by heading."""
    cells = dict(
        zip(
            HEADINGS, ["3300221130", f"{number:0>8}", "2025-03-01", "甲公司", "乙公司", "1000.00", "130.00", "1130.00", "正常"], strict=True
        )
    )
    assert set(changes) <= set(HEADINGS), changes
    return list((cells | changes).values())


def csv_text(rows: list[list[str]], headings: list[str] | None = None, delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(row) for row in [headings or HEADINGS, *rows]) + "\n"


@dataclass
class Lender:
    institution: Any
    firm: Any  # 甲公司, consented
    other: Any  # 丁公司, consented
    silent: Any  # 戊公司, has not consented
    folder: Path

    def write(self, content: str | bytes, name: str = "invoices.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def import_file(self, path: Path, mapping: Any = None, **options: Any) -> Any:
        from puhui.evidence.actions import import_invoices

        return import_invoices(self.institution, path, mapping, **{"firm": self.firm, "actor": "clerk", **options})

    def import_rows(self, rows: list[list[str]], **options: Any) -> Any:
        return self.import_file(self.write(csv_text(rows)), **options)

    def state(self) -> dict[str, int]:
        """How many rows each table holds that an import may touch."""
        from puhui.evidence.models import Batch, Invoice, InvoiceReplacement
        from puhui.parties.models import AuditRecord

        return {model.__name__: model.objects.count() for model in (Batch, Invoice, InvoiceReplacement, AuditRecord)}


def make_lender(folder: Path) -> Lender:
    from puhui.parties import actions

    institution = actions.create_institution("county", "County Bank", "bank", BUSINESS_DATE)
    firms = [
        actions.register_firm(institution, name, identifiers={"platform": key}, actor="test")
        for name, key in (("甲公司", "F1"), ("丁公司", "F2"), ("戊公司", "F3"))
    ]
    consent(firms[:2])
    return Lender(institution, *firms, folder)


def consent(firms: list[Any], classes: Iterable[str] = ("C07",)) -> list[Any]:
    from puhui.parties import actions

    return actions.grant_consents(
        firms[0].institution,
        firms,
        purpose="credit_decision",
        classes=list(classes),
        expires_on=dt.date(2027, 1, 1),
        text_version="1",
        text="I agree that my invoices are read to decide on my loan.",
        channel="counter",
        granted_by="owner",
    )


@pytest.fixture
def lender(rolled_back_database: str, tmp_path: Path) -> Lender:
    return make_lender(tmp_path)


@pytest.fixture
def committed_lender(database: str, tmp_path: Path) -> Lender:
    return make_lender(tmp_path)


@pytest.fixture
def later(lender: Lender) -> Callable[[dt.date], None]:
    """Moves the business date on."""

    def move(day: dt.date) -> None:
        lender.institution.business_date = day
        lender.institution.save()

    return move
