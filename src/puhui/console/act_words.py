"""The acts on loans, contracts and firms in words: what each is called, what its button says, what its form asks for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from puhui.console.labels import LATE, OK, PLAIN, REFUSED, WATCH, State

#: act → name of it, as in a list
NAMES: dict[str, Any] = {
    "draw_down": _("Pay out"),
    "draw_more": _("Pay out a further part"),
    "cancel": _("Give up the contract"),
    "repay": _("Repayment"),
    "pay_off": _("Pay-off"),
    "recover": _("Recovery after write-off"),
    "reverse": _("Undo an event"),
    "charge": _("Charge a fee"),
    "waive": _("Forgive a part"),
    "refund": _("Pay money back"),
    "change_rate": _("Change of rate"),
    "secure": _("Security recorded"),
    "value_security": _("Valuation of a security"),
    "release_security": _("Security given back"),
    "review_link": _("Review of a linked rate"),
    "correct_link": _("Correction of a linked rate"),
    "pause": _("Pause interest"),
    "record_misuse": _("Record misuse of the money"),
    "terminate": _("Call the loan early"),
    "write_off": _("Write off"),
    "move_due_date": _("Move a due date"),
    "extend": _("Extension"),
    "restructure": _("Restructuring"),
    "renew": _("Renewal or refinancing"),
    "transfer_branch": _("Move to another branch"),
    "transfer_manager": _("Move to another manager"),
    "open_line": _("Open as a credit line"),
    "draw_on_line": _("Draw on the line"),
    "reduce_line": _("Reduce the line"),
    "freeze_line": _("Freeze the line"),
    "release_line": _("Release the line"),
    "close_line": _("End the line"),
    "record_finding": _("Record a finding"),
    "end_finding": _("End a finding"),
    "downgrade": _("Downgrade"),
    "upgrade": _("Upgrade"),
}

#: act → what the button says when it is carried out at once; `amount` is in yuan, `number` of the loan or contract
BUTTONS: dict[str, Any] = {
    "draw_down": _("Pay out under %(number)s"),
    "draw_more": _("Pay out %(amount)s yuan"),
    "cancel": _("Give up contract %(number)s"),
    "repay": _("Post a repayment of %(amount)s yuan"),
    "pay_off": _("Pay off and close %(number)s"),
    "recover": _("Post a recovery of %(amount)s yuan"),
    "reverse": _("Undo the event"),
    "charge": _("Charge %(amount)s yuan"),
    "waive": _("Forgive %(amount)s yuan"),
    "refund": _("Pay back %(amount)s yuan"),
    "change_rate": _("Change the rate of %(number)s"),
    "secure": _("Record the security of %(number)s"),
    "value_security": _("Value the security of %(number)s"),
    "release_security": _("Give back the security of %(number)s"),
    "review_link": _("Review the linked rate of %(number)s"),
    "correct_link": _("Correct the linked rate of %(number)s"),
    "pause": _("Pause interest on %(number)s"),
    "record_misuse": _("Record misuse of %(amount)s yuan"),
    "terminate": _("Call %(number)s early: all of it falls due"),
    "write_off": _("Write off %(number)s"),
    "move_due_date": _("Move the due date"),
    "extend": _("Extend %(number)s"),
    "restructure": _("Restructure %(number)s"),
    "renew": _("Close the old notes by %(number)s"),
    "transfer_branch": _("Move %(number)s to the branch"),
    "transfer_manager": _("Move the firm to the manager"),
    "open_line": _("Open %(number)s as a line"),
    "draw_on_line": _("Draw %(amount)s yuan"),
    "reduce_line": _("Reduce the line to %(amount)s yuan"),
    "freeze_line": _("Freeze the line: nothing can be drawn"),
    "release_line": _("Release the line"),
    "close_line": _("End the line for good"),
    "record_finding": _("Record the finding"),
    "end_finding": _("End the finding"),
    "downgrade": _("Downgrade %(number)s at once"),
    "upgrade": _("Upgrade %(number)s"),
}

#: acts by subject, in the order of a page
GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Money"), ("repay", "pay_off", "recover", "draw_more", "refund", "reverse")),
    (_("Terms"), ("change_rate", "review_link", "correct_link", "move_due_date", "extend", "restructure", "pause")),
    (_("Charges and losses"), ("charge", "waive", "record_misuse", "terminate", "write_off")),
    (_("Loan class"), ("record_finding", "end_finding", "downgrade", "upgrade")),
    (_("Place"), ("transfer_branch", "transfer_manager")),
)

#: states of a loan in which an act can be meant; an act that is not here fits every loan that is open
FITTING: dict[str, tuple[str, ...]] = {
    "recover": ("written_off",),
    "repay": ("performing", "overdue", "non_accrual", "terminated"),
    "pay_off": ("performing", "overdue", "non_accrual", "terminated"),
    "move_due_date": ("performing",),
    "extend": ("performing",),
    "change_rate": ("performing", "overdue", "non_accrual"),
    "review_link": ("performing", "overdue", "non_accrual"),
    "correct_link": ("performing", "overdue", "non_accrual"),
    "pause": ("performing", "overdue", "non_accrual"),
    "record_misuse": ("performing", "overdue", "non_accrual"),
    "terminate": ("performing", "overdue", "non_accrual"),
    "restructure": ("performing", "overdue", "non_accrual"),
    "write_off": ("performing", "overdue", "non_accrual", "terminated"),
    "draw_more": ("performing",),
    "upgrade": ("performing", "overdue", "non_accrual", "terminated"),
    "downgrade": ("performing", "overdue", "non_accrual", "terminated"),
    "refund": ("performing", "overdue", "non_accrual", "terminated", "written_off", "closed"),
    "reverse": ("performing", "overdue", "non_accrual", "terminated", "written_off", "closed"),
}

#: argument → what the form calls it
ARGUMENTS: dict[str, Any] = {
    "provider": _("Who guarantees, or who owns it"),
    "registration": _("Number in the register"),
    "registered_until": _("Registered until"),
    "security": _("Security"),
    "item_kind": _("What it is"),
    "age_years": _("Age, years"),
    "prior_fen": _("Claims that rank before, yuan"),
    "registered_on": _("Registered on"),
    "insured_until": _("Insured until"),
    "value": _("What was seen, as the link measures it"),
    "facts": _("What was seen"),
    "as_of": _("The fact is of this day"),
    "review_date": _("Review date that is corrected"),
    "amount_fen": _("Amount, yuan"),
    "on": _("Takes effect on"),
    "kind": _("Kind"),
    "of": _("Of"),
    "reason": _("Reason"),
    "evidence": _("What shows it"),
    "rate_annual": _("New rate a year, %"),
    "until": _("Until and including"),
    "event": _("Event to undo"),
    "due": _("Due date that moves"),
    "new_due": _("New due date"),
    "later": _("Later due dates"),
    "begin": _("From this day on"),
    "extra_instalments": _("Further instalments"),
    "grace": _("Instalments without principal"),
    "instalments": _("Number of instalments"),
    "every": _("Step between instalments"),
    "method": _("Method of repayment"),
    "in_difficulty": _("Is the borrower in financial difficulty?"),
    "consents": _("Written consents"),
    "waiver": _("Forgiven with it"),
    "difficulty": _("What shows the difficulty"),
    "loans": _("Notes that it closes"),
    "conditions": _("Evidence of each condition"),
    "branch": _("New branch"),
    "manager": _("New manager"),
    "maturity": _("Falls due on"),
    "limit_fen": _("New limit, yuan"),
    "code": _("Finding"),
    "share_ppm": _("Share of the debts, %"),
    "finding": _("Finding to end"),
    "to": _("New class"),
}

#: what an argument asks for, where its name alone does not say it: (act, argument) → words
HINTS: dict[tuple[str, str], Any] = {
    ("waive", "reason"): _("Why is it forgiven?"),
    ("charge", "reason"): _("What is it charged for?"),
    ("refund", "reason"): _("Why is it paid back?"),
    ("change_rate", "reason"): _("What does the new rate rest on?"),
    ("value_security", "amount_fen"): _("Confirmed, paid, appraised or guaranteed, as the kind is valued"),
    ("review_link", "code"): _("What the rate follows"),
    ("review_link", "on"): _("The review date; the rate steps from this day on"),
    ("correct_link", "reason"): _("How did it become known?"),
    ("pause", "reason"): _("Why does no interest run?"),
    ("terminate", "reason"): _("The ground in the contract, and how the borrower was told"),
    ("write_off", "reason"): _("The ground for writing it off"),
    ("write_off", "evidence"): _("The resolution and the proof of loss"),
    ("reverse", "reason"): _("Why is it undone?"),
    ("renew", "reason"): _("Why is it not repaid in cash?"),
    ("record_finding", "share_ppm"): _("Only where the article asks how much"),
    ("extend", "new_due"): _("The new maturity; or else a number of further instalments"),
    ("extend", "rate_annual"): _("Needed where the total term reaches another bucket of rates"),
    ("restructure", "new_due"): _("The last due date moves to this day"),
    ("upgrade", "evidence"): _("What shows that it can rise?"),
    ("downgrade", "reason"): _("What does the worse class rest on?"),
}

CHOICES: dict[str, Any] = {
    "guarantor": _("guarantor"),
    "mortgage": _("mortgage"),
    "pledge": _("pledge"),
    "receivable": _("receivables"),
    "equipment": _("machines"),
    "intellectual_property": _("patents, trade marks"),
    "property": _("land and buildings"),
    "movables": _("goods and movables"),
    "deposit": _("money on a controlled account"),
    "guarantee": _("guarantee"),
    "fee": _("fee"),
    "cost": _("cost"),
    "penalty": _("penalty"),
    "compound": _("compound interest"),
    "interest": _("interest"),
    "principal": _("principal"),
    "yes": _("yes"),
    "no": _("no"),
    "keep": _("keep their dates"),
    "follow": _("follow by as much"),
    "loan": _("this loan"),
    "debtor": _("all loans of the debtor"),
    "renewal": _("renewal without principal"),
    "refinancing": _("other refinancing: at least special mention"),
    "consolidation": _("several notes into one"),
    "1 month": _("each month"),
    "2 month": _("every two months"),
    "3 month": _("each quarter"),
    "6 month": _("each half-year"),
    "1 week": _("each week"),
    "2 week": _("every two weeks"),
    "equal_instalment": _("equal instalments"),
    "equal_principal": _("equal principal"),
    "interest_only": _("interest at each date, principal at the end"),
    "bullet": _("all at the end"),
    "normal": _("normal"),
    "special_mention": _("special mention"),
    "substandard": _("substandard"),
    "doubtful": _("doubtful"),
    "loss": _("loss"),
    "purpose_changed": _("purpose changed without consent"),
    "refinanced": _("repaid by new borrowing"),
    "non_performing_elsewhere": _("non-performing debts at another lender"),
    "overdue_elsewhere": _("overdue debts at another lender"),
    "credit_impaired": _("credit-impaired"),
    "external_rating_fell": _("external rating fell"),
    "evasion": _("evades its debts"),
    "bankruptcy": _("bankruptcy"),
    "technical_overdue": _("late for a technical reason"),
    "non_retail": _("not a retail debtor"),
}

CLASS = {
    "normal": State(_("normal"), OK, "circle-check"),
    "special_mention": State(_("special mention"), WATCH, "eye"),
    "substandard": State(_("substandard"), LATE, "alert-triangle"),
    "doubtful": State(_("doubtful"), LATE, "alert-triangle"),
    "loss": State(_("loss"), LATE, "circle-x"),
}

COMMAND = {
    "waiting": State(_("waits for a second person"), WATCH, "user"),
    "done": State(_("done"), OK, "circle-check"),
    "refused": State(_("refused"), REFUSED, "ban"),
}

CLOCKS = {
    "overdue": _("Days past due"),
    "observation": _("Observation after restructuring"),
    "cure": _("In order since"),
}

CLASS_SOURCES = {
    "articles": _("by the articles"),
    "contagion": _("by the debtor's other debts"),
    "person": _("by a person, at once"),
    "workflow": _("by two persons"),
}

LINE = {
    "open": State(_("open"), OK, "circle-check"),
    "frozen": State(_("frozen"), WATCH, "lock"),
    "closed": State(_("ended"), REFUSED, "x"),
    "expired": State(_("expired"), REFUSED, "clock"),
    "ready": State(_("not opened yet"), PLAIN, "signature"),
}

LINE_ACTS = {
    "open": _("opened"),
    "reduce": _("reduced"),
    "freeze": _("frozen"),
    "release": _("released"),
    "close": _("ended"),
    "expire": _("expired"),
}

SECURITIES = {
    "guarantor": _("guarantor"),
    "mortgage": _("mortgage"),
    "pledge": _("pledge"),
}

EXEMPTIONS = {
    "small_household": _("small loans to small firms and households"),
    "inclusive_rate": _("small loans at a low rate"),
    "farmer_small_balance": _("small loans to farmers"),
}

#: what is owed, by component, as previews tell it
OWED = {
    "principal_fen": _("Principal"),
    "interest_due_fen": _("Interest that has fallen due"),
    "accrued_interest_fen": _("Interest since the last due date"),
    "penalty_fen": _("Penalty and compound interest"),
    "fee_fen": _("Fees"),
    "overpaid_fen": _("Paid beyond what was owed"),
}

#: what else an act answers, as far as a person needs it
ANSWERS = {
    "change_ppm": _("Changes the rate by"),
    "rate_ppm": _("Rate after it"),
    "clawback_fen": _("Paid back"),
    "class": _("Class after it"),
    "maturity": _("Last due date after it"),
    "limit_fen": _("Limit after it"),
    "status": _("State after it"),
    "until": _("Last day of draws"),
    "from": _("From"),
    "to": _("To"),
}
