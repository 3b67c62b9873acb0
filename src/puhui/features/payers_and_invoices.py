"""Payers set against invoices (class C15): whoever pays for goods was invoiced for them.

flow_payer_invoice_match  share of the valid income of named payers that came from buyers invoiced within `INVOICED_MONTHS` months. A
                          payer is a buyer where both bear the same text, or the lender knows both texts as one party
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from puhui.features import engines
from puhui.features.flow_stages import movements, parties, payers
from puhui.features.formulas import ratio
from puhui.features.invoice_stages import known_rows
from puhui.features.portable import Frame, known, only, within
from puhui.features.variable import LeftOut, Variable
from puhui.features.windows import AsOf

__all__ = ["EVIDENCE_CLASS", "LEFT_OUT", "PARAMETERS", "RECORDS", "VARIABLES", "measures"]

EVIDENCE_CLASS = "C15"
RECORDS = ("account_flow", "account", "related_firm", "key_person", "invoice", "counterparty")
PORTABLE = True
DEFINED_BY = ("portable.py", "flow_stages.py", "invoice_stages.py")
PARAMETERS = ("account-flow-words",)
INVOICED_MONTHS = 24


def measures(frames: Mapping[str, Any], as_of: AsOf) -> Any:
    """One row per firm with a named payer; amounts in fen. A firm of which no invoice is known has no row."""
    named = (known(frames[name], as_of) for name in ("account", "related_firm", "key_person"))
    paid = payers(engines.shared(movements(known(frames["account_flow"], as_of), parties(*named), as_of), name="movements"))
    invoices = known_rows(nw.from_native(frames["invoice"]).lazy(), as_of).filter(nw.col("sold") & ~nw.col("void"))
    buyers = invoices.filter(~nw.col("counterparty").is_null() & ((nw.col("month") == 0) | within(INVOICED_MONTHS)))
    who = nw.from_native(frames["counterparty"]).lazy().group_by("counterparty").agg(party=nw.col("party").max())
    known_buyers = _with_party(buyers.select("firm_id", "counterparty").unique(), who).select("firm_id", "party").unique()
    matched = _with_party(paid.rename({"other": "counterparty"}), who).join(
        known_buyers.with_columns(invoiced=nw.lit(1.0)), on=["firm_id", "party"], how="left"
    )
    with_invoices = invoices.select("firm_id").unique()
    found = matched.group_by("firm_id").agg(
        match_named=nw.col("amount").sum(), match_invoiced=only(~nw.col("invoiced").is_null(), "amount").sum()
    )
    return with_invoices.join(found, on="firm_id", how="inner").to_native()


def _with_party(rows: Frame, who: Frame) -> Frame:
    """Adds `party`: whom the text means, or the text itself where nobody knows."""
    return rows.join(who, on="counterparty", how="left").with_columns(party=nw.coalesce(nw.col("party"), nw.col("counterparty")))


VARIABLES = (
    Variable("flow_payer_invoice_match", "ratio", "+", "12m", ratio(nw.col("match_invoiced"), nw.col("match_named"))),
)  # fmt: skip

LEFT_OUT: tuple[LeftOut, ...] = ()
