"""Making, ending and recognising the keys of programs."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from puhui.api.models import ApiKey
from puhui.calculations.faults import Fault, FaultsError
from puhui.parties.actions import record_audit
from puhui.parties.models import Institution, User

LONGEST_DAYS = 366
_SHAPE = re.compile(r"puhui_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@transaction.atomic
def create_key(user: User, name: str, days: int, actor: str) -> tuple[ApiKey, str]:
    """A key for `days` days, and the text that the program sends: it is told this once and never again.

    Raises FaultsError: a user without institution or not active, a name or a period that cannot be.
    """
    institution = user.institution
    faults = []
    if institution is None or not user.is_active:
        faults.append(Fault("user", f"{user.username}, not active or of no institution", "an active user of an institution"))
    if not 0 < len(name.strip()) <= 100:
        faults.append(Fault("name", repr(name)[:60], "1 to 100 characters: which program it is"))
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(Fault("days", str(days), f"1 to {LONGEST_DAYS}"))
    if faults or institution is None:
        raise FaultsError(faults)
    prefix = secrets.token_hex(6)
    text = f"puhui_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        user=user, name=name.strip(), prefix=prefix, digest=_digest(text), created_by=actor,
        expires_at=timezone.now() + timedelta(days=days),
    )  # fmt: skip
    record_audit(institution, actor, "api_key.create", "api_key", key.pk, {"user": user.username, "prefix": prefix, "days": days})
    return key, text


@transaction.atomic
def revoke_key(institution: Institution, prefix: str, actor: str) -> ApiKey:
    """End a key at once; ending it twice changes nothing. Raises FaultsError for a key that the institution does not have."""
    key = keys(institution).select_for_update(of=("self",)).filter(prefix=prefix).first()
    if key is None:
        raise FaultsError([Fault("key", repr(prefix)[:60], "the prefix of one of this institution's keys", "`puhui api keys` lists them.")])
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record_audit(institution, actor, "api_key.revoke", "api_key", key.pk, {"prefix": prefix})
    return key


def keys(institution: Institution) -> QuerySet[ApiKey]:
    """The keys of an institution's users, the newest first."""
    return ApiKey.objects.filter(user__institution=institution).select_related("user").order_by("-pk")


def user_of(text: str) -> User | None:
    """Who a program with this key acts for, institution and person read with them; None for a key that is wrong, ended or expired."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    key = ApiKey.objects.select_related("user__institution", "user__person").filter(prefix=shape[1]).first()
    # The digest is compared in constant time, so that the time of an answer says nothing about a key.
    if key is None or not hmac.compare_digest(bytes(key.digest), _digest(text)):
        return None
    now = timezone.now()
    if key.revoked_at is not None or key.expires_at <= now or not key.user.is_active or key.user.institution is None:
        return None
    if key.last_used_on != now.date():
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=now.date())
    return key.user


def _digest(text: str) -> bytes:
    # The key carries 256 random bits: a slow hash, which passwords need, would only make each call slow.
    return hashlib.sha256(text.encode()).digest()
