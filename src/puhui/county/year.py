"""A year of notes: each begins with the payout of its life, and each morning brings what its life holds for the day, and its money.

The nights are the day end's. Borrowers of the notes followed here bring what falls due on its day, unless their life is silent then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import F, Sum

from puhui.county.desk import Desk
from puhui.county.happenings import Happening, Note
from puhui.county.lives import Life, day_of_year
from puhui.decisions.models import Offer
from puhui.loans import actions as loans
from puhui.loans.models import Contract, DebitAccount, Instalment
from puhui.payments.actions import Payee

OWED_FEN = Sum(F("principal_fen") + F("interest_fen") + F("fee_fen") + F("penalty_fen") + F("compound_fen") - F("paid_fen"))
SUPPLIERS = (("青石建材有限公司", "6230580000099887766"), ("云溪五金批发部", "6230580000011112222"))


@dataclass
class Year:
    """The notes that are followed, and what is still to happen: day → (note, what), in the order in which it was planned."""

    desk: Desk
    notes: list[Note] = field(default_factory=list)
    ahead: dict[date, list[tuple[Note, Happening]]] = field(default_factory=dict)
    silent: dict[int, tuple[date, date]] = field(default_factory=dict)  # firm → no money from the first day, before the second

    def begin(self, offers: Sequence[tuple[Offer, Life]]) -> list[Note]:
        """Sign and pay out accepted offers, each as its life says."""
        agreed = [(offer, life.plan(offer.terms, self.desk.day), life.guarantor) for offer, life in offers]
        contracts = self.desk.contracts(agreed)
        begun = [
            (Note(life.code, offer.firm, contract, self.desk.day), life) for (offer, life), contract in zip(offers, contracts, strict=True)
        ]
        whole = [(note.contract, f"payout:{note.contract.pk}") for note, life in begun if life.payout == "whole"]
        for loan in loans.draw_down_many(self.desk.institution, whole, "accountant"):
            next(note for note, _ in begun if note.contract.pk == loan.contract_id).loan_id = loan.pk
        for note, life in begun:
            self._pay_out(note, life)
            self._plan(note, life)
        self.notes += [note for note, _ in begun]
        return [note for note, _ in begun]

    def _pay_out(self, note: Note, life: Life) -> None:
        contract = note.contract
        if life.payout == "part":
            half = contract.amount_fen // 20_000 * 10_000
            note.loan_id = self.desk.do("draw_down", contract, "accountant", amount_fen=half).result.pk
        elif life.payout == "line":
            self.desk.do("open_line", contract)
        elif life.payout == "orders":
            note.loan_id = self.desk.pay_by_order(contract, _payees(contract)).pk

    def _plan(self, note: Note, life: Life) -> None:
        for when, what in life.steps:
            self.ahead.setdefault(day_of_year(note.start, when), []).append((note, what))
        if life.silent is not None:
            first, last = (day_of_year(note.start, when) for when in life.silent)
            self.silent[note.firm.pk] = (first, last)

    def morning(self) -> int:
        """What the open day holds: happenings, then money for what falls due. How many happened."""
        day = self.desk.day
        due = self.ahead.pop(day, [])
        for note, what in due:
            what(self.desk, note)
        self._bring(day)
        return len(due)

    def _bring(self, day: date) -> None:
        firms = [note.firm.pk for note in self.notes if not self._is_silent(note.firm.pk, day)]
        loans.deposit_many(self.desk.institution.pk, shortfalls(firms, day))

    def _is_silent(self, firm_id: int, day: date) -> bool:
        first, last = self.silent.get(firm_id, (day, day))
        return first <= day < last


def shortfalls(firm_ids: Iterable[int], day: date) -> dict[int, int]:
    """Firm → what its loans' instalments of `day` ask for beyond what is on its account, fen; firms that lack nothing are left out."""
    due_today = Instalment.objects.filter(loan__firm_id__in=list(firm_ids), loan__next_action_date=day, due__lte=day)
    wanted = dict(due_today.values("loan__firm_id").annotate(owed_fen=OWED_FEN).values_list("loan__firm_id", "owed_fen"))
    held = dict(DebitAccount.objects.filter(firm_id__in=wanted).values_list("firm_id", "balance_fen"))
    missing = {firm_id: owed - held.get(firm_id, 0) for firm_id, owed in wanted.items()}
    return {firm_id: amount for firm_id, amount in missing.items() if amount > 0}


def _payees(contract: Contract) -> list[Payee]:
    """Two suppliers, entrusted, each with its invoice."""
    first = contract.amount_fen * 6 // 10 // FEN_OF_HUNDRED * FEN_OF_HUNDRED
    amounts = (first, contract.amount_fen - first)
    return [
        Payee(name, number, "邻县银行", amount, proof=f"购销合同 {place}", mode="entrusted")
        for place, ((name, number), amount) in enumerate(zip(SUPPLIERS, amounts, strict=True), 1)
    ]


FEN_OF_HUNDRED = 10_000
