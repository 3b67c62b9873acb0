"""Caps and refusals of law, looked at before a loan is offered: its cost in a year, the cost of being late, and which fees may be asked.

A document of terms knows no lender, so nothing of this is looked at unless it says who lends: `checks` names the lender and the borrower.
The figures are dated rows handed in (`Law`); code holds only what is done with them:

- the annual cost, all fees in, as simple interest of the year (APR, 单利), against the lowest cap that holds for the lender;
- the rate itself against the same cap, and for private lending the rate of overdue money too (one cap for all of it together);
- the markups of overdue and of misused money against their bands;
- fees by their kind: interest taken in advance (only what was really received counts as lent), commitment and fund-management fees on
  loans to small firms that are no syndications, deposits asked for a loan, and costs that the bank has to bear itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from puhui.calculations.faults import Fault
from puhui.calculations.reading import Fields
from puhui.calculations.term_records import MARKUP_SCALE, RATE_SCALE, Terms

__all__ = [
    "BORROWERS",
    "LENDERS",
    "Checks",
    "CostCap",
    "FeeRule",
    "Law",
    "MarkupBand",
    "caps_on_cost",
    "law_faults",
    "law_from_rows",
    "read_checks",
    "simple_annual_cost",
]

ROUNDING = 1e-4  # instalments rounded to the smallest unit move the annual cost of a small loan by less than this
LENDERS = ("bank", "micro_lender", "private")
BORROWERS = ("micro", "small", "medium", "large", "individual")


@dataclass(frozen=True, slots=True)
class CostCap:
    """The highest annual cost for a lender: a share of the principal, or a multiple of the one-year loan prime rate (LPR1Y)."""

    lender: str
    annual_cost: Fraction | None
    multiple: Fraction | None
    covers_overdue: bool
    source: str


@dataclass(frozen=True, slots=True)
class MarkupBand:
    """The lowest and highest markup on the contract rate, by what it is for: `overdue` or `misuse`."""

    lender: str
    of: str
    lowest: Fraction
    highest: Fraction
    source: str


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A kind of fee that may not be asked. Empty `lenders` or `borrowers`: of all; `words` tell the kind by the name of a fee."""

    kind: str
    words: tuple[str, ...]
    lenders: tuple[str, ...]
    borrowers: tuple[str, ...]
    syndicated_excepted: bool
    expected: str
    source: str


@dataclass(frozen=True, slots=True)
class Law:
    """What holds on the day of the agreement; `prime_rate` is the LPR1Y published last before it, None where none is known."""

    prime_rate: Fraction | None = None
    costs: tuple[CostCap, ...] = ()
    markups: tuple[MarkupBand, ...] = ()
    fees: tuple[FeeRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """Who lends, to whom, and since when the agreement stands; `fee_kinds` tells the kind of a fee by its name where words would not."""

    lender: str
    borrower: str = ""
    syndicated: bool = False
    agreed_on: date | None = None
    fee_kinds: Mapping[str, str] = field(default_factory=dict)
    names: tuple[tuple[str, str], ...] = ()
    """(where it stands, name) of each fee of the document, those to third parties included."""


def read_checks(fields: Fields) -> Checks | None:
    """The key `checks` of a document, noting faults; None where it is absent: then nothing is checked."""
    if not fields.has("checks"):
        return None
    child = fields.child("checks")
    if child is None:
        return None
    lender = child.choice("lender", LENDERS, "")
    if not child.has("lender"):
        child.fault("lender", "one of " + ", ".join(LENDERS))
    borrower = child.choice("borrower", BORROWERS, "")
    syndicated, agreed_on = child.boolean("syndicated", False), child.day("agreed_on")
    kinds = child.raw("fee_kinds") if child.has("fee_kinds") else {}
    if not isinstance(kinds, dict) or not all(isinstance(value, str) for value in kinds.values()):
        child.fault("fee_kinds", "an object of names of fees, each with its kind")
        kinds = {}
    child.finish()
    return Checks(lender, borrower, syndicated, agreed_on, kinds, tuple(_names(fields.values)))


def _names(document: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    upfront = document.get("upfront")
    lists = {
        "fees": document.get("fees"),
        "upfront.fees_to_third_parties": upfront.get("fees_to_third_parties") if isinstance(upfront, dict) else None,
    }
    for where, items in lists.items():
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield f"{where}[{index}]", item["name"]


def law_from_rows(
    costs: Iterable[Mapping[str, Any]],
    markups: Iterable[Mapping[str, Any]],
    fees: Iterable[Mapping[str, Any]],
    prime_rate: float | None,
) -> Law:
    """The law from rows of dated tables that hold on one day; their figures are decimals (the columns of the tables of that name)."""
    return Law(
        _exact(prime_rate),
        tuple(
            CostCap(
                row["lender_kind"],
                _exact(row.get("annual_cost_maximum")),
                _exact(row.get("multiple_of_lpr1y")),
                bool(row.get("covers_overdue", False)),
                row.get("source", ""),
            )
            for row in costs
        ),
        tuple(
            MarkupBand(row["lender_kind"], row["markup_of"], _share(row["minimum"]), _share(row["maximum"]), row.get("source", ""))
            for row in markups
        ),
        tuple(
            FeeRule(
                row["fee_kind"],
                tuple(row["words"]),
                tuple(row.get("lender_kinds", ())),
                tuple(row.get("borrower_sizes", ())),
                bool(row.get("syndicated_excepted", False)),
                row["expected"],
                row.get("source", ""),
            )
            for row in fees
        ),
    )


def _share(value: float) -> Fraction:
    return Fraction(str(value))


def _exact(value: float | None) -> Fraction | None:
    return None if value is None else _share(value)


def caps_on_cost(law: Law, lender: str) -> list[tuple[Fraction, CostCap]]:
    """Every cap on the annual cost for this lender, the lowest first. A multiple of a prime rate that is not known is left out."""
    found = []
    for cap in law.costs:
        if cap.lender == lender and cap.annual_cost is not None:
            found.append((cap.annual_cost, cap))
        if cap.lender == lender and cap.multiple is not None and law.prime_rate is not None:
            found.append((cap.multiple * law.prime_rate, cap))
    return sorted(found, key=lambda pair: pair[0])


def simple_annual_cost(nominal: str | None, effective: str | None) -> float | None:
    """The annual cost as simple interest of the year from the answer's texts; where money moves on odd days, twelve times the
    monthly rate that compounds to the effective one."""
    if nominal is not None:
        return float(nominal)
    return None if effective is None else round(12 * ((1 + float(effective)) ** (1 / 12) - 1), 6)


def law_faults(terms: Terms, checks: Checks, law: Law, annual_cost: float | None) -> list[Fault]:
    """Everything that the law refuses in these terms. `annual_cost` is `simple_annual_cost`, None where it is not known."""
    faults = [*_cost_faults(terms, checks, law, annual_cost), *_markup_faults(terms, checks, law)]
    faults += [fault for where, name in checks.names if (fault := _fee_fault(where, name, checks, law.fees)) is not None]
    return faults


def _cost_faults(terms: Terms, checks: Checks, law: Law, annual_cost: float | None) -> list[Fault]:
    caps = caps_on_cost(law, checks.lender)
    if not caps:
        return [Fault("checks.lender", checks.lender, "a lender and a day for which a cap on the annual cost is known")]
    highest, cap = caps[0]
    rate = max(Fraction(rate, RATE_SCALE) for _, rate in terms.rates)
    expected = f"at most {_percent(highest)} a year ({cap.source})"
    faults = []
    if rate > highest:
        faults.append(Fault("rate_annual", _percent(rate), expected))
    elif annual_cost is None:
        faults.append(
            Fault("checks", "an annual cost that is not known", "terms and a day for which it is: without as_of, or nothing overdue")
        )
    elif annual_cost > float(highest) + ROUNDING:
        faults.append(Fault("annual_cost", _percent(Fraction(f"{annual_cost:.6f}")), expected + ", all fees in"))
    if cap.covers_overdue and terms.penalty is not None:
        overdue = rate * (MARKUP_SCALE + terms.penalty.markup_overdue) / MARKUP_SCALE
        if overdue > highest >= rate:
            faults.append(Fault("penalty.markup_overdue", f"{_percent(overdue)} on overdue money", expected + ", overdue money included"))
    return faults


def _markup_faults(terms: Terms, checks: Checks, law: Law) -> list[Fault]:
    if terms.penalty is None:
        return []
    agreed = {"overdue": terms.penalty.markup_overdue, "misuse": terms.penalty.markup_misuse}
    faults = []
    for band in law.markups:
        markup = Fraction(agreed[band.of], MARKUP_SCALE)
        if band.lender == checks.lender and not band.lowest <= markup <= band.highest:
            expected = f"{_percent(band.lowest)} to {_percent(band.highest)} above the contract rate ({band.source})"
            faults.append(Fault(f"penalty.markup_{band.of}", _percent(markup), expected))
    return faults


def _fee_fault(where: str, name: str, checks: Checks, rules: Sequence[FeeRule]) -> Fault | None:
    kind = checks.fee_kinds.get(name)
    for rule in rules:
        of_this_kind = kind == rule.kind if kind is not None else any(word in name.lower() for word in rule.words)
        asked_of = (not rule.lenders or checks.lender in rule.lenders) and (not rule.borrowers or checks.borrower in rule.borrowers)
        if of_this_kind and asked_of and not (rule.syndicated_excepted and checks.syndicated):
            return Fault(where, name, f"{rule.expected} ({rule.source})")
    return None


def _percent(share: Fraction) -> str:
    text = f"{float(share * 100):.4f}".rstrip("0").rstrip(".")
    return f"{text}%"
