"""Which rows are the same firm: first by what proves it, then by how much speaks for it.

One firm may be entered twice: once from its licence, once from an invoice with the name written short and an old tax number. `certain`
finds pairs that share a number only one firm can have, or the whole registered name in one county (which a registrar gives once).
`probable` weighs the others (Fellegi and Sunter): each comparison has levels, a level's weight is log2 of how much more often it is met
by rows of one firm than by rows of two, and the weights add up. It runs on `splink` in DuckDB over blocks: rows that share a core of the
name, its beginning in one county, a person or a phone. People are compared by their blind index; no number of a person is here.

Nothing is merged here: a pair is something to look at. Rows with two different valid codes are two legal persons and need strong reasons.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from puhui.parties.firm_names import parse
from puhui.parties.identifiers import normalise, uscc_faults

__all__ = ["CERTAIN_WEIGHT", "Pair", "Record", "certain", "find_pairs", "probable"]

CERTAIN_WEIGHT = 100.0
"""Stands for proof: above every sum of weights."""

_TAX_NUMBER_LENGTH = 15


@dataclass(frozen=True)
class Record:
    """What is compared of one row; `people` and `phones` are blind indexes as hexadecimal text, `numbers` (scheme, value)."""

    firm: int
    name: str
    numbers: tuple[tuple[str, str], ...] = ()
    division: str = ""
    industry: str = ""
    people: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two rows, `first` < `second`; `weight` in bits; `levels`: comparison → level met, without comparisons where a side tells nothing."""

    first: int
    second: int
    weight: float
    levels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_certain(self) -> bool:
        return self.weight >= CERTAIN_WEIGHT


def find_pairs(
    records: Sequence[Record], levels: Mapping[str, Mapping[str, tuple[float, float]]], prior_share: float, least_weight: float
) -> list[Pair]:
    """All pairs of at least `least_weight`, the heaviest first; `levels`: comparison → level → (share of same, share of others)."""
    proved = certain(records)
    known = {(pair.first, pair.second) for pair in proved}
    weighed = [pair for pair in probable(records, levels, prior_share, least_weight) if (pair.first, pair.second) not in known]
    return sorted([*proved, *weighed], key=lambda pair: (-pair.weight, pair.first, pair.second))


def certain(records: Iterable[Record]) -> list[Pair]:
    """Pairs that share a number of one legal person, or the whole name in one county; never two with different valid codes."""
    held: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        for key in _proofs(record):
            held[key].append(record)
    found: dict[tuple[int, int], str] = {}
    for (kind, _), rows in sorted(held.items()):
        for one, other in combinations(sorted(rows, key=lambda row: row.firm), 2):
            if not _two_codes(one, other):
                found.setdefault((one.firm, other.firm), kind)
    return [Pair(first, second, CERTAIN_WEIGHT, {"proof": kind}) for (first, second), kind in sorted(found.items())]


def organisation_of(scheme: str, value: str) -> str:
    """The organisation code within a unified code (places 9–17) or an old tax number (6 of the division + 9); empty where there is none."""
    plain = normalise(value)
    if len(plain) == 18 and scheme in ("uscc", "tax", "registration") and not uscc_faults(plain) and plain[0] == "9" and plain[1] != "2":
        return plain[8:17]
    if scheme == "tax" and len(plain) == _TAX_NUMBER_LENGTH:
        return plain[6:]
    return ""


def _proofs(record: Record) -> set[tuple[str, str]]:
    proofs = set()
    for scheme, value in record.numbers:
        plain = normalise(value)
        if organisation := organisation_of(scheme, value):
            proofs.add(("organisation code", organisation))
        if scheme in ("uscc", "tax", "registration") and len(plain) >= _TAX_NUMBER_LENGTH:
            proofs.add(("number", plain))
    name = parse(record.name)
    if name.form and record.division:
        proofs.add(("name in one county", f"{record.division} {''.join(name.places)} {name.core} {name.form}"))
    return proofs


def _code(record: Record) -> str:
    """The valid unified code of a row, from whichever scheme it stands under; empty where there is none."""
    plain = (normalise(value) for scheme, value in record.numbers if scheme in ("uscc", "tax", "registration"))
    return next((value for value in plain if len(value) == 18 and not uscc_faults(value)), "")


def _two_codes(one: Record, other: Record) -> bool:
    codes = {_code(one), _code(other)} - {""}
    return len(codes) == 2


def probable(
    records: Sequence[Record], levels: Mapping[str, Mapping[str, tuple[float, float]]], prior_share: float, least_weight: float
) -> list[Pair]:
    """Pairs within blocks, weighed by splink; those under `least_weight` are left out. Rows with two valid codes are not proposed."""
    if len(records) < 2:
        return []
    import duckdb
    import polars as pl
    from splink import DuckDBAPI, Linker, block_on

    from puhui.parties.matching_levels import settings_of, told_levels

    frame = pl.DataFrame([_row(record) for record in records], schema=_schema())  # noqa: F841  DuckDB reads it by its name
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute("CREATE TABLE firms AS SELECT * FROM frame")
    blocks = [block_on("core"), block_on("division", "opening"), block_on("people", arrays_to_explode=["people"])]
    blocks += [block_on("phones", arrays_to_explode=["phones"]), block_on("names", arrays_to_explode=["names"])]
    api = DuckDBAPI(connection)
    linker = Linker(api.register("firms"), settings_of(levels, prior_share, blocks), log_level=40)
    predicted = linker.inference.predict(threshold_match_weight=least_weight).as_duckdbpyrelation()
    columns = predicted.columns
    by_firm = {record.firm: record for record in records}
    found = {}
    for values in predicted.fetchall():
        row: dict[str, Any] = dict(zip(columns, values, strict=True))
        first, second = sorted((row["unique_id_l"], row["unique_id_r"]))
        if not _two_codes(by_firm[first], by_firm[second]) and math.isfinite(row["match_weight"]):
            found[first, second] = Pair(first, second, row["match_weight"], told_levels(row, levels))
    return list(found.values())


def _schema() -> dict[str, Any]:
    import polars as pl

    texts = dict.fromkeys(("core", "form", "opening", "division", "industry", "code"), pl.String)
    return {"unique_id": pl.Int64, **texts, **dict.fromkeys(("people", "phones", "names"), pl.List(pl.String))}


def _row(record: Record) -> dict[str, Any]:
    name = parse(record.name)
    return {
        "unique_id": record.firm,
        "core": name.core,
        "form": name.form or None,
        "opening": name.core[:2],
        "division": record.division or None,
        "industry": record.industry or None,
        "code": _code(record) or None,
        "people": sorted(record.people) or None,
        "phones": sorted(record.phones) or None,
        "names": sorted({name.core, *(parse(each).core for each in record.former_names)}),
    }
