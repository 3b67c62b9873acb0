"""What the headings of a file of invoices must give between them: a number, a day, two of three amounts, a state, and the two parties."""

from __future__ import annotations

from collections.abc import Sequence

from puhui.calculations.faults import Fault
from puhui.evidence.reading.headings import missing
from puhui.evidence.reading.mapping import Mapping
from puhui.evidence.reading.raw import RawTable
from puhui.evidence.reading.words import Vocabulary


def missing_fields(table: RawTable, columns: dict[str, str], mapping: Mapping, vocabulary: Vocabulary, firm_given: bool) -> list[Fault]:
    """A fault for every field that neither the headings nor the mapping give."""
    have = set(columns)
    faults = []

    def need(present: bool, fields: Sequence[str], remedy: str = "") -> None:
        if not present:
            faults.append(missing(table, vocabulary, fields, remedy))

    need(bool(have & {"invoice_number", "digital_number"}), ("invoice_number", "digital_number"))
    need("issued_on" in have, ("issued_on",))
    if len(have & {"amount", "tax", "total"}) < 2:
        for field in ("amount", "tax", "total"):
            need(field in have, (field,))
    need(
        bool(have & {"status", "positive"}) or bool(mapping.status_default),
        ("status", "positive"),
        'Add the column; or, when all rows are valid, say so in a mapping file: [status] default = "normal".',
    )
    need(
        firm_given or "firm" in have or bool(mapping.firm_value),
        ("firm",),
        "Say whose invoices they are: --firm, or [firm] column in a mapping file.",
    )
    sides = {"seller_id", "seller_name", "buyer_id", "buyer_name"}
    need(bool(have & (sides | {"counterparty_id", "counterparty_name"})), ("seller_name", "buyer_name"))
    if not have & sides and "direction" not in have and not mapping.direction:
        need(False, ("direction",), 'Say whether they are sales or purchases in a mapping file: [direction] value = "out" or "in".')
    return faults
