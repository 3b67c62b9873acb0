"""What can be done with money between the lender and the world, each act one transaction. By subject in modules of their own:
`accounts`, `ordering`, `driving`, `debiting`, `statements`, `receiving`."""

from puhui.payments.accounts import open_bank_account, register_firm_account, verify_firm_account
from puhui.payments.debiting import request_debits, take_results
from puhui.payments.driving import agree, cancel_order, decide, drive, drive_all, hear
from puhui.payments.ordering import Payee, instruct, return_receipt
from puhui.payments.receiving import apply, apply_over, match_open, shares_over, undo
from puhui.payments.statements import import_statement

__all__ = [
    "Payee",
    "agree",
    "apply",
    "apply_over",
    "cancel_order",
    "decide",
    "drive",
    "drive_all",
    "hear",
    "import_statement",
    "instruct",
    "match_open",
    "open_bank_account",
    "register_firm_account",
    "request_debits",
    "return_receipt",
    "shares_over",
    "take_results",
    "undo",
    "verify_firm_account",
]
