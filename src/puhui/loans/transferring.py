"""A loan moved to another branch, a firm to another account manager.

The books follow the branch: every balance of the loan leaves the old branch and enters the new one, each over the inter-branch
account (practice.md 16), in one entry of the open day. What the loan owes does not change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from puhui.books.actions import EntryDraft, post_many
from puhui.books.posting import INTER_BRANCH, Movement, Side
from puhui.calculations.faults import Fault, check
from puhui.calculations.posting import Counters, ledger_balances
from puhui.loans.act_arguments import amount, text
from puhui.loans.acts import Act, Done, Work
from puhui.loans.keeping import counters_at
from puhui.loans.models import Loan
from puhui.parties.actions import head_branch, record_audit
from puhui.parties.models import Branch, Firm, Role, User

# What belongs to the loan and goes with it; income and taxes of the time before stay where they were earned.
MOVING = (
    "principal", "accrued_interest", "interest_receivable", "penalty_receivable", "fee_receivable", "overpayment", "output_tax_waiting",
    "unamortised_fees",
)  # fmt: skip
MOVING_MEMO = ("memo_interest", "memo_written_off", "memo_undrawn")
MANAGERS = (Role.OFFICER, Role.APPROVER, Role.RISK_MANAGER)


def _transfer_manager(work: Work) -> Done:
    firm: Firm = work.target
    manager = User.objects.filter(pk=work.arguments["manager"], institution=work.institution, is_active=True).first()
    faults = []
    if manager is None or manager.role not in MANAGERS:
        faults.append(Fault("manager", str(work.arguments["manager"]), "an account manager of this lender"))
    elif firm.manager_id == manager.pk:
        faults.append(Fault("manager", manager.username, "another one than now"))
    check(faults)
    assert manager is not None
    before = firm.manager.username if firm.manager else ""
    firm.manager = manager
    firm.save(update_fields=["manager"])
    detail = {"from": before, "to": manager.username, "reason": work.arguments["reason"]}
    record_audit(work.institution, work.actor, "firm.manager_changed", "firm", firm.pk, detail)
    return Done({"firm": firm.pk, **detail}, firm)


TRANSFER_MANAGER = Act(
    "transfer_manager",
    "firm",
    _transfer_manager,
    (amount("manager"), text("reason", "why it changes hands")),
    lambda work: 0,
    lambda answer: Firm.objects.get(pk=answer["firm"]),
)


def _transfer_branch(work: Work) -> Done:
    loan: Loan = work.target
    head = head_branch(work.institution)
    new = Branch.objects.filter(institution=work.institution, code=work.arguments["branch"]).first()
    old_id = loan.branch_id or head.pk
    if new is None or new.pk == old_id:
        check([Fault("branch", work.arguments["branch"], "the code of another branch of this lender")])
    assert new is not None
    # Nights are booked by branch until the last one; from the next on they are the new branch's.
    moved = list(_movements(counters_at(loan, work.day - timedelta(days=1)), old_id, new.pk))
    drafts = [EntryDraft("branch_transfer", work.day, moved, loan.pk, None, loan.number, old_id, loan.product_code)] if moved else []
    post_many(work.institution, drafts, recorded_by=work.actor)
    loan.branch = new
    loan.save(update_fields=["branch"])
    old = Branch.objects.get(pk=old_id)
    detail = {"from": old.code, "to": new.code, "reason": work.arguments["reason"]}
    record_audit(work.institution, work.actor, "loan.branch_changed", "loan", loan.pk, detail)
    return Done({"loan": loan.pk, "number": loan.number, **detail}, loan)


def _movements(counters: Counters, old: int, new: int) -> Iterator[Movement]:
    """Each balance of a loan from one branch to another: over the inter-branch account, in the memo books over the counterpart."""
    balances = ledger_balances(counters)
    for role in (*MOVING, *MOVING_MEMO):
        amount_fen, between = balances.get(role, 0), "memo_counterpart" if role in MOVING_MEMO else INTER_BRANCH
        debit, credit = (new, old) if amount_fen > 0 else (old, new)
        if amount_fen:
            yield Side(role, debit), Side(between, debit), abs(amount_fen)
            yield Side(between, credit), Side(role, credit), abs(amount_fen)


TRANSFER_BRANCH = Act(
    "transfer_branch",
    "loan",
    _transfer_branch,
    (text("branch", "the code of the new branch"), text("reason", "why it moves")),
    lambda work: 0,
    lambda answer: Loan.objects.get(pk=answer["loan"]),
)
