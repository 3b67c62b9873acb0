"""A firm among others, as it was known on a day: its holders up to natural persons, its group, and its circle of guarantees.

The pure walks are in `puhui.evidence.relations` and `puhui.evidence.control`; here the rows are read, by consent and logged. A register
may name the firm by its own name, or by one it bore before: both are the firm itself. Names that are those of other firms of the
institution are told with their numbers, so that a page can lead there and an exposure can be added up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from puhui.evidence import queries
from puhui.evidence.control import Control, controlled, controllers, cycles
from puhui.evidence.former_names import former_names_in
from puhui.evidence.layouts import layout
from puhui.evidence.relations import ITSELF, Circle, Group, Holding, circle, effective_shares, group, loose_ends, owners
from puhui.parties.firm_names import parse
from puhui.parties.models import Firm, FirmIdentifier, Institution

__all__ = ["RECORDS", "CompanyTree", "Guarantee", "company_tree", "customers_named", "guarantees_of", "holdings_of", "tree_of"]

PERSONS = ("person", "state")
RECORDS = ("shareholding", "guarantee", "registration_change")
"""What a tree is made of; the last, of class C01, only where it may be read: it tells former names."""


@dataclass(frozen=True)
class Guarantee:
    """`guarantor` stands in for `amount_fen` of `debtor`, who is `overdue` or not."""

    guarantor: str
    debtor: str
    amount_fen: int
    overdue: bool = False


@dataclass(frozen=True)
class CompanyTree:
    """`shares`: holder → share in effect; `owners`: persons with a quarter or more; `open_ends`: firms whose holders nobody told;
    `controllers` and `investments`: see `puhui.evidence.control`; `share_cycles`, `guarantee_cycles`: circles in which firms hold, or stand
    in for, each other; `overdue`: names in the circle that are told not to pay; `customers`: name → number, of names that are firms of the
    institution; `stated_on`: the day of the newest statement of holdings."""

    holdings: tuple[Holding, ...]
    shares: dict[str, float]
    owners: dict[str, float]
    open_ends: frozenset[str]
    controllers: tuple[Control, ...]
    investments: tuple[Control, ...]
    share_cycles: tuple[tuple[str, ...], ...]
    group: Group
    guarantees: tuple[Guarantee, ...]
    guarantee_cycles: tuple[tuple[str, ...], ...]
    circle: Circle
    overdue: frozenset[str]
    former_names: tuple[str, ...]
    customers: dict[str, int]
    stated_on: dt.date | None

    @property
    def is_empty(self) -> bool:
        return not self.holdings and not self.guarantees


def company_tree(
    firm: Firm,
    known_at: dt.date | dt.datetime,
    purpose: str = "credit_decision",
    reader: str = "system",
    true_on: dt.date | None = None,
) -> CompanyTree:
    """The tree of one firm by what was known at a moment, as it stood on `true_on` (default: the day of that moment).

    Raises `FaultsError` without a consent to its evidence of class C02.
    """
    wanted = {record: [firm.pk] for record in RECORDS[:2]}
    frames = queries.evidence_as_of(firm.institution, wanted, known_at, purpose, reader)
    return tree_of(firm, frames, true_on or _day(known_at))


def tree_of(firm: Firm, frames: Mapping[str, pl.DataFrame], true_on: dt.date) -> CompanyTree:
    """The tree from rows of `RECORDS` that the caller has read of the firm; what is not there counts as empty."""
    former = former_names_in(frames["registration_change"]) if "registration_change" in frames else ()
    own = own_names(firm.name, former)
    held = _stated_by(frames, "shareholding", true_on)
    holdings = holdings_of(held, own)
    guarantees = guarantees_of(_stated_by(frames, "guarantee", true_on), true_on, own)
    customers = customers_named(firm.institution, names_in(holdings, guarantees))
    return _tree(holdings, guarantees, former, {name: number for name, number in customers.items() if number != firm.pk}, held)


def _tree(
    holdings: tuple[Holding, ...], guarantees: tuple[Guarantee, ...], former: tuple[str, ...], customers: dict[str, int], held: pl.DataFrame
) -> CompanyTree:
    pairs = [(each.guarantor, each.debtor) for each in guarantees]
    overdue = {each.debtor for each in guarantees if each.overdue}
    ring = circle(pairs, overdue)
    newest = held["stated_on"].max() if held.height else None
    return CompanyTree(
        holdings=holdings,
        shares=effective_shares(holdings),
        owners=owners(holdings),
        open_ends=loose_ends(holdings),
        controllers=controllers(holdings),
        investments=controlled(holdings),
        share_cycles=cycles((each.holder, each.target) for each in holdings),
        group=group(holdings),
        guarantees=guarantees,
        guarantee_cycles=cycles(pairs),
        circle=ring,
        overdue=frozenset(overdue & ring.members),
        former_names=former,
        customers=customers,
        stated_on=newest if isinstance(newest, dt.date) else None,
    )


def _day(moment: dt.date | dt.datetime) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _stated_by(frames: Mapping[str, pl.DataFrame], record: str, day: dt.date) -> pl.DataFrame:
    return frames[record].filter(pl.col("stated_on") <= day) if record in frames else layout(record).empty()


def own_names(name: str, former: Iterable[str] = ()) -> frozenset[str]:
    """The writings by which a register means the firm itself, characters made alike (`puhui.parties.firm_names`)."""
    return frozenset(parse(each).whole for each in (name, *former))


def _named(name: str | None, own: Collection[str]) -> str:
    return ITSELF if name is None or (own and parse(name).whole in own) else name


def holdings_of(rows: pl.DataFrame, own: Collection[str] = ()) -> tuple[Holding, ...]:
    """The holdings of the newest statement of each firm held; an empty target, or one of the `own` names, is the firm itself."""
    held = rows.with_columns(pl.Series("target", [_named(name, own) for name in rows["target"]], dtype=pl.String))
    newest = held.filter(pl.col("stated_on") == pl.col("stated_on").max().over("target")).sort("target", "holder")
    told = newest.select("holder", "target", "share", pl.col("holder_kind").is_in(PERSONS).alias("person"))
    return tuple(Holding(**{**row, "holder": _named(row["holder"], own)}) for row in told.iter_rows(named=True))


def guarantees_of(rows: pl.DataFrame, day: dt.date, own: Collection[str] = ()) -> tuple[Guarantee, ...]:
    """The guarantees of the newest statement that still run on a day; an empty name, or one of the `own` names, is the firm itself."""
    newest = rows.filter((pl.col("stated_on") == pl.col("stated_on").max()) & (pl.col("ends_on").is_null() | (pl.col("ends_on") > day)))
    told = newest.sort("guarantor", "debtor", nulls_last=False).select("guarantor", "debtor", "amount_fen", "debtor_overdue")
    return tuple(
        Guarantee(_named(guarantor, own), _named(debtor, own), amount or 0, bool(overdue))
        for guarantor, debtor, amount, overdue in told.iter_rows()
    )


def names_in(holdings: Iterable[Holding], guarantees: Iterable[Guarantee]) -> set[str]:
    """Every name but the firm's own."""
    names = {name for each in holdings for name in (each.holder, each.target)}
    return (names | {name for each in guarantees for name in (each.guarantor, each.debtor)}) - {ITSELF}


def customers_named(institution: Institution, names: Collection[str]) -> dict[str, int]:
    """Which of some names, or identifiers of any scheme (a former name is one), are those of one firm of the institution → its number.

    One statement, however many names; a name that several firms bear is left out.
    """
    if not names:
        return {}
    by_name = Firm.objects.filter(institution=institution, name__in=names).values_list("name", "pk")
    rows = FirmIdentifier.objects.filter(institution=institution, value__in=names)
    by_number = rows.values_list("value", "firm_id")
    found: dict[str, set[int]] = {}
    for name, number in by_name.union(by_number, all=True):
        found.setdefault(name, set()).add(number)
    return {name: min(found[name]) for name in sorted(found) if len(found[name]) == 1}
