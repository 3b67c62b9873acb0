"""Payments sent without anybody calling for it: while the console is served, open orders are driven through the banks that are named.

`PUHUI_BANKS` names for accounts of lenders where their bank is asked. Every minute each open order of such an account is driven one step,
as `puhui payments send` does; several who do it at once do no harm, because a step is taken under the order's lock (`driving`). A bank or
a database that is not there is tried again a minute later; an order that cannot be driven is told in the log and holds up no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from django.db import DatabaseError, connections

from puhui.payments.channel import Channel
from puhui.payments.driving import drive
from puhui.payments.http_channel import HttpChannel
from puhui.payments.models import PaymentOrder
from puhui.payments.order_states import FINAL

__all__ = ["send_for_ever", "send_once"]

_log = logging.getLogger(__name__)


def send_once(banks: Mapping[str, Channel], now: datetime) -> int:
    """One step of every open order of the accounts named, `LENDER/ACCOUNT` by their codes, the oldest first. How many were driven."""
    driven = 0
    waiting = PaymentOrder.objects.exclude(status__in=FINAL).select_related("institution", "bank_account").order_by("pk")
    for order in waiting:
        channel = banks.get(f"{order.institution.code}/{order.bank_account.code}")
        if channel is None:
            continue
        try:
            drive(order, channel, now)
            driven += 1
        except Exception:
            _log.exception("payment %s could not be driven", order.reference)
            connections.close_all()
    return driven


def send_for_ever(addresses: Mapping[str, str], wait: Callable[[], bool]) -> None:
    """`send_once` again and again through the banks at some addresses, until `wait`, which is called between two rounds, says to go on no
    more."""
    banks = {account: HttpChannel(address) for account, address in addresses.items()}
    while True:
        try:
            send_once(banks, datetime.now(UTC))
        except DatabaseError:
            _log.exception("payments could not be sent")
        finally:
            connections.close_all()
        if not wait():
            return
