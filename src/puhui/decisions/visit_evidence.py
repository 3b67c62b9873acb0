"""What was counted and told on visits, as evidence of class S2: the same records, checks and variables as for a file that a clerk sends.

Of several sheets of one day the later answers stand for the earlier ones, as any correction does; both stay stored, as visits and as rows.
Without a live consent to class S2 nothing is written, and the visit stays with the application alone.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from puhui.calculations.cash_flow_sheet import Sheet, sheet
from puhui.decisions.models import Application
from puhui.decisions.visit_models import Visit
from puhui.evidence.access import consented_firms
from puhui.evidence.actions import import_records
from puhui.evidence.layouts import layout
from puhui.evidence.reading.mapping import Mapping as Columns
from puhui.features.actions import refresh
from puhui.parties.consents import CREDIT_DECISION
from puhui.parties.models import User
from puhui.parties.queries import firms_with_live_consent

__all__ = ["keep_as_evidence", "rows_of"]

EVIDENCE_CLASS = "S2"
CASH_FLOW = "cash-flow"
MONTH_DAYS = 30
REFERENCES = (1, 2, 3)

# item of a form → field of the record, where the answer is taken as it is
_AS_TOLD = {
    "stock_counted": "stock_counted_fen", "stock_told": "stock_book_fen", "machines_running": "machines_running",
    "machines_installed": "machines_installed", "staff_seen": "staff_seen", "staff_told": "staff_declared",
    "third_sheet": "third_sheet_fen", "photo_matches": "photo_near_address", "equity_initial": "equity_initial_fen",
    "equity_profits": "equity_profits_fen", "equity_contributed": "equity_contributed_fen", "equity_revalued": "equity_revalued_fen",
    "equity_drawn": "equity_drawn_fen", "equity_lost": "equity_lost_fen", "private_debts": "private_debt_fen",
    "other_income_month": "other_income_month_fen", "family_spending_month": "family_spending_month_fen",
    "instalments_month": "instalments_month_fen", "new_instalment_month": "new_instalment_fen",
}  # fmt: skip
_WHOLE = ("machines_running", "machines_installed", "staff_seen", "staff_declared")


def keep_as_evidence(application: Application, visited_on: date, user: User) -> int:
    """Write the visits of a day as evidence of the firm, and compute its variables anew. Returns how many rows were written.

    In the caller's transaction. Raises FaultsError where a row does not fit its layout; nothing is kept then.
    """
    firm, institution = application.firm, application.institution
    if firm.pk not in consented_firms(institution, EVIDENCE_CLASS, institution.business_date):
        return 0
    visits = list(Visit.objects.filter(application=application, visited_on=visited_on).select_related("visitor").order_by("pk"))
    written = 0
    for record, rows in rows_of(visits).items():
        if rows:
            written += _import(application, record, rows, user)
    if (
        written
        and firms_with_live_consent(institution, CREDIT_DECISION, EVIDENCE_CLASS, institution.business_date).filter(pk=firm.pk).exists()
    ):
        refresh(institution, institution.business_date, [firm], actor=user.username)
    return written


def rows_of(visits: list[Visit]) -> dict[str, list[dict[str, Any]]]:
    """Record → rows as their layouts take them, of the visits of one day, oldest first; amounts in fen."""
    day = visits[0].visited_on.isoformat() if visits else ""
    seen: dict[str, Any] = {}
    notes: dict[str, dict[str, Any]] = {}
    estimates: dict[str, int] = {}
    for visit in visits:
        seen |= _seen(visit.answers)
        if visit.form_code == CASH_FLOW:
            drawn_up = sheet(visit.answers)
            seen |= _totals(drawn_up)
            estimates |= dict(drawn_up.estimates)
        for note in _notes(visit):
            notes[note["informant"]] = {"noted_on": day, **note}
    return {
        "site_visit": [{"visited_on": day, **seen}] if seen else [],
        "informant_note": list(notes.values()),
        "sales_estimate": [{"estimated_on": day, "method": method, "sales_fen": amount} for method, amount in estimates.items()],
    }


def _seen(answers: Mapping[str, Any]) -> dict[str, Any]:
    found = {field: answers[item] for item, field in _AS_TOLD.items() if answers.get(item) is not None}
    found |= {field: int(found[field]) for field in _WHOLE if field in found}
    days = answers.get("meter_days")
    for meter in ("power_kwh", "water_m3"):
        if days and answers.get(meter) is not None:
            found[meter] = round(answers[meter] / days * MONTH_DAYS, 3)
    return found


def _totals(drawn_up: Sheet) -> dict[str, int]:
    totals = {
        "assets_fen": drawn_up.assets_fen, "liabilities_fen": drawn_up.debts_fen, "business_profit_month_fen": drawn_up.profit_month_fen,
    }  # fmt: skip
    return {field: amount for field, amount in totals.items() if amount is not None}


def _notes(visit: Visit) -> list[dict[str, Any]]:
    """Who was asked is named by visitor and number only: the evidence needs to tell them apart, not to know them."""
    found = []
    for number in REFERENCES:
        score = visit.answers.get(f"reference_{number}_score")
        if score is not None:
            independent = bool(visit.answers.get(f"reference_{number}_independent", False))
            relation = visit.answers.get(f"reference_{number}_relation", "other")
            informant = f"{visit.visitor.username} {number}"
            found.append({"informant": informant, "relation": relation, "independent": independent, "score": float(score)})
    return found


def _import(application: Application, record: str, rows: list[dict[str, Any]], user: User) -> int:
    kind = layout(record)
    names = sorted({name for row in rows for name in row})
    columns = Columns(
        source="visit", record=record, columns=dict(zip(names, names, strict=True)), amount_unit="fen", known_at=kind.known_at
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="puhui-visit-") as folder:
        path = Path(folder) / "visit.json"
        path.write_text(json.dumps([{name: row.get(name) for name in names} for row in rows]), "utf-8")
        result = import_records(
            application.institution, path, EVIDENCE_CLASS, record, columns, firm=application.firm, actor=user.username,
            business_date=application.institution.business_date, file_name=f"visit, application {application.pk}",
        )  # fmt: skip
    return result.counts["accepted"]
