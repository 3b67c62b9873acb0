"""What can be done with a loan, each act one transaction: contract, signatures, conditions, payout, repayment, payoff, reversal.

Acts that move money carry a key and are commands (`loans.acts`): a retried request with the same key finds what the first one did
and gets the same answer; the same key with other content is refused. `loans.commands.perform` does the same for a signed-in person,
with the question who may and whether a second person must agree. The acts by subject are in modules of their own.
"""

from __future__ import annotations

from puhui.loans.contracting import (
    PARTIES,
    PAYOUT_CHECKERS,
    clear,
    clear_contracts,
    draft_contract,
    draft_contracts,
    meet_condition,
    meet_conditions,
    meet_conditions_of,
    sign,
    sign_contracts,
)
from puhui.loans.correcting import reverse
from puhui.loans.drawing import cancel, draw_down, draw_down_many, draw_more
from puhui.loans.paying import debit_key, deposit, deposit_many, pay_off, payoff_amount_on, preview, repay

__all__ = [
    "PARTIES",
    "PAYOUT_CHECKERS",
    "cancel",
    "clear",
    "clear_contracts",
    "debit_key",
    "deposit",
    "deposit_many",
    "draft_contract",
    "draft_contracts",
    "draw_down",
    "draw_down_many",
    "draw_more",
    "meet_condition",
    "meet_conditions",
    "meet_conditions_of",
    "pay_off",
    "payoff_amount_on",
    "preview",
    "repay",
    "reverse",
    "sign",
    "sign_contracts",
]
