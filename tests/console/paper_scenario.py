"""Documents that wait for a person: an invoice without its day, a statement of which a figure was misread."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.evidence.papers import invoice_pdf, statement_pdf

LAST_DAY = date(2030, 1, 1)


def keep_invoice(firm: Any) -> Any:
    return _kept(firm, invoice_pdf(firm.name, day=""), "C07", "invoice.pdf")


def keep_statement(firm: Any) -> Any:
    from puhui.parties.actions import grant_consents

    grant_consents(
        firm.institution, [firm], purpose="credit_decision", classes=["C15"], expires_on=LAST_DAY, text_version="2", text="同意",
        channel="counter", granted_by="owner",
    )  # fmt: skip
    return _kept(firm, statement_pdf(("5,000.00", "4,139.50", "4,239.50")), "C15", "statement.pdf")


def _kept(firm: Any, data: bytes, evidence_class: str, name: str) -> Any:
    from puhui.evidence.documents.reading import read_document
    from puhui.evidence.documents.waiting import keep

    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return keep(firm.institution, data, read_document(path), firm, evidence_class, name, "officer")
