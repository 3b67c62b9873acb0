"""What the accountant's pages show beside the scenario: payments through an outside bank, money in suspense, late and reversed postings.

An outside bank is simulated; firms, amounts and texts are made up. The bank pays, refuses, answers late or never; its statement shows
all of that, a charge that nobody knows of, and money from payers known, alike and unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from typing import Any

from tests.loans.conftest import MONTHLY, make_cleared_contract

OWN_NUMBER = "6222020200112233445"
CHINA = timezone(timedelta(hours=8))
SUPPLIERS = ("青石建材有限公司", "云溪粮油贸易有限公司", "临江五金厂", "北岭茶叶合作社", "松坪包装材料厂")


@dataclass
class Money:
    """What a test needs to know of it."""

    institution: Any
    account: Any
    orders: dict[str, Any] = field(default_factory=dict)  # state → payment order
    contract: Any = None  # cleared, nothing ordered yet
    receipts: dict[str, Any] = field(default_factory=dict)  # payer known, alike, unknown, old
    late_day: Any = None
    reversed_day: Any = None


def add(scenario: Any) -> Money:
    """Adds it to the scenario, through public actions."""
    from puhui.parties.models import Institution
    from puhui.payments.actions import open_bank_account

    institution = Institution.objects.get(pk=scenario.institution.pk)
    account = open_bank_account(institution, "MAIN", OWN_NUMBER, "邻县银行", "accountant", channel="simulated")
    money = Money(institution, account)
    bank = _bank(institution)
    _orders(institution, money, bank)
    _days_pass(institution, 3)
    _received(institution, money, bank)
    _late_and_reversed(institution, money)
    _days_pass(institution, 1)
    _set_aside(institution, money)
    return money


def _bank(institution: Any, **manners: float) -> Any:
    from puhui.payments.simulator import SimulatedBank

    return SimulatedBank(manners=dict(manners), at=datetime.combine(institution.business_date, time(9), CHINA))


def _days_pass(institution: Any, days: int) -> None:
    from puhui.loans import day_end

    for _ in range(days):
        day_end.run_day(institution, "night run")
    institution.refresh_from_db()


def _contract(institution: Any, number: int) -> Any:
    """A cleared contract over 60,000 to 90,000 yuan."""
    return make_cleared_contract(institution, number, {**MONTHLY, "amount": f"{60_000 + 7_500 * (number - 901)}.00"})


def _orders(institution: Any, money: Money, bank: Any) -> None:
    """A payment in each state; the unknown one was ordered by the officer."""
    from puhui.payments.actions import Payee, drive, hear, instruct
    from puhui.payments.channel import Answer

    def ordered(number: int) -> Any:
        contract = _contract(institution, number)
        number_at_bank, proof = f"62305800000998877{number % 100:02d}", f"购销合同 {number}"
        payee = Payee(SUPPLIERS[number % 5], number_at_bank, "邻县银行", contract.amount_fen, proof, "entrusted")
        return instruct(contract, money.account, [payee], f"payout-{number}", "officer")[0]

    def driven(order: Any, channel: Any, steps: int) -> Any:
        for _ in range(steps):
            order = drive(order, channel, channel.at)
            channel.move_on(31)
        return order

    orders = money.orders
    orders["confirmed"] = driven(ordered(901), bank, 1)
    orders["failed"] = driven(ordered(902), _bank(institution, refused=1.0), 3)
    orders["unknown"] = driven(ordered(903), _bank(institution, request_lost=1.0), 60)
    orders["sent"] = driven(ordered(904), _bank(institution, works_on_it=1.0), 1)
    orders["created"] = ordered(905)
    # Paid once more, says the bank, after it had said that it is paid.
    again = Answer("paid", orders["confirmed"].amount_fen, "B00000099", institution.business_date)
    orders["confirmed"] = hear(institution, orders["confirmed"].reference, again, bank.at + timedelta(hours=2))
    money.contract = _contract(institution, 906)


def _received(institution: Any, money: Money, bank: Any) -> None:
    """A statement of the day on which money came, with one of everything."""
    from puhui.loans.models import Loan
    from puhui.payments.actions import import_statement
    from puhui.payments.models import Receipt
    from puhui.payments.simulator import Paid

    loans = list(Loan.objects.filter(institution=institution, status="performing").select_related("firm").order_by("pk")[:4])
    first = institution.business_date - timedelta(days=3)
    bank.receive(312_000, first, "货款退回", "南浦运输队", "6230580000011110001")
    bank.receive(2_500_000, first, "往来款", loans[0].firm.name[:-2] + "行")
    bank.paid.append(Paid("", 35_000, first, "B00000077", "", "邻县银行手续费"))
    import_statement(money.account, bank.statement(OWN_NUMBER, first), "camt.053", f"{first}.xml", "accountant", bank.at)
    today = institution.business_date
    bank.receive(1_000_000, today, f"归还借款 {loans[1].number}", loans[1].firm.name, "6217001234567890123")
    bank.receive(880_000, today, "还款", loans[2].firm.name)
    bank.receive(45_600, today, "不明来款")
    import_statement(money.account, bank.statement(OWN_NUMBER, today), "camt.053", f"{today}.xml", "accountant", bank.at)
    by_amount = {each.amount_fen: each for each in Receipt.objects.filter(institution=institution)}
    amounts = {"old": 312_000, "alike": 2_500_000, "certain": 1_000_000, "known": 880_000, "unknown": 45_600}
    money.receipts = {name: by_amount[amount] for name, amount in amounts.items()}


def _late_and_reversed(institution: Any, money: Money) -> None:
    """A payment that came four days ago and is entered today, and one that is taken back."""
    from puhui.loans import actions
    from puhui.loans.models import Loan

    loans = list(Loan.objects.filter(institution=institution, status="performing").order_by("-pk")[:2])
    money.late_day = money.reversed_day = institution.business_date
    old = min(institution.business_date - timedelta(days=4), institution.business_date)
    late = next(each for each in Loan.objects.filter(institution=institution, status="performing").order_by("pk") if each.start < old)
    actions.repay(late, 150_000, "late payment", "accountant", on=old)
    wrong = actions.repay(loans[1] if loans[1].pk != late.pk else loans[0], 90_000, "wrong payment", "accountant")
    actions.reverse(wrong, "undo wrong payment", "付款人写错借据号", "accountant")


def _set_aside(institution: Any, money: Money) -> None:
    """A loan that the last night could not process, as the day end notes it."""
    from puhui.loans.models import Loan, SetAside

    loan = Loan.objects.filter(institution=institution).order_by("pk").first()
    reason = "FaultsError: terms: found rate_annual 'abc', expected a number. Correct the contract's terms."
    SetAside.objects.create(institution=institution, loan=loan, date=institution.business_date - timedelta(days=1), reason=reason)
