"""Accounts at banks: the lender's own, and those of borrowers for payout and debit.

A number is kept under cipher and found by its blind index; pages show its last four digits.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.actions import record_audit
from puhui.parties.encryption import blind_index, decrypt, encrypt
from puhui.parties.models import AuditRecord, Firm, Institution, User
from puhui.payments.models import AccountNumber, BankAccount, FirmAccount

PURPOSE = "bank_account"


def clean_number(number: str) -> str:
    """Digits and letters only, as banks compare them."""
    return "".join(character for character in number if character.isalnum()).upper()


def index_of(number: str) -> bytes:
    """The blind index of an account number."""
    return blind_index(clean_number(number), PURPOSE)


def number_of(account: AccountNumber) -> str:
    """The number itself, for a file or an instruction to a bank."""
    return decrypt(account.number_encrypted, PURPOSE)


def number_columns(number: str, holder_name: str, bank_name: str = "", bank_code: str = "") -> dict[str, Any]:
    """The columns of an AccountNumber."""
    cleaned = clean_number(number)
    return {
        "holder_name": holder_name.strip(),
        "bank_name": bank_name.strip(),
        "bank_code": bank_code.strip(),
        "number_encrypted": encrypt(cleaned, PURPOSE),
        "number_index": index_of(cleaned),
        "number_tail": cleaned[-4:],
    }


def number_faults(where: str, number: str, holder_name: str) -> list[Fault]:
    """What is wrong with an account as given."""
    faults = []
    if not 6 <= len(clean_number(number)) <= 34:
        faults.append(Fault(f"{where}, account", f"{len(clean_number(number))} digits", "6 to 34 digits or letters"))
    if not holder_name.strip():
        faults.append(Fault(f"{where}, holder", "nothing", "the name of who holds it"))
    return faults


@transaction.atomic
def open_bank_account(institution: Institution, code: str, number: str, bank_name: str, actor: str, channel: str = "") -> BankAccount:
    """An account of the lender. The same code again gives the account there is. Raises FaultsError."""
    if existing := BankAccount.objects.filter(institution=institution, code=code).first():
        if bytes(existing.number_index) != index_of(number):
            raise FaultsError([Fault(f"bank account {code}", "another number", f"that ending in {existing.number_tail}")])
        return existing
    check(number_faults(f"bank account {code}", number, institution.name))
    columns = number_columns(number, institution.name, bank_name)
    account = BankAccount.objects.create(institution=institution, code=code, channel=channel, **columns)
    record_audit(institution, actor, "bank_account.opened", "bank_account", account.pk, {"code": code, "tail": account.number_tail})
    return account


@transaction.atomic
def register_firm_account(
    firm: Firm, number: str, holder_name: str, bank_name: str, actor: str, *, bank_code: str = "", agreement: str = ""
) -> FirmAccount:
    """An account of a borrower, still to be verified by a second person. The same number again gives the account there is."""
    if existing := FirmAccount.objects.filter(firm=firm, number_index=index_of(number)).first():
        return existing
    check(number_faults(f"account of {firm.name}", number, holder_name))
    columns = number_columns(number, holder_name, bank_name, bank_code)
    account = FirmAccount.objects.create(institution_id=firm.institution_id, firm=firm, agreement=agreement.strip(), **columns)
    record_audit(firm.institution, actor, "firm_account.registered", "firm_account", account.pk, {"tail": account.number_tail, "by": actor})
    return account


@transaction.atomic
def verify_firm_account(account: FirmAccount, user: User) -> FirmAccount:
    """A person has seen that the account is the borrower's own. Its holder must bear the firm's name, or that of one who acts for it.

    Raises FaultsError.
    """
    account = FirmAccount.objects.select_for_update(of=("self",)).select_related("firm", "institution").get(pk=account.pk)
    if account.verified_at is not None:
        return account
    names = holder_names(account.firm)
    if user.institution_id != account.institution_id:
        raise FaultsError([Fault("checker", user.username, "an officer of this lender")])
    noted = AuditRecord.objects.filter(subject_kind="firm_account", subject_id=str(account.pk), act="firm_account.registered")
    if noted.filter(actor=user.username).exists():
        raise FaultsError([Fault("checker", user.username, "a second person", "Whoever noted an account cannot verify it.")])
    if account.holder_name not in names:
        expected = " or ".join(sorted(names))
        raise FaultsError([Fault(f"account of {account.firm.name}", f"held by {account.holder_name}", expected, "Use its own account.")])
    account.verified_at, account.verified_by = timezone.now(), user.username
    account.save(update_fields=["verified_at", "verified_by"])
    record_audit(account.institution, user.username, "firm_account.verified", "firm_account", account.pk, {})
    return account


_HOLDERS = ("owner", "legal_representative", "head", "member")


def holder_names(firm: Firm) -> set[str]:
    """Whose name an account of the borrower may bear: the firm's; of an individual business also its owner's, of a
    household that of its head or a member."""
    names = {firm.name}
    if firm.is_natural:
        names |= set(firm.people.filter(role__in=_HOLDERS, until=None).values_list("person__name", flat=True))
    return names
