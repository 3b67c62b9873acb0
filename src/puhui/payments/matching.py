"""Which loan a receipt is for: candidates with a score and its grounds. Pure; the figures are handed in.

Exact things first: our number in the text, the account that we verified, the name as registered, the amount to the fen. A receipt is
put to a loan without a person only where its number is named and the payer is known, or where payer and amount fit one loan alone.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Candidate", "Clue", "Suggestion", "certain", "grounds_for", "plain", "suggestions"]

WEIGHTS = {
    "number_named": 50, "account_known": 35, "name_equal": 30, "person_equal": 20, "name_alike": 10,
    "amount_due": 20, "amount_closes": 20, "amount_next": 15,
}  # fmt: skip
ALIKE = 0.8
LEAST = 20


@dataclass(frozen=True, slots=True)
class Clue:
    """What a receipt tells of itself."""

    amount_fen: int
    text: str
    payer: str
    account_index: bytes | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A loan that it might be for. `due_fen` is due and unpaid, `next_fen` the coming instalment."""

    loan_id: int
    numbers: Sequence[str]  # of loan and contract
    firm: str
    people: Sequence[str]
    account_indexes: Sequence[bytes]
    due_fen: int
    next_fen: int
    to_close_fen: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    loan_id: int
    score: int  # 0 to 100
    grounds: tuple[str, ...]
    to_close_fen: int


def suggestions(clue: Clue, candidates: Sequence[Candidate]) -> list[Suggestion]:
    """Candidates that anything speaks for, the best first."""
    found = []
    for each in candidates:
        grounds = tuple(grounds_for(clue, each))
        score = min(sum(WEIGHTS[ground] for ground in grounds), 100)
        if score >= LEAST:
            found.append(Suggestion(each.loan_id, score, grounds, each.to_close_fen))
    return sorted(found, key=lambda each: (-each.score, each.loan_id))


def certain(clue: Clue, found: Sequence[Suggestion]) -> Suggestion | None:
    """The suggestion that needs no person, if there is one."""
    if not found or clue.amount_fen > found[0].to_close_fen:
        return None
    best, grounds = found[0], set(found[0].grounds)
    alone = len(found) == 1 or found[1].score < best.score
    payer_known = bool(grounds & {"account_known", "name_equal", "person_equal"})
    amount_fits = bool(grounds & {"amount_due", "amount_closes", "amount_next"})
    others_named = any("number_named" in each.grounds for each in found[1:])
    if "number_named" in grounds and not others_named and (payer_known or amount_fits):
        return best
    return best if alone and amount_fits and bool(grounds & {"account_known", "name_equal"}) else None


def plain(text: str) -> str:
    """As names and numbers are compared: full-width as half-width, capitals, without spaces and punctuation."""
    return "".join(character for character in unicodedata.normalize("NFKC", text).upper() if character.isalnum())


def grounds_for(clue: Clue, each: Candidate) -> list[str]:
    """What speaks for a candidate: of WEIGHTS, who it is first, then the amount."""
    grounds = []
    text, payer, firm = plain(clue.text), plain(clue.payer), plain(each.firm)
    if any(_names(text, plain(number)) for number in each.numbers):
        grounds.append("number_named")
    if clue.account_index is not None and clue.account_index in each.account_indexes:
        grounds.append("account_known")
    if payer and payer == firm:
        grounds.append("name_equal")
    elif payer and payer in {plain(person) for person in each.people}:
        grounds.append("person_equal")
    elif payer and difflib.SequenceMatcher(None, payer, firm).ratio() >= ALIKE:
        grounds.append("name_alike")
    if clue.amount_fen == each.due_fen and each.due_fen:
        grounds.append("amount_due")
    elif clue.amount_fen == each.to_close_fen:
        grounds.append("amount_closes")
    elif clue.amount_fen == each.next_fen and each.next_fen:
        grounds.append("amount_next")
    return grounds


def _names(text: str, number: str) -> bool:
    """Whether a text names a number: not as a part of a longer one."""
    place = text.find(number)
    while number and place >= 0:
        after = text[place + len(number) : place + len(number) + 1]
        if not after.isdigit():
            return True
        place = text.find(number, place + 1)
    return False
