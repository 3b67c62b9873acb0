"""Every act by its name: what pages, programs and the API may ask for."""

from __future__ import annotations

from puhui.calculations.faults import Fault, FaultsError
from puhui.loans import changing, class_acts, collateral, correcting, drawing, lines, linking, paying, renewing, restructuring, transferring
from puhui.loans.acts import Act

ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        drawing.DRAW_DOWN,
        drawing.DRAW_MORE,
        drawing.CANCEL,
        paying.REPAY,
        paying.PAY_OFF,
        paying.RECOVER,
        correcting.REVERSE,
        changing.CHARGE,
        changing.WAIVE,
        changing.REFUND,
        changing.CHANGE_RATE,
        changing.PAUSE,
        collateral.SECURE,
        collateral.VALUE_SECURITY,
        collateral.RELEASE_SECURITY,
        linking.REVIEW_LINK,
        linking.CORRECT_LINK,
        changing.RECORD_MISUSE,
        changing.TERMINATE,
        changing.WRITE_OFF,
        restructuring.MOVE_DUE_DATE,
        restructuring.EXTEND,
        restructuring.RESTRUCTURE,
        renewing.RENEW,
        transferring.TRANSFER_BRANCH,
        transferring.TRANSFER_MANAGER,
        lines.OPEN_LINE,
        lines.DRAW_ON_LINE,
        lines.REDUCE_LINE,
        lines.FREEZE_LINE,
        lines.RELEASE_LINE,
        lines.CLOSE_LINE,
        class_acts.RECORD_FINDING,
        class_acts.END_FINDING,
        class_acts.DOWNGRADE,
        class_acts.UPGRADE,
    )
}


def act_named(name: str) -> Act:
    """The act of a name. Raises FaultsError for an unknown one."""
    if name not in ACTS:
        raise FaultsError([Fault("act", name, "one of " + ", ".join(sorted(ACTS)))])
    return ACTS[name]
