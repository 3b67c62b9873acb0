"""How the loans of a lender stand to value added tax: by the tax inside their interest."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum

from puhui.loans.models import Loan
from puhui.parties.models import Institution

__all__ = ["loans_by_tax"]


def loans_by_tax(institution: Institution) -> list[dict[str, Any]]:
    """Open loans by the tax inside their interest (ppm; 0: exempt), with the tax on what has fallen due and what waits for cash, fen."""
    rows = Loan.objects.filter(institution=institution).exclude(status__in=("closed", "undrawn")).values("interest_tax_ppm")
    found = rows.annotate(
        loans=Count("pk"), due_fen=Sum("interest_due_fen"), tax_fen=Sum("interest_tax_fen"), waiting_fen=Sum("tax_waiting_fen")
    )
    return [dict(row) for row in found.order_by("interest_tax_ppm")]
