"""Words for the codes that stand in tables and records, in one place, so that a thing has the same name on every page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from puhui.products.queries import product_names

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
    "person": _("natural person"),
    "household": _("farming household"),
    "bank": _("bank"),
    "micro_lender": _("micro-lender"),
    "stock": _("buying goods"),
    "materials": _("raw materials"),
    "wages": _("wages"),
    "rent": _("rent and utilities"),
    "orders": _("carrying out an order"),
    "own_share": _("Share of own means"),
    "six_months": _("Months of half a year"),
    "turns_a_year": _("Turns of working capital a year"),
    "inventory": _("stock of goods"),
    "phone": _("phone"),
    "counter": _("counter"),
    "api": _("from another program"),
    "command": _("by command"),
    "campaign": _("campaign"),
    "demonstration": _("demonstration"),
}

#: figures of the products' files, where a formula shows them
FIGURES = {
    "turns": _("Turns of working capital a year"),
    "turns_of_working_capital": _("Turns of working capital a year"),
    "month": _("One month"),
    "six": _("Six months"),
    "one_person": _("One insured person"),
    "hire_share": _("Least share of people newly hired"),
    "hire_share_large": _("The same for firms of more than a hundred people"),
    "instalment_share": _("Share of what is left over that may go to instalments"),
    "interest_allowance": _("Part of an instalment that repays principal"),
    "yuan_per_dollar": _("Yuan per US dollar"),
    "fx_haircut": _("Deduction for the exchange rate"),
    "uninsured": _("Share lent without export credit insurance"),
    "proven": _("Extra weight of a job that a refund proves"),
    "more_named": _("People a notice may name for each insured one"),
    "tolerance": _("Rate of unemployment that is aimed at"),
    "own_least": _("Least own money in the price"),
    "price_share": _("Share of the price that is lent"),
    "start_technology": _("Weight of technology at the start"),
    "start_growth": _("Weight of growth at the start"),
    "start_auxiliary": _("Weight of other points at the start"),
    "growth_technology": _("Weight of technology in growth"),
    "growth_growth": _("Weight of growth in growth"),
    "growth_auxiliary": _("Weight of other points in growth"),
    "mature_technology": _("Weight of technology at maturity"),
    "mature_growth": _("Weight of growth at maturity"),
    "mature_auxiliary": _("Weight of other points at maturity"),
    "patent_rate": _("Share lent on patents"),
    "mark_rate": _("Share lent on trade marks"),
    "buffer": _("Months of buffer after the due date"),
    "advance": _("Share of a receivable that is paid at once"),
    "debtor_cap": _("Most on one debtor"),
    "round_share": _("Share of the last round of financing"),
    "warrant_ratio": _("Warrant to loan"),
}

BOOK_ACTS = {
    "drawdown": _("payout"),
    "repayment": _("repayment"),
    "payoff": _("payoff"),
    "accrual": _("interest of a night"),
    "due": _("fallen due"),
    "reversal": _("reversal"),
    "correction": _("correction"),
    "collection": _("debit from the account"),
    "fee": _("fee"),
    "waiver": _("waiver"),
    "refund": _("refund"),
    "rate_change": _("change of rate"),
    "pause": _("interest paused"),
    "misuse": _("misuse of the money"),
    "reschedule": _("change of schedule"),
    "termination": _("called early"),
    "write_off": _("write-off"),
    "recovery": _("recovery"),
    "renewal": _("renewal by a new note"),
    "restructuring": _("restructuring"),
    "branch_transfer": _("moved to another branch"),
    "moving_in": _("moved in from another system"),
    "commitments": _("undrawn commitments"),
    "collateral": _("collateral"),
    "expected_loss": _("expected credit loss"),
    "held_back": _("interest of stage 3 held back"),
    "reserve_appropriation": _("general reserve appropriated"),
    "stamp_duty": _("stamp duty"),
    "receipt": _("money received"),
    "receipt_applied": _("receipt put to a loan"),
    "receipt_unapplied": _("receipt taken back from a loan"),
    "receipt_returned": _("receipt sent back"),
    "debits_settled": _("debits paid over by the bank"),
    "payment_ordered": _("payment ordered"),
    "payment_ended": _("payment order ended"),
    "payment_sent": _("payment made by the bank"),
    "pending": _("reserved"),
    "settled": _("reservation posted"),
    "void": _("reservation void"),
}

BUCKETS = {
    "current": _("not past due"),
    "1-30": _("1 to 30 days"),
    "31-60": _("31 to 60 days"),
    "61-90": _("61 to 90 days"),
    "91-180": _("91 to 180 days"),
    "181-270": _("181 to 270 days"),
    "271-360": _("271 to 360 days"),
    "over 360": _("over 360 days"),
}

HELP = {
    "rate_link": _("The rate steps on review dates by what the firm does: jobs kept, carbon saved, targets met."),
    "net_margin": _("What the loan earns in a year: the rate less funding, operations, expected loss, capital and tax."),
    "limit": _("The most that this firm can be lent: the least of several bounds, less what it owes already."),
    "class": _("A group of similar risk, from A (safest); cut from the probability of default."),
    "probability": _("How many of a hundred such firms fail to pay within a year."),
    "points": _("The unit of the score: more is safer."),
    "exposure": _("What may be lost with this firm: what it owes and what was promised."),
    "authority": _("Who may approve this: by amount, class and what was referred."),
    "rate": _("Interest a year on what is owed."),
    "annual_cost": _("The one rate at which all that is paid equals what was received."),
    "past_due": _("Days since the oldest due date that was not paid."),
    "closes": _("What has to be paid today so that nothing is owed any more."),
    "penalty": _("The higher rate that replaces the agreed one on principal that is late."),
    "digest": _("A short fingerprint: whoever changes one character gets another one."),
}

COUNTS = {
    "read": _("read"),
    "accepted": _("accepted"),
    "rejected": _("left out"),
    "unchanged": _("known already"),
    "duplicates": _("repeats"),
    "voids": _("void"),
    "reds": _("red"),
    "zero": _("of nought"),
    "replaced": _("corrected"),
    "total_differs": _("total differs"),
    "no_counterparty": _("without partner"),
    "firms": _("firms"),
    "waiting": _("waiting for a person"),
}

COMPONENTS = {
    "principal": _("principal"),
    "interest": _("interest"),
    "fee": _("fee"),
    "cost": _("cost"),
    "penalty": _("penalty"),
    "compound": _("compound interest"),
}

CAMPAIGN_KINDS = {
    "list": _("list of firms"),
    "village": _("village"),
    "platform": _("merchants of a platform"),
    "chain": _("supply chain"),
}

INTERESTS = {
    "family": _("family"),
    "shareholder": _("shareholder"),
    "former_employer": _("former employer"),
    "business": _("business with the firm"),
    "other": _("other relation"),
}

MATCH_COMPARISONS = {
    "proof": _("proved by"),
    "name": _("name"),
    "form": _("legal form"),
    "division": _("county"),
    "industry": _("industry"),
    "person": _("owner or representative"),
    "phone": _("phone"),
}

MATCH_LEVELS = {
    "organisation code": _("the organisation code"),
    "number": _("a registration or tax number"),
    "name in one county": _("the whole name in one county"),
    "same": _("agrees"),
    "contained": _("one is within the other"),
    "close": _("one character differs"),
    "near": _("agrees roughly"),
    "other": _("differs"),
}

MATCH_STATES = {
    "found": _("found"),
    "asked": _("merge asked for"),
    "merged": _("merged"),
    "later": _("put off"),
}

QUESTIONS = {
    "rule": _("A rule sends the case here"),
    "contradiction": _("Two sources contradict each other"),
    "missing": _("Missing"),
    "unknown": _("The product's evidence cannot tell"),
    "check": _("Due diligence"),
}

HINDRANCES = {
    "not_referred": _("Nothing waits for a person here."),
    "role": _("Your role has no say at this level of authority."),
    "maker": _("You sent this application yourself: somebody else decides."),
    "spoken": _("You have said yes already; another voice is needed."),
    "absent": _("You are recorded as away today: somebody else decides."),
    "interest": _("You have an own relation to this firm: somebody else decides."),
    "questions": _("Questions must be answered before a yes."),
    "voted": _("The committee votes on this case."),
}

LOAN_PURPOSES = {
    "stock": _("buying goods"),
    "inventory": _("stock of goods"),
    "materials": _("raw materials"),
    "wages": _("wages"),
    "rent": _("rent and utilities"),
    "orders": _("carrying out an order"),
    "farming": _("seed, feed and fertiliser"),
    "fixed_assets": _("machines and equipment"),
}

#: units of the form of an application, as they stand behind a field
UNITS = {
    "CNY": _("yuan"),
    "CNY/month": _("yuan a month"),
    "n": "",
    "days": _("days"),
    "months": _("months"),
    "years": _("years"),
    "ratio": "%",
    "points": _("points"),
    "mu": _("mu of land"),
    "persons": _("people"),
    "1-5": _("from 1 to 5"),
}

#: units of variables and of the figures of a product, where a unit is a word
UNIT_WORDS = {
    **UNITS,
    "n": _("count"),
    "ratio": _("ratio"),
    "share": _("share"),
    "x": _("times"),
    "pp": _("percentage points"),
    "code": _("code"),
    "hops": _("steps apart"),
    "steps": _("steps"),
    "grade": _("grade"),
    "score": _("score"),
    "1": _("any number"),
    "text": _("text"),
    "CNY/USD": _("yuan per US dollar"),
    "turns": _("turns a year"),
    "1/month": _("a month"),
    "USD": _("US dollars"),
    "0/1": _("0 or 1"),
    "t per 10k CNY": _("tonnes per 10,000 yuan"),
    "tce per 10k CNY": _("tonnes of coal equivalent per 10,000 yuan"),
    "t": _("tonnes"),
    "h": _("hours"),
    "m3": _("cubic metres"),
}

#: what a rule of a product makes of a fact that is not known
WHEN_NULL = {
    "pass": _("passes"),
    "fail": _("refuses"),
    "refer": _("goes to a person"),
    "zero": _("counts as 0"),
    "leave_out": _("is left out"),
}

CONSENT_OF = {
    "firm": _("the firm"),
    "owner": _("the owner"),
    "spouse": _("the owner's spouse"),
    "guarantor": _("the guarantor"),
    "platform": _("the platform"),
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
    "person": _("natural person"),
    "household": _("farming household"),
}

PEOPLE = {
    "legal_representative": _("legal representative"),
    "owner": _("owner"),
    "spouse": _("spouse of the owner"),
    "contact": _("contact"),
    "borrower": _("borrower"),
    "head": _("head of the household"),
    "member": _("member who owes with the household"),
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
    "electronic": _("electronic"),
}

ACCOUNT_KINDS = {
    "asset": _("assets"),
    "liability": _("liabilities"),
    "equity": _("equity"),
    "common": _("common (clearing)"),
    "income": _("income"),
    "expense": _("expenses"),
    "memo": _("off balance sheet"),
}

FAMILIES = {
    "working_capital": _("Working capital"),
    "employment": _("Jobs and business start"),
    "renewal": _("Renewal and relief"),
    "supply_chain": _("Orders and receivables"),
    "equipment": _("Equipment"),
    "technology": _("Technology"),
    "green": _("Green and sustainable"),
    "rural": _("Farms and villages"),
    "trade": _("Foreign trade"),
    "relationship": _("Relationship lending"),
    "platform": _("Platforms"),
}

SCHEMES = {
    "uscc": _("Unified social credit code"),
    "registration": _("Registration number"),
    "tax": _("Tax number"),
    "platform": _("Number on the platform"),
    "cumcm": _("Number in the research data"),
    "former_name": _("Former name"),
    "customer": _("customer number"),
    "household": _("household number"),
}

PURPOSES = {
    "credit_decision": _("to decide about a loan"),
    "post_loan_monitoring": _("to watch over a loan"),
}


def word(table: dict[str, Any], code: str) -> str:
    """The word for a code; a code that the table does not know is shown as it is."""
    return str(table.get(code, code))


def product_name(code: str) -> str:
    """A product's name in the reader's language, from its file; a code without a file is shown as it is."""
    return in_language(product_names().get(code), get_language() or "en") or code


def unit_word(unit: str) -> str:
    """A unit in the reader's language; one that is the same everywhere (kWh) as it is."""
    return word(UNIT_WORDS, unit)


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
