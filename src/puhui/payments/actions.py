"""What can be done with money between the lender and the world, each act one transaction. By subject in modules of their own:
`accounts`, `ordering`, `driving`, `debiting`, `statements`, `receiving`."""

from puhui.payments.accounts import open_bank_account, register_firm_account, verify_firm_account
from puhui.payments.driving import cancel_order, decide, drive, drive_all, hear
from puhui.payments.ordering import Payee, instruct, return_receipt

__all__ = [
    "Payee",
    "cancel_order",
    "decide",
    "drive",
    "drive_all",
    "hear",
    "instruct",
    "open_bank_account",
    "register_firm_account",
    "return_receipt",
    "verify_firm_account",
]
