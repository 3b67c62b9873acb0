"""The log of commands: the key first, the answer last, both in the transaction of the act.

Inserting the key makes a second request with it wait until the first one is certain; then it finds the key and gives the stored
answer, or a fault where the key was used for something else. Waiting has an end: whoever waits longer than `PATIENCE` for a clerk
at the same loan is told so. Only row locks and locks of the transaction are used, so nothing stays locked after a crash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import rfc8785
from django.db import DatabaseError, connection

from puhui.calculations.faults import Fault, FaultsError
from puhui.loans import outbox
from puhui.loans.command_models import Command
from puhui.parties.models import Institution

# How long an act waits for others at the same loan: longer than any act takes, shorter than a person's patience.
PATIENCE = "5s"


@dataclass(frozen=True)
class Request:
    """What is asked for. `arguments` is JSON; `on`, where an act takes it, is the day of effect."""

    act: str
    target_kind: str
    target_id: int
    arguments: Mapping[str, Any]
    key: str

    def content(self, day: date) -> dict[str, Any]:
        """What must be the same for the same key; a day of effect that is not named is the day on which it was asked for."""
        named = {name: value for name, value in self.arguments.items() if value is not None}
        named["on"] = self.arguments.get("on") or day.isoformat()
        return {"act": self.act, "target": [self.target_kind, self.target_id], "arguments": named}

    def digest(self, day: date) -> str:
        return hashlib.sha256(rfc8785.dumps(self.content(day))).hexdigest()


@dataclass(frozen=True)
class Begun:
    """A command whose key is inserted (`earlier` is None), or the one that had the key before."""

    command_id: int
    earlier: Command | None


_INSERT = """
    INSERT INTO loans_command
           (institution_id, key, act, target_kind, target_id, request, request_digest, business_date, maker, checker, status, reason,
            made_at)
    SELECT %s, asked.key, asked.act, asked.kind, asked.target, asked.request, asked.digest, %s, %s, '', 'waiting', '', now()
      FROM set_config('lock_timeout', %s, true),
           unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::jsonb[], %s::text[])
               AS asked(key, act, kind, target, request, digest)
        ON CONFLICT (institution_id, key) DO NOTHING
    RETURNING id, key
"""


def begin(institution: Institution, day: date, request: Request, maker: str) -> Begun:
    """Insert one key; see `begin_many`."""
    return begin_many(institution, day, [request], maker)[0]


def begin_many(institution: Institution, day: date, requests: Sequence[Request], maker: str) -> list[Begun]:
    """Insert the keys of requests (each key once), in their order. One statement, and one more where keys were there before.

    Raises:
        FaultsError: a key that is empty, too long, or was used for something else.
    """
    _check_keys(requests)
    ordered = sorted(requests, key=lambda request: request.key)  # so that two lists of requests never wait for each other
    columns: list[list[Any]] = [
        [each.key for each in ordered],
        [each.act for each in ordered],
        [each.target_kind for each in ordered],
        [each.target_id for each in ordered],
        [outbox.encode(each.arguments) for each in ordered],
        [each.digest(day) for each in ordered],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [institution.pk, day, maker, PATIENCE, *columns])
        inserted = {key: number for number, key in cursor.fetchall()}
    missing = [each.key for each in requests if each.key not in inserted]
    earlier = {each.key: each for each in Command.objects.filter(institution=institution, key__in=missing)} if missing else {}
    faults = [_other_use(each, earlier[each.key]) for each in requests if each.key in earlier and _differs(each, earlier[each.key])]
    if faults:
        raise FaultsError(faults)
    return [Begun(inserted.get(each.key) or earlier[each.key].pk, earlier.get(each.key)) for each in requests]


def _check_keys(requests: Sequence[Request]) -> None:
    faults = [Fault("key", repr(each.key)[:60], "1 to 110 characters") for each in requests if not 0 < len(each.key.strip()) <= 110]
    if faults:
        raise FaultsError(faults)


def _differs(request: Request, earlier: Command) -> bool:
    return request.digest(earlier.business_date) != earlier.request_digest


def _other_use(request: Request, earlier: Command) -> Fault:
    amount = earlier.request.get("amount_fen")
    what = earlier.act if amount is None else f"{earlier.act} of {amount / 100:.2f}"
    found = f"used for {what}, {earlier.target_kind} {earlier.target_id}, asked for on {earlier.business_date}"
    return Fault(f"key {request.key}", found, "a key of its own", "Send the same request with its key, or another with another.")


_FINISH = f"""
    WITH finished AS (
        UPDATE loans_command AS command
           SET status = 'done', answer = done.answer, checker = %s, decided_at = now(), reason = ''
          FROM unnest(%s::bigint[], %s::jsonb[]) AS done(id, answer)
         WHERE command.id = done.id)
    {outbox.INSERT}
"""


def finish(
    institution: Institution,
    answers: Mapping[int, Mapping[str, Any]],
    told: Sequence[tuple[str, Mapping[str, Any]]],
    checker: str = "",
) -> None:
    """Store the answers (command → answer) and tell the outbox (topic, payload): one statement, at the end of the act."""
    encoded = [outbox.encode(answer) for answer in answers.values()]
    topics, payloads = [topic for topic, _ in told], [outbox.encode(payload) for _, payload in told]
    with connection.cursor() as cursor:
        cursor.execute(_FINISH, [checker, list(answers), encoded, institution.pk, topics, payloads])


@contextmanager
def told_when_busy(what: str) -> Iterator[None]:
    """Outside of the act's transaction: whoever waited too long, or waited in a circle, is told in words and nothing was changed."""
    try:
        yield
    except DatabaseError as error:
        cause = error.__cause__
        if isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
            fault = Fault(what, "somebody else at work on it", "a moment without others", "Nothing was changed: send it again.")
            raise FaultsError([fault]) from error
        if isinstance(cause, psycopg.errors.UniqueViolation) and cause.diag.constraint_name == "event_once":
            raise FaultsError([Fault(what, "a key that names an earlier event", "a key of its own")]) from error
        if isinstance(cause, psycopg.errors.CheckViolation) and cause.diag.constraint_name == "exposure_not_negative":
            raise FaultsError([Fault(what, "more than is reserved for it", "an amount within the limit")]) from error
        raise
