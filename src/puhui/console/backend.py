"""Who is signed in, with their institution and person in one look-up: every page needs both."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from puhui.parties.models import User


class OneLookup(ModelBackend):
    """Django's own backend, but the user arrives with institution and person."""

    def get_user(self, user_id: Any) -> User | None:
        """The active user of a session, or None."""
        user = User.objects.select_related("institution", "person").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
