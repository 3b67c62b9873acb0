"""Who may sign in: a password as the house asks for it, a new one, and the end of an account.

An account is never removed, because the trail names it; who leaves can no longer sign in, and whoever is signed in is signed out.
"""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.parties.audit import record_act
from puhui.parties.models import Institution, User

__all__ = ["account_of", "close_account", "password_faults", "set_password"]


def password_faults(password: str, user: User) -> list[Fault]:
    """What is wrong with a password for an account, stored or not (settings.AUTH_PASSWORD_VALIDATORS); the password itself is not told."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [Fault("password", f"{len(password)} characters", message) for message in error.messages]
    return []


def account_of(institution: Institution, username: str) -> User:
    """An account of a lender. Raises FaultsError where it has none of that name."""
    user = User.objects.filter(institution=institution, username=username).first()
    names = ", ".join(User.objects.filter(institution=institution).order_by("username").values_list("username", flat=True)[:20])
    check([] if user else [Fault("username", username, f"an account of {institution.code}: {names or 'it has none yet'}")])
    assert user is not None
    return user


@transaction.atomic
def set_password(user: User, password: str, actor: str) -> None:
    """Gives an account a new password; its sessions end, and an account that was closed is open again. Raises FaultsError."""
    check(password_faults(password, user))
    user.set_password(password)
    user.is_active = True
    user.save(update_fields=["password", "is_active"])
    _record(user, actor, "set_password")


@transaction.atomic
def close_account(user: User, actor: str) -> None:
    """Nobody signs in with the account any more, from the next click on."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    _record(user, actor, "close_account")


def _record(user: User, actor: str, act: str) -> None:
    if user.institution:
        record_act(user.institution, actor, act, user, {"username": user.username})
