"""The guard of every address: a key, and the right of its user's role in the same table as the pages (`parties/roles.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja.security import HttpBearer

from puhui.api.keys import user_of
from puhui.parties.models import Institution, User
from puhui.parties.roles import may_act, may_read


class Request(HttpRequest):
    """A request that has passed the guard."""

    user: User
    institution: Institution


class Guard(HttpBearer):
    """`Authorization: Bearer KEY`. No key, or one that does not hold: 401. A role without the right: 403."""

    def __init__(self, page: str, may: Callable[[Any, str], bool]) -> None:
        super().__init__()
        self.page, self.may = page, may

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = user_of(token)
        if user is None:
            return None
        if not self.may(user, self.page):
            raise PermissionDenied
        request.user = user
        request.institution = user.institution  # type: ignore[attr-defined]
        return user


def reads(page: str) -> Guard:
    """For those who may read the page of that name."""
    return Guard(page, may_read)


def acts(page: str) -> Guard:
    """For those who may act on the page of that name."""
    return Guard(page, may_act)
