"""The port to an outside bank: what Puhui asks of it and what it may answer. Adapters for real banks implement `Channel`.

Every instruction carries our own reference. A bank may answer late, twice, wrongly or never; so an answer is only what it says it is,
and what follows from it is decided in `order_states`, never here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol

__all__ = ["ANSWERS", "Answer", "Channel", "ChannelError", "Instruction", "answer_from", "instruction_from"]

ANSWERS = ("accepted", "paid", "refused", "not_known", "cancelled", "none")
"""accepted: the bank has it and works on it. paid, refused, cancelled: final as far as the bank says. not_known: the bank has never seen
the reference. none: no answer, or one that cannot be read."""


class ChannelError(Exception):
    """The bank could not be reached, or what came back cannot be read: nothing is known about the payment."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """Pay `amount_fen` from our account to somebody. `reference` is ours, at most 32 letters and digits, once for ever."""

    reference: str
    from_account: str
    payee_name: str
    payee_account: str
    payee_bank: str
    payee_bank_code: str
    amount_fen: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bank says of one reference."""

    kind: str
    amount_fen: int | None = None
    channel_reference: str = ""
    paid_on: date | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "paid_on": self.paid_on.isoformat() if self.paid_on else None}


NOTHING = Answer("none")


class Channel(Protocol):
    """An outside bank. Every method may raise ChannelError."""

    @property
    def refuses_duplicates(self) -> bool:
        """Whether the bank pays a reference once however often it is sent. Where it does not, nothing is ever sent twice."""

    def send(self, instruction: Instruction) -> Answer:
        """Hand in a payment."""

    def query(self, reference: str) -> Answer:
        """What became of a payment."""

    def cancel(self, reference: str) -> Answer:
        """Stop a payment that is not made yet: `cancelled` only where it is certain that it never will be."""

    def statement(self, account: str, day: date) -> bytes:
        """The bank's statement of an account of ours over a day, as camt.053."""


def answer_from(document: object) -> Answer:
    """An answer from a JSON document. Raises ChannelError where it is none: what cannot be read says nothing."""
    if not isinstance(document, dict) or document.get("kind") not in ANSWERS:
        raise ChannelError(f"an answer that cannot be read: {str(document)[:200]}")
    amount, paid_on = document.get("amount_fen"), document.get("paid_on")
    if amount is not None and (type(amount) is not int or amount < 0):
        raise ChannelError(f"an amount that cannot be read: {str(amount)[:40]}")
    try:
        day = date.fromisoformat(paid_on) if paid_on else None
    except (TypeError, ValueError) as error:
        raise ChannelError(f"a day that cannot be read: {str(paid_on)[:40]}") from error
    texts = {name: str(document.get(name) or "")[:200] for name in ("channel_reference", "reason")}
    return Answer(document["kind"], amount, paid_on=day, **texts)


def instruction_from(document: object) -> Instruction:
    """An instruction from a JSON document. Raises ChannelError."""
    try:
        return Instruction(**document)  # type: ignore[arg-type]
    except TypeError as error:
        raise ChannelError(str(error)) from error
