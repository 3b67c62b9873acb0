"""Words for the codes that stand in tables: one place, so that a state is called the same and looks the same on every page.

A state has a label, a tone (ok, watch, late, refused or plain) and an icon: the colour never stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class State:
    """How one code is shown."""

    label: Any
    tone: str
    icon: str


OK, WATCH, LATE, REFUSED, PLAIN = "ok", "watch", "late", "refused", "plain"

APPLICATION = {
    "submitted": State(_("being decided"), PLAIN, "progress"),
    "referred": State(_("waits for a person"), WATCH, "user"),
    "refused": State(_("refused"), REFUSED, "ban"),
    "offered": State(_("offered"), OK, "signature"),
    "accepted": State(_("accepted"), OK, "circle-check"),
    "declined": State(_("declined by the borrower"), REFUSED, "x"),
    "expired": State(_("expired"), REFUSED, "clock"),
}

OUTCOME = {
    "approve": State(_("approve"), OK, "circle-check"),
    "refer": State(_("refer to a person"), WATCH, "user"),
    "refuse": State(_("refuse"), REFUSED, "ban"),
}

RULE = {
    "pass": State(_("passed"), OK, "check"),
    "refer": State(_("refers to a person"), WATCH, "user"),
    "fail": State(_("failed"), LATE, "x"),
    "refuse": State(_("refuses"), LATE, "ban"),
    "unknown": State(_("not known"), WATCH, "help"),
}

CONTRACT = {
    "drafted": State(_("waits for signature"), PLAIN, "signature"),
    "signed": State(_("signed, conditions open"), WATCH, "list-check"),
    "cleared": State(_("cleared for payout"), OK, "check"),
    "drawn": State(_("paid out"), OK, "circle-check"),
    "cancelled": State(_("cancelled"), REFUSED, "x"),
}

LOAN = {
    "performing": State(_("performing"), OK, "circle-check"),
    "overdue": State(_("overdue"), LATE, "alert-triangle"),
    "non_accrual": State(_("non-accrual"), LATE, "alert-triangle"),
    "closed": State(_("repaid"), REFUSED, "check"),
    "written_off": State(_("written off"), REFUSED, "x"),
    "terminated": State(_("called early"), LATE, "alert-triangle"),
}

INSTALMENT = {
    "paid": State(_("paid"), OK, "check"),
    "due": State(_("due today"), WATCH, "clock"),
    "overdue": State(_("overdue"), LATE, "alert-triangle"),
    "partly": State(_("partly paid"), LATE, "alert-triangle"),
    "coming": State(_("coming"), PLAIN, "calendar"),
}

MODEL = {
    "champion": State(_("in use"), OK, "circle-check"),
    "candidate": State(_("candidate"), PLAIN, "progress"),
    "retired": State(_("retired"), REFUSED, "history"),
}

ROLES = {
    "borrower": _("Borrower"),
    "officer": _("Credit officer"),
    "approver": _("Approver"),
    "risk_manager": _("Risk manager"),
    "accountant": _("Accountant"),
    "collector": _("Collector"),
    "auditor": _("Auditor"),
    "supervisor": _("Supervisor"),
    "system": _("System"),
}

AUTHORITY = {
    "straight_through": _("straight through, no person"),
    "officer": _("one officer"),
    "two_officers": _("two officers"),
    "committee": _("committee"),
}

EVENTS = {
    "drawdown": _("Payout"),
    "repayment": _("Repayment"),
    "payoff": _("Payoff"),
    "rate_change": _("Change of rate"),
    "fee": _("Fee"),
    "waiver": _("Waiver"),
    "refund": _("Refund"),
    "pause": _("Interest paused"),
    "misuse": _("Misuse of the money"),
    "reschedule": _("Change of schedule"),
    "reversal": _("Reversal"),
    "termination": _("Called early"),
    "write_off": _("Write-off"),
}

FIRM_KINDS = {
    "enterprise": _("enterprise"),
    "individual_business": _("individual business"),
    "cooperative": _("farmers' cooperative"),
}

PEOPLE = {
    "legal_representative": _("legal representative"),
    "owner": _("owner"),
    "spouse": _("spouse of the owner"),
    "contact": _("contact"),
}

CONDITIONS = {
    "borrower_signature": _("The borrower has signed the contract"),
    "lender_signature": _("The lender has signed the contract"),
    "signatures": _("All signatures are there (also the spouse's, where one is needed)"),
    "corporate_resolution": _("A resolution of the firm allows the loan"),
    "account": _("The account for payout is the borrower's own"),
    "account_verified": _("The account for payout is the borrower's own"),
    "purpose": _("What the money is for is proven"),
    "purpose_proof": _("What the money is for is proven"),
    "address_for_service": _("An address for service is agreed"),
}

ACCOUNT_KINDS = {
    "asset": _("assets"),
    "liability": _("liabilities"),
    "equity": _("equity"),
    "income": _("income"),
    "expense": _("expenses"),
    "memo": _("off balance sheet"),
}

PURPOSES = {
    "credit_decision": _("to decide about a loan"),
    "post_loan_monitoring": _("to watch over a loan"),
}


def state(table: dict[str, State], code: str) -> State:
    """The state of a code; a code that no table knows is shown as it is, in plain."""
    return table.get(code) or State(code, PLAIN, "progress")


def word(table: dict[str, Any], code: str) -> str:
    """The word for a code; a code that the table does not know is shown as it is."""
    return str(table.get(code, code))


def role_label(role: str) -> str:
    """A role's name in the reader's language."""
    return word(ROLES, role)


def in_language(texts: dict[str, str] | str | None, language: str) -> str:
    """The text of a record that carries its own languages (`en`, `zh-hans`, `zh-hant`), in the reader's; else in English."""
    if texts is None:
        return ""
    if isinstance(texts, str):
        return texts
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def class_name(risk_class: str) -> str:
    """`A` → `class A`."""
    return gettext("class %(letter)s") % {"letter": risk_class} if risk_class else ""
