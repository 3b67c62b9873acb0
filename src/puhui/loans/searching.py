"""Loans found by a text: part of the borrower's name, or of the note's number.

Firms are found by an index of their names, numbers by one of the register, and each leads to its loans; the table of loans itself, which
is large and changes every night, has no index of texts. A number is found by its beginning, and by what stands between its hyphens
(`20260107-000123` of `BANK-20260107-000123-1`): nobody looks for characters in the middle of a serial number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Upper

from puhui.loans.models import Loan, LoanNumber
from puhui.parties.queries import firms_named

__all__ = ["holding", "matches"]


def holding(rows: QuerySet[Loan], institution: int, text: str) -> QuerySet[Loan]:
    """Those of some loans whose number or whose firm's name holds the text."""
    of_firms = Loan.objects.filter(firm__in=firms_named(institution, text).values("pk"))
    return rows.filter(pk__in=_numbered(institution, text).union(of_firms.values("pk")))


def matches(rows: QuerySet[Loan], institution: int, text: str, most: int) -> tuple[list[int], bool]:
    """The same as their ids, those past due the longest first, then the newest; and whether these are all.

    They are not where they, or the firms, are more than `most`; more than `most` ids are never all.
    """
    plain = rows.order_by().select_related(None).values_list("pk", "overdue_since")
    firms = list(firms_named(institution, text).values_list("pk", flat=True)[: most + 1])
    found = dict(plain.filter(_any_of("firm_id", firms))[: most + 1])
    found |= dict(plain.filter(pk__in=_numbered(institution, text))[: most + 1])
    ordered = sorted(found, key=lambda pk: (found[pk] or date.max, -pk))
    return ordered, len(firms) <= most and len(ordered) <= most


def _any_of(column: str, ids: Sequence[int]) -> Func:
    """The column is one of the ids, given as one array: an index goes through it in one pass, partition by partition."""
    array = Value(list(ids), output_field=ArrayField(BigIntegerField()))
    return Func(F(column), array, template="%(expressions)s)", arg_joiner=" = ANY (", output_field=BooleanField())


def _numbered(institution: int, text: str) -> QuerySet[Any]:
    parts = Func(Upper(Value(text.strip("-"))), Value("-"), function="string_to_array", output_field=ArrayField(TextField()))
    of_number = Func(Upper("number"), Value("-"), function="string_to_array", output_field=ArrayField(TextField()))
    rows = LoanNumber.objects.filter(institution=institution).alias(parts=of_number)
    return rows.filter(Q(number__startswith=text) | Q(parts__contains=parts, number__icontains=text)).values_list("loan_id", flat=True)
