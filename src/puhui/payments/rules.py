"""Rules of payment as dated tables: when the lender pays the payee itself, and how a channel is driven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings

from puhui.payments.order_states import Rules
from puhui.products import parameters

__all__ = ["ModeAsked", "channel_rules", "mode_asked", "working_days_to_pay"]


@dataclass(frozen=True, slots=True)
class ModeAsked:
    """What the rule asks of one part of a payout. `grounds` are codes of what asked for entrusted payment; none: the borrower may pay."""

    grounds: tuple[str, ...]

    @property
    def mode(self) -> str:
        return "entrusted" if self.grounds else "own"


def mode_asked(borrower: str, to_payee_fen: int, in_all_fen: int, is_new: bool, risk_class: str, day: date) -> ModeAsked:
    """What the rules of `day` ask for (practice.md 20).

    `borrower` is enterprise or personal_business; `to_payee_fen` all that one payee gets of the loan, `in_all_fen` the whole payout.
    Raises FaultsError where the table has no row.
    """
    row = parameters.table("payment-rules", _folder()).row(day, borrower=borrower)
    most, own = row.get("entrusted_above_to_one_payee"), row.get("own_up_to_in_all")
    grounds = []
    if most is not None and to_payee_fen > most * 100:
        grounds.append("one_payee_above_threshold")
    if own is not None and in_all_fen > own * 100:
        grounds.append("personal_draw_above_threshold")
    if is_new and risk_class in _weak(row.get("weak_classes")):
        grounds.append("new_and_weak")
    return ModeAsked(tuple(grounds))


def _weak(classes: object) -> Sequence[str]:
    return classes if isinstance(classes, list | tuple) else ()


def working_days_to_pay(borrower: str, day: date) -> int:
    """Within how many working days of the draw the money must have gone out."""
    return int(parameters.table("payment-rules", _folder()).row(day, borrower=borrower)["working_days_to_pay"])


def channel_rules(channel: str, day: date) -> Rules:
    """How a channel is driven. Raises FaultsError for one that the table does not know."""
    row = parameters.table("payment-channels", _folder()).row(day, channel=channel or "standard")
    return Rules(
        refuses_duplicates=bool(row["refuses_duplicates"]),
        ask_again_minutes=int(row["ask_again_minutes"]),
        send_again_minutes=int(row["send_again_minutes"]),
        most_sends=int(row["most_sends"]),
        unknown_after_hours=int(row["unknown_after_hours"]),
    )


def _folder() -> Path | None:
    return getattr(settings, "PUHUI_CATALOGUE", None)
