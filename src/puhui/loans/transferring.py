"""A loan moved to another branch, a firm to another account manager.

The books follow the branch: every balance of the loan leaves the old branch and enters the new one, each over the inter-branch
account (practice.md 16), in one entry of the open day. What the loan owes does not change.
"""

from __future__ import annotations

from puhui.calculations.faults import Fault, check
from puhui.loans.act_arguments import amount, text
from puhui.loans.acts import Act, Done, Work
from puhui.parties.actions import record_audit
from puhui.parties.models import Firm, Role, User

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
