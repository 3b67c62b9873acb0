"""Words for the codes of books, day ends, payments and losses, and how their states are shown."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from puhui.console.labels import LATE, OK, PLAIN, REFUSED, WATCH, State

STEPS = {
    "lines": _("Lines and commitments"),
    "settle": _("Dues settled as compiled"),
    "falls_due": _("Dues, debits, penalties, ageing"),
    "collect": _("Debits of older dues"),
    "reprice": _("Repricing"),
    "classify": _("Classes"),
    "notices": _("Notices"),
    "escalate": _("Late cases told"),
    "provision": _("Expected credit loss"),
    "accrue": _("Interest of the night, control totals, next day opened"),
    "close": _("Books sealed"),
}

STEP_FIGURES = {
    "loans": _("loans"),
    "set_aside": _("set aside"),
    "expired": _("lines ended"),
    "fall_due": _("told what falls due"),
    "overdue": _("told what is late"),
    "entries": _("entries"),
    "transfers": _("transfers"),
    "looked_at": _("looked at"),
    "changed": _("changed"),
    "contagion": _("worse by other debts"),
    "escalated": _("cases told"),
}

STEP_AMOUNTS = {
    "amount_fen": _("debited"),
    "commitments_fen": _("undrawn"),
    "interest_fen": _("interest"),
    "penalty_fen": _("penalty"),
}

DAY = {
    "open": State(_("open day"), PLAIN, "calendar"),
    "ending": State(_("day end under way"), WATCH, "progress"),
    "ended": State(_("ended, books not sealed yet"), WATCH, "clock"),
    "closed": State(_("closed"), OK, "lock"),
}

ORDER = {
    "waiting": State(_("waits for a second person"), WATCH, "user"),
    "created": State(_("ordered, not sent"), PLAIN, "signature"),
    "sent": State(_("with the bank"), WATCH, "progress"),
    "confirmed": State(_("bank has paid"), OK, "circle-check"),
    "failed": State(_("failed"), LATE, "circle-x"),
    "cancelled": State(_("cancelled"), REFUSED, "x"),
    "unknown": State(_("outcome not known"), LATE, "alert-triangle"),
}

ORDER_PURPOSES = {"payout": _("payout"), "return": _("money sent back")}

MODES = {"own": _("to the borrower"), "entrusted": _("entrusted, to the counterparty"), "return": _("out of suspense")}

MODE_GROUNDS = {
    "one_payee_above_threshold": _("more to one payee than the rule lets the borrower pay"),
    "personal_draw_above_threshold": _("more in all than a person may draw for own payment"),
    "new_and_weak": _("a new borrower of a weak class"),
}

ATTEMPTS = {
    "send": _("sent to the bank"),
    "query": _("bank asked"),
    "cancel": _("asked to stop it"),
    "answer": _("bank answered"),
    "notice": _("bank told unasked"),
    "give_up": _("left to a person"),
    "person": _("decided by a person"),
}

ANSWERS = {
    "accepted": _("accepted, works on it"),
    "paid": _("bank has paid"),
    "refused": _("refused"),
    "not_known": _("does not know it"),
    "cancelled": _("stopped"),
    "none": _("no answer"),
    "confirmed": _("confirmed"),
    "failed": _("failed"),
    "seen": _("seen"),
    "agreed": _("agreed"),
}

#: how what calls for a person begins, as `order_states` and `driving` write it, and what it means
ATTENTION = {
    "no certain answer": _("no certain answer for too long"),
    "paid another amount": _("the bank says that it paid another amount"),
    "paid after it was refused": _("paid, after the bank had refused it"),
    "paid after it was failed": _("paid, after it had failed"),
    "paid after it was cancelled": _("paid, after it was cancelled"),
    "another payment of it": _("told of another payment, after it was confirmed"),
    "refused after it was confirmed": _("refused or come back, after it was confirmed"),
    "cancelled after it was confirmed": _("stopped, after it was confirmed"),
    "not_known after it was confirmed": _("the bank no longer knows it, after it was confirmed"),
    "answered": _("answered before it was sent"),
    "paid, not booked": _("paid, but loan or books would not take it"),
}

ACTORS = {
    "payment channel": _("payment channel"),
    "day end": _("day end"),
    "night run": _("day end"),
    "matching": _("automatic matching"),
    "system": _("system"),
    "legal representative": _("legal representative"),
}
"""Who did something where it was no person with a name of their own."""

SCENARIOS = {"base": _("base"), "better": _("better"), "worse": _("worse")}

DIFFERENCE = {
    "only_ours": State(_("only in our books"), LATE, "alert-triangle"),
    "only_theirs": State(_("only on the statement"), LATE, "alert-triangle"),
    "amount_differs": State(_("amounts differ"), LATE, "alert-triangle"),
    "matched": State(_("agrees"), OK, "check"),
}

ITEM_KINDS = {
    "payout": _("payout"),
    "return": _("money sent back"),
    "debits": _("debits of dues"),
    "receipt": _("money received"),
    "line": _("line of the statement"),
}

AGES = {"0-1": _("0–1 days"), "2-7": _("2–7 days"), "8-30": _("8–30 days"), "31-90": _("31–90 days"), "over 90": _("over 90 days")}

GROUNDS = {
    "number_named": _("names the number"),
    "account_known": _("from the borrower's verified account"),
    "name_equal": _("payer is the firm"),
    "person_equal": _("payer is a person of the firm"),
    "name_alike": _("payer's name is alike"),
    "amount_due": _("amount is what is due"),
    "amount_closes": _("amount closes the loan"),
    "amount_next": _("amount is the next instalment"),
    "debited": _("debited for this loan"),
    "article_560": _("by the order of the Civil Code, article 560"),
    "agreed": _("as agreed"),
    "designated": _("named by the payer"),
    "due": _("due before the others"),
    "security": _("secured the least"),
    "burden": _("heavier burden"),
    "due_date": _("due for longer"),
    "proportion": _("in proportion"),
    "only": _("the only one"),
    "not_due": _("not due yet"),
}

STAGE_REASONS = {
    "days_past_due": _("days past due"),
    "class": _("class"),
    "restructured": _("restructured, under observation"),
    "probation": _("probation after a worse stage"),
    "none": _("nothing speaks for a worse stage"),
}

CLASSES = {
    "normal": _("normal"),
    "special_mention": _("special mention"),
    "substandard": _("substandard"),
    "doubtful": _("doubtful"),
    "loss": _("loss"),
}

SECURITIES = {
    "unsecured": _("unsecured"),
    "guarantor": _("guarantor"),
    "mortgage": _("mortgage"),
    "pledge": _("pledge"),
}

COLOURS = {"plain": "", "red": _("red"), "blue": _("blue")}

COMMAND_STATES = {"waiting": _("waits for a second person"), "done": _("done"), "refused": _("refused")}

ROLES = {
    "principal": _("Principal"),
    "accrued_interest": _("Interest earned, not yet due"),
    "interest_receivable": _("Interest due"),
    "penalty_receivable": _("Penalty and compound interest"),
    "fee_receivable": _("Fees"),
}


def attention_words(text: str) -> str:
    """What calls for a person about a payment, in the reader's language; what no word is known for, as it was written."""
    return str(next((words for beginning, words in ATTENTION.items() if text.startswith(beginning)), text))
