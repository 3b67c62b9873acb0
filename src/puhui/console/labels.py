"""Words for the codes that stand in tables: one place, so that a state is called the same and looks the same on every page.

A state has a label, a tone (ok, watch, late, refused or plain) and an icon: the colour never stands alone.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
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

OFFER = {
    "open": State(_("open"), PLAIN, "signature"),
    "accepted": State(_("accepted"), OK, "circle-check"),
    "declined": State(_("declined by the borrower"), REFUSED, "x"),
    "expired": State(_("expired"), REFUSED, "clock"),
}

RULE = {
    "pass": State(_("holds"), OK, "check"),
    "refer": State(_("to a person"), WATCH, "user"),
    "fail": State(_("does not hold"), LATE, "x"),
    "unknown_pass": State(_("not known: passes"), PLAIN, "help"),
    "unknown_refer": State(_("not known: to a person"), WATCH, "help"),
    "unknown_fail": State(_("not known: fails"), LATE, "help"),
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

PRICE_METHODS = {
    "churn_aware": _("the rate that earns most after some borrowers walk away"),
    "tiers": _("plain table by class"),
}

NULLS = {
    "not_authorised": _("no consent for this class of data"),
    "source_down": _("the source did not answer"),
    "not_applicable": _("the question does not arise: nothing to divide by"),
    "too_short_history": _("the records are too short"),
    "withheld_by_law": _("withheld by law"),
    "not_in_snapshot": _("not in the frozen variables"),
}

FACTS = {
    "firm_kind": _("Kind of firm"),
    "industry_code": _("Industry code"),
    "industry_division": _("Division of industry"),
    "firm_age_months": _("Age of the firm, months"),
    "staff_count": _("Staff"),
    "requested_amount": _("Amount asked, yuan"),
    "term_months": _("Term, months"),
    "purpose": _("Purpose"),
    "channel": _("Channel"),
    "lender_kind": _("Kind of lender"),
    "evidence_age_days": _("Age of the evidence, days"),
    "existing_exposure": _("Owed or promised already, yuan"),
    "lender_single_borrower_limit": _("Most to one borrower, yuan"),
    "risk_class": _("Class"),
    "probability": _("Probability of default"),
    "points": _("Points"),
    "enterprise": _("enterprise"),
    "individual_business": _("individual business"),
    "cooperative": _("farmers' cooperative"),
    "bank": _("bank"),
    "micro_lender": _("micro-lender"),
    "stock": _("buying goods"),
    "materials": _("raw materials"),
    "wages": _("wages"),
    "rent": _("rent and utilities"),
    "orders": _("carrying out an order"),
    "phone": _("phone"),
    "counter": _("counter"),
}

BOOK_ACTS = {
    "drawdown": _("payout"),
    "repayment": _("repayment"),
    "payoff": _("payoff"),
    "accrual": _("interest of a night"),
    "due": _("fallen due"),
    "reversal": _("reversal"),
    "collection": _("debit from the account"),
}

EVIDENCE_CLASSES = {
    "C07": _("invoices"),
}

COUNTS = {
    "read": _("read"),
    "accepted": _("accepted"),
    "rejected": _("left out"),
    "unchanged": _("known already"),
    "duplicates": _("repeats"),
    "voids": _("void"),
    "reds": _("red"),
    "flagged": _("flagged"),
    "firms": _("firms"),
}

COMPONENTS = {
    "principal": _("principal"),
    "interest": _("interest"),
    "fee": _("fee"),
    "cost": _("cost"),
    "penalty": _("penalty"),
    "compound": _("compound interest"),
}

HINDRANCES = {
    "not_referred": _("Nothing waits for a person here."),
    "role": _("Your role has no say at this level of authority."),
    "maker": _("You sent this application yourself: somebody else decides."),
    "spoken": _("You have said yes already; another voice is needed."),
}

LOAN_PURPOSES = {
    "stock": _("buying goods"),
    "materials": _("raw materials"),
    "wages": _("wages"),
    "rent": _("rent and utilities"),
    "orders": _("carrying out an order"),
}

METHODS = {
    "equal_instalment": _("equal instalments"),
    "equal_principal": _("equal principal"),
    "interest_only": _("interest at each date, principal at the end"),
    "bullet": _("all at the end"),
    "flat": _("flat interest"),
    "stepped": _("stepped"),
    "custom": _("own dates"),
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

PARTIES = {
    "borrower": _("borrower"),
    "lender": _("lender"),
}

SIGNING = {
    "signed_in_officer": _("signed in as an officer"),
    "signed_in_phone": _("signed in on the phone"),
    "demonstration": _("demonstration"),
}

ACCOUNT_KINDS = {
    "asset": _("assets"),
    "liability": _("liabilities"),
    "equity": _("equity"),
    "income": _("income"),
    "expense": _("expenses"),
    "memo": _("off balance sheet"),
}

PRODUCTS = {
    "invoice-working-capital": _("Invoice working-capital loan"),
}

SCHEMES = {
    "uscc": _("Unified social credit code"),
    "registration": _("Registration number"),
    "tax": _("Tax number"),
    "platform": _("Number on the platform"),
    "cumcm": _("Number in the research data"),
}

SUBJECTS = {
    "firm": _("firm"),
    "person": _("person"),
    "user": _("user"),
    "institution": _("institution"),
    "consent": _("consent"),
    "batch": _("batch"),
    "application": _("case"),
    "decision": _("decision"),
    "offer": _("offer"),
    "contract": _("contract"),
    "loan": _("loan"),
    "model": _("model"),
    "day": _("day"),
}

ACTS = {
    "institution.created": _("institution created"),
    "user.created": _("user created"),
    "firm.registered": _("firm registered"),
    "person.registered": _("person registered"),
    "person.linked": _("person linked to a firm"),
    "consent.granted": _("consent granted"),
    "consent.withdrawn": _("consent withdrawn"),
    "contract.drafted": _("contract drafted"),
    "contract.signed": _("contract signed"),
    "condition.met": _("condition met"),
    "contract.cleared": _("contract cleared for payout"),
    "loan.drawdown": _("loan paid out"),
    "loan.repayment": _("repayment posted"),
    "loan.payoff": _("loan paid off"),
    "event.reversed": _("posting reversed"),
}

PURPOSES = {
    "credit_decision": _("to decide about a loan"),
    "post_loan_monitoring": _("to watch over a loan"),
}


def consent_state(consent: Any, day: datetime.date) -> State:
    """Whether a consent holds on a business day: withdrawn on that day already no longer."""
    if consent.withdrawn_at is not None and timezone.localdate(consent.withdrawn_at) <= day:
        return State(_("withdrawn"), REFUSED, "x")
    return State(_("expired"), REFUSED, "clock") if consent.expires_on <= day else State(_("holds"), OK, "check")


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
