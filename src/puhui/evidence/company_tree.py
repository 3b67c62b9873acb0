"""A firm among others, as it was known on a day: its holders up to natural persons, its group, and its circle of guarantees.

The pure walks are in `puhui.evidence.relations`; here the rows are read, by consent and logged. Names that are those of other firms of the
institution are told with their numbers, so that a page can lead there and an exposure can be added up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from puhui.evidence import queries
from puhui.evidence.relations import ITSELF, Circle, Group, Holding, circle, effective_shares, group, loose_ends, owners
from puhui.parties.models import Firm

__all__ = ["CompanyTree", "company_tree", "guarantees_of", "holdings_of"]

PERSONS = ("person", "state")


@dataclass(frozen=True)
class CompanyTree:
    """`shares`: holder → share in effect; `owners`: persons with a quarter or more; `open_ends`: firms whose holders nobody told;
    `overdue`: names in the circle that are told not to pay; `customers`: name → number, of names that are firms of the institution."""

    holdings: tuple[Holding, ...]
    shares: dict[str, float]
    owners: dict[str, float]
    open_ends: frozenset[str]
    group: Group
    circle: Circle
    overdue: frozenset[str]
    customers: dict[str, int]


def company_tree(firm: Firm, known_at: dt.date | dt.datetime, purpose: str = "credit_decision", reader: str = "system") -> CompanyTree:
    """The tree of one firm. Raises `FaultsError` without a consent to its evidence of class C02."""
    wanted = {record: [firm.pk] for record in ("shareholding", "guarantee")}
    frames = queries.evidence_as_of(firm.institution, wanted, known_at, purpose, reader)
    held = holdings_of(frames["shareholding"])
    edges, overdue = guarantees_of(frames["guarantee"], known_at.date() if isinstance(known_at, dt.datetime) else known_at)
    ring = circle(edges, overdue)
    names = {each.holder for each in held} | {each.target for each in held} | ring.members
    numbers = queries.firm_numbers(firm.institution, names=True)
    return CompanyTree(
        held,
        effective_shares(held),
        owners(held),
        loose_ends(held),
        group(held),
        ring,
        frozenset(overdue & ring.members),
        {name: numbers[name] for name in sorted(names & numbers.keys()) if numbers[name] != firm.pk},
    )


def holdings_of(rows: pl.DataFrame) -> tuple[Holding, ...]:
    """The holdings of the newest statement of each firm held; an empty target is the firm itself."""
    held = rows.with_columns(pl.col("target").fill_null(ITSELF))
    newest = held.filter(pl.col("stated_on") == pl.col("stated_on").max().over("target")).sort("target", "holder")
    told = newest.select("holder", "target", "share", pl.col("holder_kind").is_in(PERSONS).alias("person"))
    return tuple(Holding(**row) for row in told.iter_rows(named=True))


def guarantees_of(rows: pl.DataFrame, day: dt.date) -> tuple[list[tuple[str, str]], set[str]]:
    """Guarantor and debtor of each guarantee of the newest statement that still runs, and the debtors told to be overdue."""
    newest = rows.filter((pl.col("stated_on") == pl.col("stated_on").max()) & (pl.col("ends_on").is_null() | (pl.col("ends_on") > day)))
    told = newest.with_columns(pl.col("guarantor", "debtor").fill_null(ITSELF))
    overdue = told.filter(pl.col("debtor_overdue").fill_null(False))["debtor"].to_list()
    return told.select("guarantor", "debtor").rows(), set(overdue)
