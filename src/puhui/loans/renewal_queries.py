"""What matures soon and what stands ready to renew it: reads for the renewal of notes without principal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import OuterRef, QuerySet, Subquery

from puhui.loans import queries
from puhui.loans.credit_models import Refinancing
from puhui.loans.models import Contract, Instalment, Loan
from puhui.parties.models import User

__all__ = ["contracts_ready", "generations", "maturing"]

NOT_OPEN = ("closed", "undrawn", "written_off")
NOT_DRAWN = (Contract.Status.DRAFTED, Contract.Status.SIGNED, Contract.Status.CLEARED)


def maturing(user: User, day: date, days: int) -> QuerySet[Loan]:
    """Open notes of their own whose last due date (`last_due`) is within so many days from `day`, or past; the soonest first."""
    until = day + timedelta(days=days)
    rows = queries.loans(user).exclude(status__in=NOT_OPEN).filter(maturity__lte=until, contract__revolves=False)
    last = Instalment.objects.filter(loan=OuterRef("pk")).order_by("-due").values("due")[:1]
    dated = rows.annotate(last_due=Subquery(last)).filter(last_due__lte=until)
    return dated.select_related("firm", "contract", "institution", "held_class").order_by("last_due", "pk")


def contracts_ready(loans: Sequence[Loan]) -> dict[int, list[Contract]]:
    """Firm → its contracts that are not drawn yet, cleared ones first: one of them may close an old note. One query."""
    rows = Contract.objects.filter(firm_id__in={loan.firm_id for loan in loans}, status__in=NOT_DRAWN).order_by("status", "-pk")
    found: dict[int, list[Contract]] = {}
    for row in rows.select_related("institution", "firm", "decision", "offer"):
        found.setdefault(row.firm_id, []).append(row)
    return found


def generations(loans: Sequence[Loan]) -> dict[int, int]:
    """Loan → how many notes of its debt were refinanced before it. One query."""
    rows = Refinancing.objects.filter(new_loan__in=[loan.pk for loan in loans])
    return dict(rows.values_list("new_loan_id", "generation"))
