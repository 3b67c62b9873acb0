"""Where an entry of the books came from: the event of the loan, and the command that asked for it."""

from __future__ import annotations

from puhui.loans.command_models import Command
from puhui.loans.models import Event
from puhui.parties.models import User
from puhui.parties.queries import limit_to_user

__all__ = ["origin_of_entry"]


def origin_of_entry(user: User, event_id: int | None) -> tuple[Event | None, Command | None]:
    """The event that an entry names, with loan and firm, and its command; None for totals and for what was no command."""
    if event_id is None:
        return None, None
    event = limit_to_user(Event.objects.all(), user).select_related("loan__firm").filter(pk=event_id).first()
    if event is None:
        return None, None
    return event, Command.objects.filter(institution=event.institution_id, key=event.key).first()
