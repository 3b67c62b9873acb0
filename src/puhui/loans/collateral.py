"""Security attached to a contract: recorded, valued, watched against what is owed, asked for before payout, and given back.

Each security (`Security`) is valued by the rules of its kind (`calculations.security`, table `security-kinds`); every valuation is a row,
the newest counts. A product that lends against security alone pays out only when registration and insurance stand until the loan is
due and the values after haircut cover the share of the amount that the product asks. What secures nothing any more is given back: no loan
of its contract owes, and nothing can be drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from puhui.calculations.faults import Fault, check
from puhui.calculations.security import Item, may_be_released, missing_before_payout, secured
from puhui.loans.act_arguments import Argument, amount, choice, count, day, text
from puhui.loans.acts import Act, Done, Work
from puhui.loans.collateral_books import post_security, worth_fen
from puhui.loans.credit_models import Security, SecurityRelease, SecurityValue
from puhui.loans.models import Contract, Loan
from puhui.loans.securing import add_security
from puhui.parties.actions import record_audit
from puhui.products.parameters import Row, table
from puhui.products.queries import product, versions

__all__ = ["RELEASE_SECURITY", "SECURE", "VALUE_SECURITY", "Cover", "Held", "cover_of", "held_on", "payout_faults"]

KINDS = ("receivable", "equipment", "intellectual_property", "property", "movables", "deposit", "guarantee")
_SUITED = {
    "guarantor": ("guarantee",),
    "mortgage": ("property", "equipment", "movables"),
    "pledge": ("receivable", "intellectual_property", "deposit", "movables"),
}


@dataclass(frozen=True)
class Held:
    """A security of a contract with its newest valuation, and whether it was given back."""

    security: Security
    value: SecurityValue | None
    is_released: bool


@dataclass(frozen=True)
class Cover:
    """What secures a contract: the securities, their sum, what is owed, the share covered in ppm, and what the product asks."""

    held: tuple[Held, ...]
    total_fen: int
    owed_fen: int
    cover_ppm: int
    wanted_ppm: int

    @property
    def is_enough(self) -> bool:
        return self.cover_ppm >= self.wanted_ppm


def cover_of(contract: Contract, owed_fen: int, on: date) -> Cover:
    """The cover of a contract for an amount, by the newest valuations up to a day. Two statements."""
    held = tuple(held_on(contract, on))
    total = sum(one.value.value_fen for one in held if one.value and not one.is_released)
    wanted = product(contract.product_code, contract.decision.business_date, contract.institution).security.cover_ppm
    return Cover(held, total, owed_fen, total * 1_000_000 // owed_fen if owed_fen else 0, wanted)


def held_on(contract: Contract, on: date) -> Iterator[Held]:
    """The securities of a contract, each with its newest valuation up to a day. Two statements."""
    rows = contract.securities.select_related("release").prefetch_related("values").order_by("pk")
    for row in rows:
        values = [one for one in row.values.all() if one.day <= on]
        newest = max(values, key=lambda one: (one.day, one.pk), default=None)
        yield Held(row, newest, getattr(row, "release", None) is not None)


def payout_faults(contract: Contract, start: date, maturity: date) -> Iterator[Fault]:
    """What is missing before a product that lends against security alone pays out; nothing, and no statement, for any other product."""
    if all("none" in one.security.kinds for one in versions(contract.product_code)):
        return
    asked = product(contract.product_code, contract.decision.business_date, contract.institution).security
    if "none" in asked.kinds:
        return
    held = [one for one in held_on(contract, start) if not one.is_released]
    items = [_item(one.security, one.value) for one in held if one.value]
    yield from (Fault(_where(one.security), "no valuation", "a valuation by its kind") for one in held if one.value is None)
    yield from missing_before_payout(items, _rules(start), start, maturity)
    found = secured([one for one in items if one.kind in asked.kinds], _rules(start), contract.amount_fen, asked.cover_ppm)
    if not found.items or not found.is_enough:
        expected = f"{' or '.join(asked.kinds)} worth {asked.cover_ppm / 1e6:.0%} of {contract.amount_fen} fen after haircut"
        yield Fault(f"security of contract {contract.number}", f"{found.total_fen} fen, {found.cover_ppm / 1e6:.0%}", expected)


def _where(security: Security) -> str:
    return f"security {security.provider}"


def _rules(on: date) -> list[Row]:
    return list(table("security-kinds", settings.PUHUI_CATALOGUE).valid_on(on))


def _item(security: Security, value: SecurityValue) -> Item:
    return Item(
        security.provider, value.item_kind, value.base_fen, value.age_years, value.prior_fen, value.registered_on,
        security.registered_until, value.insured_until,
    )  # fmt: skip


def _secure(work: Work) -> Done:
    given = work.arguments
    row = add_security(
        work.target, given["kind"], given["provider"], given["evidence"], work.actor, registration=given["registration"] or "",
        registered_until=given["registered_until"],
    )  # fmt: skip
    return Done({"contract": work.target.pk, "number": work.target.number, "security": row.pk, "provider": row.provider}, row)


def _value(work: Work) -> Done:
    """A valuation by the rules of its kind, dated on the open day."""
    given, security = work.arguments, _security(work)
    suited = _SUITED[security.kind]
    check([Fault("item_kind", given["item_kind"], " or ".join(suited))] if given["item_kind"] not in suited else [])
    row = SecurityValue(
        institution=work.institution, security=security, day=work.day, item_kind=given["item_kind"], base_fen=given["amount_fen"],
        age_years=given["age_years"] or 0, prior_fen=given["prior_fen"] or 0, registered_on=given["registered_on"],
        insured_until=given["insured_until"], evidence=given["evidence"], recorded_by=work.actor,
    )  # fmt: skip
    row.value_fen = secured([_item(security, row)], _rules(work.day), 0, 0).total_fen
    before = worth_fen(security)
    row.save()
    post_security(security, before, worth_fen(security), work.day, work.actor)
    return _told(work, "valued", security, {"value_fen": row.value_fen, "item_kind": row.item_kind})


def _release(work: Work) -> Done:
    """Given back where nothing is owed under the contract and nothing can be drawn."""
    security, contract = _security(work), work.target
    owed = sum(loan.principal_fen for loan in Loan.objects.filter(contract=contract).exclude(status__in=("closed", "undrawn")))
    line = getattr(contract, "line", None)
    undrawn = line.limit_fen if line is not None and line.status in ("open", "frozen") else 0
    waits = contract.status in (Contract.Status.SIGNED, Contract.Status.CLEARED)
    if waits or not may_be_released({"release": "debt_repaid"}, owed, undrawn):
        found = "not paid out yet" if waits else f"{owed} fen owed, {undrawn} fen that can be drawn"
        check([Fault(f"contract {contract.number}", found, "one under which nothing is owed and nothing can be drawn")])
    SecurityRelease.objects.create(
        institution=work.institution, security=security, day=work.day, evidence=work.arguments["evidence"], recorded_by=work.actor
    )
    post_security(security, worth_fen(security), 0, work.day, work.actor)
    return _told(work, "released", security, {})


def _security(work: Work) -> Security:
    """The security that the act names, where it is of this contract and not given back. Raises FaultsError."""
    row = Security.objects.filter(contract=work.target, pk=work.arguments["security"]).select_related("release").first()
    if row is None:
        check([Fault("security", str(work.arguments["security"]), "a security of this contract")])
    elif getattr(row, "release", None) is not None:
        check([Fault("security", f"given back on {row.release.day}", "one that is held")])
    assert row is not None
    return row


def _told(work: Work, what: str, security: Security, more: Mapping[str, Any]) -> Done:
    detail = {"security": security.pk, "provider": security.provider, **more}
    record_audit(work.institution, work.actor, f"security.{what}", "contract", work.target.pk, detail)
    return Done({"contract": work.target.pk, "number": work.target.number, **detail}, security)


def _restore(answer: Mapping[str, Any]) -> Security:
    return Security.objects.get(pk=answer["security"])


_NUMBER = Argument("security", "the number of a security of this contract", lambda value: int(value))
SECURE = Act(
    "secure", "contract", _secure,
    (
        choice("kind", *Security.Kind.values), text("provider", "who guarantees, or who owns it", length=150),
        text("registration", "its number in the register", required=False, length=80), day("registered_until"),
        text("evidence", "the contract of guarantee, mortgage or pledge"),
    ),
    restore=_restore,
)  # fmt: skip
VALUE_SECURITY = Act(
    "value_security", "contract", _value,
    (
        _NUMBER, choice("item_kind", *KINDS), amount(), count("age_years", required=False), amount("prior_fen", required=False),
        day("registered_on"), day("insured_until"), text("evidence", "the valuation, confirmation or guarantee"),
    ),
    restore=_restore,
)  # fmt: skip
RELEASE_SECURITY = Act(
    "release_security", "contract", _release, (_NUMBER, text("evidence", "the cancellation in the register, or the paper given back")),
    restore=_restore,
)  # fmt: skip
