"""The taxes of a span of days, from the accounts that hold them: what was charged by act, product and branch, and what is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from puhui.books.chart import chart
from puhui.books.statements import statement
from puhui.parties.models import Institution

__all__ = ["TAX_ROLES", "TaxMovement", "tax_movements"]

TAX_ROLES = ("output_tax", "output_tax_waiting", "stamp_duty", "taxes_and_surcharges")


@dataclass(frozen=True, slots=True)
class TaxMovement:
    """What one act moved on one tax account, in one branch and product, in the span of days."""

    role: str
    code: str
    act: str
    branch_code: str
    product_code: str
    debit_fen: int
    credit_fen: int
    entries: int


def tax_movements(institution: Institution, since: date, until: date) -> list[TaxMovement]:
    """Every movement of the tax accounts in a span of days, by account, act, branch and product."""
    codes = chart(institution.kind, until).roles
    roles = {codes[role]: role for role in TAX_ROLES if role in codes}
    values: dict[str, Any] = {"institution": institution.pk, "since": since, "until": until, "codes": list(roles)}
    with connection.cursor() as cursor:
        cursor.execute(statement("tax_movements"), values)
        return [TaxMovement(roles[code], code, *rest) for code, *rest in cursor.fetchall()]
