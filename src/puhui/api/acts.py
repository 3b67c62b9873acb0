"""Every act on a loan, a contract or a firm: as a command with its key, its preview, and its second person where one must agree."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Body, Header, Router, Schema, Status

from puhui.api.access import Request, acts, reads
from puhui.api.shapes import REFUSALS, Number
from puhui.loans import commands, queries
from puhui.loans.command_models import Command
from puhui.parties import queries as parties
from puhui.parties.queries import limit_to_user

router = Router(tags=["commands"])


class CommandShape(Schema):
    id: int
    act: str
    target_kind: str
    target_id: int
    status: str
    reason: str
    answer: dict[str, Any] | None
    maker: str
    checker: str
    business_date: date
    made_at: datetime


class Refusal(Schema):
    reason: str


Kind = Literal["loan", "contract", "firm"]
KeyHeader = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=110)]


@router.post("/{kind}/{target}/{act}", auth=acts("acts"), response={200: CommandShape, 202: CommandShape, **REFUSALS},
                      summary="An act on a loan, a contract or a firm")  # fmt: skip
def perform(request: Request, kind: Kind, target: Number, act: str, arguments: Body[dict[str, Any]], key: KeyHeader) -> Any:
    """Carried out (200), or waiting for a second person (202) where product or amount ask for one. The same key again: the same answer."""
    done = commands.perform(request.user, act, _target(request, kind, target), arguments, key)
    return Status(202 if done.status == "waiting" else 200, Command.objects.get(pk=done.command_id))


@router.post("/{kind}/{target}/{act}/preview", auth=acts("acts"), response={200: dict[str, Any], **REFUSALS},
                      summary="What an act would do")  # fmt: skip
def preview(request: Request, kind: Kind, target: Number, act: str, arguments: Body[dict[str, Any]]) -> dict[str, Any]:
    """Carried out whole and rolled back: each loan before and after, its schedule, what the books would get."""
    return commands.as_json(commands.preview(request.user, act, _target(request, kind, target), arguments))


@router.get("/{command}", auth=reads("acts"), response={200: CommandShape, **REFUSALS}, summary="One command")
def command(request: Request, command: Number) -> Command:
    return _command(request, command)


@router.post("/{command}/approve", auth=acts("acts"), response={200: CommandShape, **REFUSALS}, summary="A second person agrees")
def approve(request: Request, command: Number) -> Command:
    commands.approve(request.user, _command(request, command))
    return _command(request, command)


@router.post("/{command}/refuse", auth=acts("acts"), response={200: CommandShape, **REFUSALS}, summary="A second person refuses")
def refuse(request: Request, command: Number, refusal: Refusal) -> Command:
    commands.refuse(request.user, _command(request, command), refusal.reason)
    return _command(request, command)


def _command(request: Request, number: int) -> Command:
    return limit_to_user(Command.objects.select_related("institution"), request.user).get(pk=number)


def _target(request: Request, kind: Kind, number: int) -> commands.Target:
    """The record that an act is about, when the user may see it."""
    if kind == "loan":
        return queries.loans(request.user).get(pk=number)
    if kind == "contract":
        return queries.contract(request.user, number)
    return parties.firm(request.user, number)
