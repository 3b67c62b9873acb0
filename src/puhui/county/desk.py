"""The lender's desk as the made-up county uses it: contracts, payouts and acts, each asked for by one person and agreed by another.

Everything goes through the platform's public actions; the desk only knows who asks and who checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from puhui.decisions.models import Offer
from puhui.loans import actions as loans
from puhui.loans.command_models import Command
from puhui.loans.commands import Performed, Target, approve, perform
from puhui.loans.models import Condition, Contract, Loan
from puhui.loans.securing import add_security
from puhui.parties.models import Firm, Institution, User
from puhui.payments import actions as payments
from puhui.payments.models import BankAccount
from puhui.payments.simulator import SimulatedBank

EVIDENCE = "演示资料已核对"
CHINA = timezone(timedelta(hours=8))

Plan = Mapping[str, Any] | None
# Firm, amount in fen, months, purpose → an accepted offer.
Lend = Callable[[Firm, int, int, str], Offer]


@dataclass
class Desk:
    """`people`: officer, risk (who agrees), accountant (who checks payouts). `lend` decides on a further loan of a firm."""

    institution: Institution
    people: Mapping[str, User]
    lend: Lend
    asked: int = field(default=0)

    @property
    def day(self) -> date:
        return self.institution.business_date

    def do(self, act: str, target: Target, maker: str = "officer", **arguments: Any) -> Performed:
        """An act as the officer asks for it, agreed by the risk manager where a second person must."""
        self.asked += 1
        done = perform(self.people[maker], act, target, arguments, f"county:{self.asked}:{act}")
        if done.status == "waiting":
            done = approve(self.people["risk"], Command.objects.select_related("institution").get(pk=done.command_id))
        return done

    def contract(self, offer: Offer, plan: Plan = None) -> Contract:
        """From an accepted offer to a contract with which money may go out."""
        return self.contracts([(offer, plan, "")])[0]

    def contracts(self, agreed: Sequence[tuple[Offer, Plan, str]]) -> list[Contract]:
        """The same for many offers, each with its plan of repayment and its guarantor, if there is one."""
        return loans.clear_contracts(sign_contracts(self.institution, agreed), self.people["accountant"])

    def pay_by_order(self, contract: Contract, parts: list[payments.Payee]) -> Loan:
        """Pay out through the lender's account at an outside bank, which here answers at once, and again an hour later."""
        account = BankAccount.objects.get(institution=self.institution)
        bank = SimulatedBank(seed=contract.pk, at=datetime.combine(self.day, time(9), CHINA))
        for order in payments.instruct(contract, account, parts, f"payout:{contract.pk}", "accountant"):
            for _ in range(3):
                order = payments.drive(order, bank, bank.at)
                bank.move_on(31)
        return Loan.objects.get(contract=contract)


def sign_contracts(institution: Institution, agreed: Sequence[tuple[Offer, Plan, str]]) -> list[Contract]:
    """From accepted offers to signed contracts with all conditions recorded, still to be checked."""
    contracts = loans.draft_contracts(institution, [(offer, plan) for offer, plan, _ in agreed], "officer")
    for contract, (_, _, guarantor) in zip(contracts, agreed, strict=True):
        if guarantor:
            add_security(contract, "guarantor", guarantor, f"保证合同 {contract.number}", "officer")
    evidence = {"channel": "demonstration", "identity": "face and number compared"}
    loans.sign_contracts(contracts, "borrower", "legal representative", "electronic", evidence, "borrower")
    loans.sign_contracts(contracts, "lender", "officer", "electronic", {"channel": "console"}, "officer")
    codes: dict[int, list[str]] = {contract.pk: [] for contract in contracts}
    for contract_id, code in Condition.objects.filter(contract__in=contracts).values_list("contract_id", "code"):
        codes[contract_id].append(code)
    loans.meet_conditions_of([(contract, dict.fromkeys(codes[contract.pk], EVIDENCE)) for contract in contracts], "officer")
    return contracts
