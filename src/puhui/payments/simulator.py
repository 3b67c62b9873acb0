"""An outside bank made up for tests and demonstrations: it answers late, twice, wrongly or never, and keeps its own account of what it
paid, so that a test can compare what Puhui believes with what happened.

Same seed, same manners, same calls: same answers. It has no clock: `at` is moved by whoever drives it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from puhui.payments.camt053_writing import Booking, write_statement
from puhui.payments.channel import Answer, ChannelError, Instruction

__all__ = ["MANNERS", "Paid", "SimulatedBank"]

MANNERS = {
    "request_lost": 0.0,  # never arrives: the bank does not know the reference
    "request_late": 0.0,  # arrives after the caller has given up waiting
    "answer_lost": 0.0,  # carried out, and the answer never comes
    "refused": 0.0,  # rightly: not paid
    "works_on_it": 0.0,  # accepted now, paid later
    "other_amount": 0.0,  # pays another amount, and says so
    "says_refused": 0.0,  # wrongly: it is paid
    "says_not_known": 0.0,  # wrongly, to a query
    "told_twice": 0.0,  # the notice comes twice
}
LATE_MINUTES = 20
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment that the bank really made."""

    reference: str
    amount_fen: int
    on: date
    number: str
    payee_account: str
    payee_name: str


@dataclass
class SimulatedBank:
    """Implements `Channel`. `manners` are shares of the cases (0 to 1), by the names of MANNERS; what is not named does not happen."""

    seed: int = 0
    manners: dict[str, float] = field(default_factory=dict)
    refuses_duplicates: bool = True
    at: datetime = datetime(2026, 1, 15, 9, tzinfo=CHINA)
    paid: list[Paid] = field(default_factory=list)
    received: list[Booking] = field(default_factory=list)  # money that came in from others, for statements
    notices: list[tuple[str, Answer]] = field(default_factory=list)
    sends: int = 0

    def __post_init__(self) -> None:
        if unknown := set(self.manners) - set(MANNERS):
            raise ValueError(f"manners unknown: {', '.join(sorted(unknown))}")
        self._random = random.Random(self.seed)
        self._known: dict[str, Answer] = {}
        self._later: list[tuple[datetime, Callable[[], object]]] = []

    # ------------------------------------------------------------------------------------------------ the port

    def send(self, instruction: Instruction) -> Answer:
        self.sends += 1
        if self._happens("request_lost"):
            raise ChannelError("no answer")
        if self._happens("request_late"):
            self._later.append((self.at + timedelta(minutes=LATE_MINUTES), lambda: self._take(instruction)))
            raise ChannelError("no answer")
        answer = self._take(instruction)
        if self._happens("answer_lost"):
            raise ChannelError("no answer")
        return Answer("refused", reason="system busy") if self._happens("says_refused") else answer

    def query(self, reference: str) -> Answer:
        self._arrive()
        if reference not in self._known or self._happens("says_not_known"):
            return Answer("not_known")
        if self._happens("answer_lost"):
            raise ChannelError("no answer")
        return self._known[reference]

    def cancel(self, reference: str) -> Answer:
        self._arrive()
        known = self._known.get(reference)
        if known is None or known.kind == "accepted":
            self._known[reference] = Answer("cancelled", reason="cancelled at your request")
        return self._known[reference]

    def statement(self, account: str, day: date) -> bytes:
        """What was paid from `account` and received on it on `day`, with balances that add up."""
        out = [
            Booking(-each.amount_fen, each.on, each.number, each.reference, each.payee_name, each.payee_account, "") for each in self.paid
        ]
        every = sorted([*out, *self.received], key=lambda booking: (booking.on, booking.bank_reference))
        opening = sum(booking.amount_fen for booking in every if booking.on < day)
        return write_statement(account, day, opening, [booking for booking in every if booking.on == day])

    # ------------------------------------------------------------------------------------------------ the outside world

    def move_on(self, minutes: int) -> list[tuple[str, Answer]]:
        """Time passes: what was late arrives. Returns the notices that the bank sends by then, and forgets them."""
        self.at += timedelta(minutes=minutes)
        self._arrive()
        told, self.notices = self.notices, []
        return told

    def receive(self, amount_fen: int, on: date, text: str, payer: str = "", account: str = "", reference: str = "") -> Booking:
        """Somebody pays into our account."""
        number = f"R{len(self.received) + 1:08d}"
        booking = Booking(amount_fen, on, number, reference, payer, account, text)
        self.received.append(booking)
        return booking

    def paid_fen(self, reference: str) -> int:
        """All that was really paid under a reference."""
        return sum(each.amount_fen for each in self.paid if each.reference == reference)

    # ------------------------------------------------------------------------------------------------ inside

    def _take(self, instruction: Instruction) -> Answer:
        known = self._known.get(instruction.reference)
        if known is not None and (self.refuses_duplicates or known.kind == "cancelled"):
            return known
        if self._happens("refused"):
            return self._note(instruction.reference, Answer("refused", reason="payee account is closed"))
        if self._happens("works_on_it"):
            self._note(instruction.reference, Answer("accepted"))
            self._later.append((self.at + timedelta(minutes=LATE_MINUTES), lambda: self._pay(instruction, notify=True)))
            return Answer("accepted")
        return self._pay(instruction)

    def _pay(self, instruction: Instruction, notify: bool = False) -> Answer:
        known = self._known.get(instruction.reference)
        if known is not None and known.kind == "cancelled":
            return known
        amount = instruction.amount_fen + (100 if self._happens("other_amount") else 0)
        number = f"B{len(self.paid) + 1:08d}"
        self.paid.append(Paid(instruction.reference, amount, self.at.date(), number, instruction.payee_account, instruction.payee_name))
        answer = self._note(instruction.reference, Answer("paid", amount, number, self.at.date()))
        if notify:
            self.notices += [(instruction.reference, answer)] * (2 if self._happens("told_twice") else 1)
        return answer

    def _note(self, reference: str, answer: Answer) -> Answer:
        self._known[reference] = answer
        return answer

    def _arrive(self) -> None:
        due = [work for when, work in self._later if when <= self.at]
        self._later = [(when, work) for when, work in self._later if when > self.at]
        for work in due:
            work()

    def _happens(self, manner: str) -> bool:
        share = self.manners.get(manner, 0.0)
        return share > 0 and self._random.random() < share
