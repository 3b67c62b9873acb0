"""What happens to notes of the made-up county, each an act of the lender's desk: payments early and late, changes, renewals, losses.

A happening is handed the desk and the note, on the morning of its day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from puhui.county.desk import Desk
from puhui.loans import actions as loans
from puhui.loans.class_models import Finding
from puhui.loans.models import Contract, Event, Loan
from puhui.loans.queries import fold_as_known, owed
from puhui.loans.renewing import conditions_on
from puhui.parties.models import Branch, Firm, User

FEN = 100
Plan = dict[str, Any]


@dataclass
class Note:
    """A note that is followed through the year: the loan that runs now (the new one after a renewal), and what came before."""

    life: str
    firm: Firm
    contract: Contract
    start: date
    loan_id: int | None = None
    events: dict[str, int] = field(default_factory=dict)  # numbers of events that a later happening undoes

    @property
    def loan(self) -> Loan:
        assert self.loan_id is not None, f"{self.life}: nothing was paid out"
        return Loan.objects.select_related("institution", "contract", "firm").get(pk=self.loan_id)


Happening = Callable[[Desk, Note], None]


def hundreds(amount_fen: int, share: str) -> int:
    """A share of an amount, in whole hundreds of yuan, at least one."""
    return max(int(amount_fen * Decimal(share)) // 10_000 * 10_000, 10_000)


def lowered(rate: str, share: str = "0.98") -> str:
    """A rate lowered to a share of itself, to hundredths of a percent: by actual days ÷ 360 it then costs no more than by months."""
    return str((Decimal(rate) * Decimal(share)).quantize(Decimal("0.0001"), ROUND_DOWN))


# ---------------------------------------------------------------------------------------------------------------- money that comes


def catch_up(desk: Desk, note: Note) -> None:
    """All that is owed comes to the account; the night debits it."""
    if (due_fen := owed(note.loan, desk.day).due_fen) > 0:
        loans.deposit(note.firm, due_fen)


def prepay(share: str) -> Happening:
    """A part of the principal before it is due, after what is due."""

    def happen(desk: Desk, note: Note) -> None:
        loan = note.loan
        done = desk.do("repay", loan, amount_fen=hundreds(loan.principal_fen, share))
        note.events["repayment"] = done.result.number

    return happen


def pay_off(desk: Desk, note: Note) -> None:
    desk.do("pay_off", note.loan)


def prepay_instalments(count: int) -> Happening:
    """The next instalments in advance."""

    def happen(desk: Desk, note: Note) -> None:
        coming = note.loan.instalments.filter(due__gt=desk.day).order_by("due")[:count]
        desk.do("repay", note.loan, amount_fen=sum(row.principal_fen + row.interest_fen for row in coming))

    return happen


def recover(share: str) -> Happening:
    """Money after the write-off."""

    def happen(desk: Desk, note: Note) -> None:
        desk.do("recover", note.loan, amount_fen=hundreds(note.loan.principal_fen, share))

    return happen


# -------------------------------------------------------------------------------------------------------------------------- changes


def reverse(kind: str) -> Happening:
    """The last event of a kind is undone: it was booked to the wrong note, or charged for nothing."""

    def happen(desk: Desk, note: Note) -> None:
        desk.do("reverse", note.loan, event=note.events[kind], reason="记账差错，原交易冲正")

    return happen


def charge(yuan: int) -> Happening:
    def happen(desk: Desk, note: Note) -> None:
        done = desk.do("charge", note.loan, amount_fen=yuan * FEN, kind="cost", reason="抵押物公证费")
        note.events["fee"] = done.result.number

    return happen


def waive_penalty(desk: Desk, note: Note) -> None:
    """Penalty run up so far is forgiven; compound interest stays."""
    rows = fold_as_known(note.loan, desk.day, None).position.rows
    desk.do("waive", note.loan, amount_fen=sum(row.owed("penalty") for row in rows), of="penalty", reason="因灾停工，减免罚息")


def refund(desk: Desk, note: Note) -> None:
    desk.do("refund", note.loan, amount_fen=note.loan.overpaid_fen, reason="多收费用退还借款人")


def reprice(difference: str) -> Happening:
    """The rate follows the loan prime rate."""

    def happen(desk: Desk, note: Note) -> None:
        rate = Decimal(note.loan.terms["rate_annual"]) + Decimal(difference)
        desk.do("change_rate", note.loan, rate_annual=str(rate), reason=f"按 {desk.day} 前最近一期 LPR 重定价")

    return happen


def pause(days: int) -> Happening:
    def happen(desk: Desk, note: Note) -> None:
        until = desk.day + timedelta(days=days)
        desk.do("pause", note.loan, until=until.isoformat(), reason="洪涝受灾企业，停息")

    return happen


def misuse(share: str, days: int) -> Happening:
    def happen(desk: Desk, note: Note) -> None:
        until, part = desk.day + timedelta(days=days), hundreds(note.loan.principal_fen, share)
        desk.do("record_misuse", note.loan, amount_fen=part, until=until.isoformat(), evidence="资金转入证券账户的流水")

    return happen


def end_misuse(desk: Desk, note: Note) -> None:
    """The misused part is back where it belongs: the finding ends, and the class may rise by workflow."""
    loan = note.loan
    for finding in Finding.objects.filter(firm=note.firm, ended_on__isnull=True):
        desk.do("end_finding", loan, finding=finding.pk, evidence="资金已转回并用于采购")
    desk.do("upgrade", loan, to="normal", evidence="用途已恢复，按期还款")


def find_and_downgrade(desk: Desk, note: Note) -> None:
    """The largest customer fails: a person sees it before any clock does."""
    desk.do("record_finding", note.loan, code="credit_impaired", of="debtor", evidence="主要客户破产公告")
    if note.loan.held_class.risk_class == "substandard":
        desk.do("downgrade", note.loan, to="doubtful", reason="主要客户破产，回款无望")


def upgrade(to: str) -> Happening:
    def happen(desk: Desk, note: Note) -> None:
        desk.do("upgrade", note.loan, to=to, evidence="还款正常满观察期，现场检查合格")

    return happen


def transfer(branch: str) -> Happening:
    """The note moves to another branch, the firm to another manager."""

    def happen(desk: Desk, note: Note) -> None:
        code = Branch.objects.get(institution=desk.institution, code=branch).code
        desk.do("transfer_branch", note.loan, branch=code, reason="企业迁址")
        manager = User.objects.get(institution=desk.institution, username="approver")
        desk.do("transfer_manager", note.firm, manager=manager.pk, reason="企业迁址")

    return happen


def move_due_date(days: int) -> Happening:
    """The next due date and all after it, some days later: the buyer pays on another day of the month."""

    def happen(desk: Desk, note: Note) -> None:
        due = note.loan.instalments.filter(due__gt=desk.day).order_by("due").values_list("due", flat=True)[0]
        new = due + timedelta(days=days)
        desk.do("move_due_date", note.loan, due=due.isoformat(), new_due=new.isoformat(), later="follow", reason="客户回款日变更")

    return happen


def extend(days: int, in_difficulty: str) -> Happening:
    """A later maturity, agreed before the note matures, with the guarantor's consent."""

    def happen(desk: Desk, note: Note) -> None:
        last = note.loan.instalments.order_by("-due").values_list("due", flat=True)[0]
        consents = {row.provider: "保证人同意展期书" for row in note.loan.contract.securities.all()}
        new = (last + timedelta(days=days)).isoformat()
        reason = "下游回款推迟"
        desk.do("extend", note.loan, new_due=new, in_difficulty=in_difficulty, consents=consents, reason=reason)

    return happen


def restructure(measures: dict[str, Any]) -> Happening:
    """Other terms from the last due date on for a debtor in difficulty, with the guarantor's consent."""

    def happen(desk: Desk, note: Note) -> None:
        begin = note.loan.instalments.filter(due__lte=desk.day).order_by("-due").values_list("due", flat=True)[0]
        consents = {row.provider: "保证人同意重组书" for row in note.loan.contract.securities.all()}
        desk.do("restructure", note.loan, consents=consents, difficulty="销售下降六成，停产一月", begin=begin.isoformat(), **measures)

    return happen


# ----------------------------------------------------------------------------------------------------------------------- new notes


def second_note(months: int) -> Happening:
    """Another note of the same firm, in one sum like the first."""

    def happen(desk: Desk, note: Note) -> None:
        offer = desk.lend(note.firm, note.contract.amount_fen, months, "orders")
        loan = loans.draw_down(desk.contract(offer, bullet(months, offer.terms)), f"second:{note.contract.pk}", "accountant")
        note.events["second"] = loan.pk

    return happen


def bullet(months: int, offered: dict[str, Any]) -> Plan:
    """Principal and interest in one sum."""
    rate = lowered(offered["rate_annual"])
    return {"method": "bullet", "every": f"{months} month", "instalments": 1, "day_count": "ACT/360", "rate_annual": rate}


def refinance(kind: str, months: int, in_difficulty: str = "no") -> Happening:
    """A new note closes the old ones without cash: as renewal with all conditions met, as refinancing, or of several into one."""

    def happen(desk: Desk, note: Note) -> None:
        old = [note.loan] if "second" not in note.events else [note.loan, Loan.objects.get(pk=note.events["second"])]
        offer = desk.lend(note.firm, sum(loan.principal_fen for loan in old), months, "inventory")
        contract = desk.contract(offer, bullet(months, offer.terms))
        evidence = {row["code"]: "现场检查报告" for row in conditions_on(desk.day)} if kind == "renewal" else None
        closed = [loan.pk for loan in old]
        reason = "资金周转临时困难"
        done = desk.do("renew", contract, loans=closed, kind=kind, conditions=evidence, in_difficulty=in_difficulty, reason=reason)
        note.contract, note.loan_id = contract, done.result.pk

    return happen


def draw_more(desk: Desk, note: Note) -> None:
    """The rest of a payout in parts."""
    loan = note.loan
    desk.do("draw_more", loan, "accountant", amount_fen=loan.amount_fen - loan.lent_fen)


def cancel(desk: Desk, note: Note) -> None:
    desk.do("cancel", note.contract, reason="借款人另行取得资金，放弃用款")


# --------------------------------------------------------------------------------------------------------------------------- lines


def draw(share: str, **terms: Any) -> Happening:
    """A draw on the note's line."""

    def happen(desk: Desk, note: Note) -> None:
        contract = fresh(note.contract)
        amount_fen = hundreds(contract.amount_fen, share)
        event: Event = desk.do("draw_on_line", contract, amount_fen=amount_fen, **terms).result
        note.loan_id = event.loan_id

    return happen


def freeze(desk: Desk, note: Note) -> None:
    desk.do("freeze_line", fresh(note.contract), "risk", reason="法院查询，暂停用款")


def release(desk: Desk, note: Note) -> None:
    desk.do("release_line", fresh(note.contract), reason="查询事项已解除")


def reduce(share: str) -> Happening:
    def happen(desk: Desk, note: Note) -> None:
        limit = hundreds(note.contract.amount_fen, share)
        desk.do("reduce_line", fresh(note.contract), limit_fen=limit, reason="年度重检，压降额度")

    return happen


def close_line(desk: Desk, note: Note) -> None:
    desk.do("close_line", fresh(note.contract), reason="借款人申请结清额度")


def fresh(contract: Contract) -> Contract:
    return Contract.objects.select_related("institution", "firm").get(pk=contract.pk)


# -------------------------------------------------------------------------------------------------------------------------- losses


def terminate(desk: Desk, note: Note) -> None:
    desk.do("terminate", note.loan, reason="连续三期未还，已书面通知提前到期")


def write_off(desk: Desk, note: Note) -> None:
    desk.do("write_off", note.loan, reason="企业注销，无财产可供执行", evidence="董事会决议 2026-8，法院终结执行裁定")


# ------------------------------------------------------------------------------------------------------------------------- security


def secure(provider: str) -> Happening:
    """Somebody stands for the rest of the loan, for the whole of its amount."""

    def happen(desk: Desk, note: Note) -> None:
        done = desk.do("secure", note.contract, kind="guarantor", provider=provider, evidence=f"保证合同 {note.contract.number}-2")
        note.events["security"] = done.result.pk
        desk.do(
            "value_security", note.contract, security=done.result.pk, item_kind="guarantee", amount_fen=note.loan.amount_fen,
            evidence=f"保证合同 {note.contract.number}-2",
        )  # fmt: skip

    return happen


def give_back(desk: Desk, note: Note) -> None:
    """Nothing is owed any more: the guarantee is given back."""
    desk.do("release_security", note.contract, security=note.events["security"], evidence="保证合同原件退还")
