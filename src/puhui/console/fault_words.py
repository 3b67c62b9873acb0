"""What acts refuse, in the reader's language: the sentences of the business folders are English, and the frequent ones are known here.

A text that no pattern knows stays as it is. Patterns hold whole texts only, so nothing is translated by half.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from puhui.console import product_fault_words, review_fault_words, score_words
from puhui.console.act_words import CHOICES, COMMAND, LINE, SECURITIES
from puhui.console.labels import CONTRACT, LOAN
from puhui.console.whole_texts import NotAPart, WholeTexts

__all__ = ["told"]

#: the whole text, with the parts that are kept → the same in the reader's language
PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"loan (?P<a>\S+)", _("loan %(a)s")),
    (r"contract (?P<a>\S+)", _("contract %(a)s")),
    (r"line of contract (?P<a>\S+)", _("line of contract %(a)s")),
    (r"amount of contract (?P<a>\S+)", _("amount of contract %(a)s")),
    (r"event (?P<a>\S+)", _("event %(a)s")),
    (r"condition (?P<a>\S+)", _("condition %(a)s")),
    (r"consent of (?P<a>.+)", _("consent of %(a)s")),
    (r"amount|amount_fen|events\.amount", _("amount")),
    (r"date|on|events\.date", _("date")),
    (r"limit", _("limit")),
    (r"maturity", _("maturity")),
    (r"class", _("class")),
    (r"reason", _("reason")),
    (r"arrears", _("arrears")),
    (r"performance", _("repayments in order")),
    (r"debtor", _("debtor")),
    (r"checker", _("second person")),
    (r"user", _("person")),
    (r"(?P<words>guarantor|mortgage|pledge) (?P<a>.+)", _("%(words)s %(a)s")),
    (r"measures", _("measures")),
    (r"rate_annual", _("rate a year")),
    (r"none", _("none")),
    (r"one better than (?P<words>[a-z_]+), which it holds", _("one better than %(words)s, which it holds")),
    (r"one worse than (?P<words>[a-z_]+), which it holds", _("one worse than %(words)s, which it holds")),
    (r"(?P<words>[a-z_]+) or worse, while (?P<a>.+) holds", _("%(words)s or worse, while %(a)s holds")),
    (r"(?P<a>[\d-]+), in order since (?P<b>[\d-]+)", _("%(a)s, in order since %(b)s")),
    (
        r"(?P<a>[\d-]+) or later: (?P<b>\d+) months and (?P<c>\d+) instalments in order",
        _("%(a)s or later: %(b)s months and %(c)s instalments in order"),
    ),
    (r"another debt here that is non-performing or impaired", _("another debt here that is non-performing or impaired")),
    (
        r"a new plan, more instalments, grace, a new due date, a new rate or a waiver",
        _("a new plan, more instalments, grace, a new due date, a new rate or a waiver"),
    ),
    (
        r"after (?P<a>[\d-]+) and not after (?P<b>[\d-]+), by the loan's own term of (?P<c>[\d-]+) to (?P<d>[\d-]+)",
        _("after %(a)s and not after %(b)s, by the loan's own term of %(c)s to %(d)s"),
    ),
    (r"a maturity of (?P<a>[\d-]+)", _("a maturity of %(a)s")),
    (r"within a month of (?P<a>[\d-]+)", _("within a month of %(a)s")),
    (r"both or neither", _("both or neither")),
    (r"repayment plan, last due date", _("last due day")),
    (r"repayment plan, cost", _("cost a year")),
    (r"repayment plan, rate_annual", _("rate a year")),
    (r"(?P<a>[\d-]+) or earlier, the term that was offered", _("%(a)s or earlier, the term that was offered")),
    (r"at most (?P<a>[\d.]+), which was offered", _("at most %(a)s, which was offered")),
    (r"(?P<a>[\d.]+%) a year", _("%(a)s a year")),
    (r"at most (?P<a>[\d.]+%) a year, what the offer costs", _("at most %(a)s a year, what the offer costs")),
    (r"Lower the rate, or leave a fee out\.", _("Lower the rate, or leave a fee out.")),
    (r"a contract that nobody has signed", _("a contract that nobody has signed")),
    (r"signed by (?P<a>.+)", _("signed by %(a)s")),
    (r"It is past signing\.", _("It is past signing.")),
    (r"Give it up and draw up another one\.", _("Give it up and draw up another one.")),
    (r"a text that names (?P<a>.+), who left", _("a text that names %(a)s, who left")),
    (r"a text of those who owe", _("a text of those who owe")),
    (r"Draft it anew\.", _("Draft it anew.")),
    (r"a text that is another by now", _("a text that is another by now")),
    (r"the text that was read", _("the text that was read")),
    (r"Read it again, then sign\.", _("Read it again, then sign.")),
    (r"either new_due, the new maturity, or extra_instalments", _("either a new maturity or further instalments")),
    (r"a draw on a line", _("a draw on a line")),
    (r"a note of its own", _("a note of its own")),
    (r"matured on (?P<a>[\d-]+)", _("matured on %(a)s")),
    (r"a note that has not matured", _("a note that has not matured")),
    (r"the owner's consent to secure the new note", _("the owner's consent to secure the new note")),
    (
        r"its written word that it knows that the new note repays an old one",
        _("its written word that it knows that the new note repays an old one"),
    ),
    (r"below (?P<a>[\d.]+) and not below (?P<b>[\d.]+), which is drawn", _("below %(a)s and not below %(b)s, which is drawn")),
    (r"a contract that is not paid out", _("a contract that is not paid out")),
    (r"a loan that is open", _("a loan that is open")),
    (r"a loan that is (?P<words>[a-z_ ]+)", _("a loan that is %(words)s")),
    (r"more than 0", _("more than 0")),
    (r"at most (?P<a>[\d.]+)", _("at most %(a)s")),
    (r"at most (?P<a>[\d.]+), which closes the loan", _("at most %(a)s, which closes the loan")),
    (r"at most (?P<a>[\d.]+), what is not drawn", _("at most %(a)s, what is not drawn")),
    (r"at most (?P<a>[\d.]+), what is not drawn of (?P<b>[\d.]+)", _("at most %(a)s, what is not drawn of %(b)s")),
    (r"at most (?P<a>[\d.]+), the amount of the contract", _("at most %(a)s, the amount of the contract")),
    (r"at most the overpayment, (?P<a>[\d.]+)", _("at most what was overpaid, %(a)s")),
    (r"a waiver of (?P<words>[a-z]+) beyond what is owed", _("more %(words)s forgiven than is owed")),
    (r"(?P<a>[\d-]+) to (?P<b>[\d-]+), the open day", _("%(a)s to %(b)s, the open day")),
    (r"a day up to (?P<a>[\d-]+), the open day", _("a day up to %(a)s, the open day")),
    (r"a day before (?P<a>[\d-]+), on which the loan matures", _("a day before %(a)s, on which the loan matures")),
    (r"the written consent of the (?P<words>[a-z]+)", _("the written consent of the %(words)s")),
    (r"a registration that stands until (?P<a>[\d-]+)", _("a registration that stands until %(a)s")),
    (r"registered until (?P<a>[\d-]+)", _("registered until %(a)s")),
    (r"met, with evidence", _("met, with evidence")),
    (r"no evidence", _("no evidence")),
    (r"all arrears paid", _("all arrears paid")),
    (r"unpaid since (?P<a>[\d-]+)", _("unpaid since %(a)s")),
    (r"a second person", _("a second person")),
    (r"why it is refused", _("why it is refused")),
    (r"somebody else at work on it", _("somebody else at work on it")),
    (r"a moment without others", _("a moment without others")),
    (r"(?P<a>[\d.]+), the principal of the old notes", _("%(a)s, the principal of the old notes")),
    (r"a line that is not past its last day", _("a line that is not past its last day")),
    (r"reversed already", _("undone already")),
    (r"an event that stands", _("an event that stands")),
    (r"Close the line first\.", _("End the line first.")),
    (r"Let the loan be paid off\.", _("Let the loan be paid off.")),
    (r"Repay the difference first, or make a new contract\.", _("Repay the difference first, or make a new contract.")),
    (r"The new contract comes before the old one ends\.", _("The new contract comes before the old one ends.")),
    (r"Pay it off instead\.", _("Pay it off instead.")),
    (r"Release it first\.", _("Release it first.")),
    (r"Open the line first\.", _("Open the line first.")),
    (r"Extend the loan instead\.", _("Extend the loan instead.")),
    (r"Restructure it instead\.", _("Restructure it instead.")),
    (r"A longer one is a restructuring or a new note\.", _("A longer one is a restructuring or a new note.")),
    (r"Or refinance it: then at least special mention\.", _("Or refinance it: then at least special mention.")),
    (r"A second person checks the conditions first\.", _("A second person checks the conditions first.")),
    (r"Whoever asked for an act cannot agree to it\.", _("Whoever asked for an act cannot agree to it.")),
    (r"Nothing was changed: send it again\.", _("Nothing was changed: send it again.")),
    (r"Name the document under the provider\.", _("Name the document beside the name.")),
    (r"The mortgage keeps its rank only with it\.", _("The mortgage keeps its rank only with it.")),
)
_KNOWN = WholeTexts((*PATTERNS, *product_fault_words.PATTERNS, *review_fault_words.PATTERNS))
_CODES: dict[str, Any] = {**CHOICES, **SECURITIES} | {
    code: each.label for table in (LOAN, CONTRACT, LINE, COMMAND) for code, each in table.items()
}


def told(text: str) -> str:
    """A text of a fault in the reader's language; unchanged where it is not known."""
    found = _KNOWN.told(text, _part)
    if found is None:
        return str(_CODES[text]) if text in _CODES else score_words.told(text)
    return found


def _part(name: str, text: str) -> str:
    """Codes joined by "or", each by its word; other parts as they are. Raises NotAPart for a code that is none."""
    if name != "words":
        return text
    codes = text.split(" or ")
    if any(code not in _CODES for code in codes):
        raise NotAPart
    return str(_(" or ")).join(str(_CODES[code]) for code in codes)
