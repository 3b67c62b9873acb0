"""The net margin of a proposal or a note, part by part; each part opens to its formula with the inputs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from puhui.console.act_words import EXEMPTIONS
from puhui.console.templatetags.figures import rate
from puhui.console.words import word
from puhui.loans.margins import Margin

__all__ = ["margin_panel"]


def margin_panel(margin: Margin | None) -> dict[str, Any] | None:
    """Rows (label, share a year, formula), the sum, and what it comes to in a year; None where nothing was priced."""
    if margin is None:
        return None
    labels, formulas = _labels(), _formulas(margin)
    rows = [
        {"label": labels[name], "rate_ppm": share, "formula": formulas[name]}
        for name, share in margin.found.parts
        if share or name in ("interest", "tax")
    ]
    return {
        "rows": rows, "margin_ppm": margin.found.margin_ppm, "yearly_fen": margin.found.yearly_fen, "amount_fen": margin.amount_fen,
        "table": margin.table_name, "is_negative": margin.found.margin_ppm < 0,
    }  # fmt: skip


def _labels() -> dict[str, str]:
    return {
        "interest": _("Interest"), "interest_lost": _("Interest lost in default"), "funding": _("Funding"),
        "operations": _("Operations"), "expected_loss": _("Expected loss"), "capital": _("Capital charge"),
        "tax": _("Value added tax"), "subsidy": _("Subsidy to the lender"), "relending": _("Cheaper money of the central bank"),
    }  # fmt: skip


def _formulas(margin: Margin) -> dict[str, str]:
    costs = margin.costs
    from_table = _("from the table %(name)s, as it stood when the loan was priced") % {"name": margin.table_name}
    tax = _("exempt: %(code)s") % {"code": word(EXEMPTIONS, margin.exemption)} if margin.exemption else _("exempt")
    if costs.tax_ppm:
        tax = _("rate × t ÷ (1 + t) = %(rate)s × %(tax)s ÷ (1 + %(tax)s)") % {"rate": rate(margin.rate_ppm), "tax": rate(costs.tax_ppm)}
    return {
        "interest": _mean_in_words(margin) if margin.nights else _("rate a year"),
        "interest_lost": _("rate × probability of default = %(rate)s × %(pd)s") % {"rate": rate(margin.rate_ppm), "pd": rate(costs.pd_ppm)},
        "funding": from_table,
        "operations": from_table,
        "expected_loss": _("probability × loss = %(pd)s × %(lgd)s, the lender's own share of the loss")
        % {"pd": rate(costs.pd_ppm), "lgd": rate(costs.lgd_ppm)},
        "capital": _("capital held × return asked = %(capital)s × %(hurdle)s")
        % {"capital": rate(costs.capital_ppm), "hurdle": rate(costs.hurdle_ppm)},
        "tax": tax,
        "subsidy": from_table,
        "relending": from_table,
    }


def _mean_in_words(margin: Margin) -> str:
    """Of a rate that steps up by the days used: the nights at each rate, of the days that are expected."""
    parts = " + ".join(f"{count} × {rate(round(each * 1_000_000))}" for count, each in margin.nights)
    days = sum(count for count, _rate in margin.nights)
    return _("mean rate of the days expected = (%(parts)s) ÷ %(days)s") % {"parts": parts, "days": days}
