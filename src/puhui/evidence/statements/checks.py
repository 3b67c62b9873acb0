"""Do a firm's statements hold together? Each identity holds, or a finding says which line does not, and by how much.

The identities are a table (`catalogue/statements/identities.toml`). A sum is asked only where its needed lines are there; a line that
may be left blank counts as nothing. A finding is no verdict: `must` is an error in the statement, `ask` has honest reasons,
`slight` is within a ten-thousandth, as old filings in thousands of yuan are. Figures that were printed to compare, and restated ones, are
set against the first ones and never mixed with them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from puhui.evidence.statements.lines import UNMAPPED, layout_document

SLIGHT = 10_000  # a difference below this part of the total
STRENGTHS = ("must", "ask", "slight", "note")
Period = tuple[str, dt.date | None, dt.date]  # version, first day (None: a balance), last day


@dataclass(frozen=True)
class Identity:
    """`total` = `plus` − `less`; lines in the optional two count where they are there. `income.net_profit` is another statement's."""

    name: str
    statement: str
    total: str
    plus: tuple[str, ...]
    less: tuple[str, ...]
    plus_optional: tuple[str, ...]
    less_optional: tuple[str, ...]
    layouts: tuple[str, ...]
    strength: str
    below: str

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.total, *self.plus, *self.less, *self.plus_optional, *self.less_optional)


@dataclass(frozen=True)
class Figure:
    """A figure in fen and the fen to which it was rounded."""

    fen: int
    precision: int


@dataclass(frozen=True)
class Finding:
    """One thing odd about statements. `found` and `expected` in fen; `terms` as (sign, line), `suspects` lines nothing else confirms."""

    kind: str
    statement: str
    period_end: dt.date
    line: str
    found: int
    expected: int
    strength: str
    name: str = ""
    terms: tuple[tuple[str, str], ...] = ()
    suspects: tuple[str, ...] = ()

    @property
    def difference(self) -> int:
        return self.found - self.expected


@cache
def identities() -> tuple[Identity, ...]:
    """The table of identities, in its order."""
    document = layout_document("identities")
    return tuple(_identity(name, entry) for name, entry in document.items() if isinstance(entry, dict))


def _identity(name: str, entry: Mapping[str, Any]) -> Identity:
    strength = entry.get("strength", "must")
    plus, less, plus_optional, less_optional, layouts = (
        tuple(entry.get(key, ())) for key in ("plus", "less", "if_there", "less_if_there", "layouts")
    )
    return Identity(
        name, entry["statement"], entry["total"], plus, less, plus_optional, less_optional, layouts, strength, entry.get("below", strength)
    )


def findings(rows: pl.DataFrame) -> list[Finding]:
    """Everything odd about the statements of one firm, the newest first. `rows`: records of `statement_line` of one firm."""
    told = rows.filter(pl.col("value_fen").is_not_null()).with_columns(
        pl.col("restated").fill_null(False), pl.col("comparative").fill_null(False), pl.col("copy").fill_null(1),
        pl.col("version").fill_null(""), pl.col("label").fill_null(""), pl.col("precision_fen").fill_null(1),
    )  # fmt: skip
    known = told.filter(pl.col("line") != UNMAPPED)
    own = known.filter(~pl.col("comparative") & ~pl.col("restated"))
    first = own.sort("copy", "known_at", descending=[True, False]).unique(
        ["version", "statement", "line", "period_start", "period_end"], keep="last", maintain_order=True
    )
    found = [
        *_identities(first),
        *_columns(own),
        *_beside(known, first),
        *_opening_cash(first),
        *_retained(first),
        *_unmapped(told.filter(pl.col("line") == UNMAPPED)),
    ]
    return sorted(found, key=lambda each: (-each.period_end.toordinal(), STRENGTHS.index(each.strength)))


def _by_period(rows: pl.DataFrame) -> dict[Period, tuple[str, dict[str, Figure]]]:
    """Period → the layout and its figures under `statement.line`; flows of the year so far stand with the balance of their last day."""
    periods: dict[Period, tuple[str, dict[str, Figure]]] = {}
    names = ("version", "period_start", "period_end", "statement", "line", "value_fen", "precision_fen", "layout")
    for version, start, end, statement, line, fen, precision, layout in rows.select(names).iter_rows():
        begin = None if statement == "balance" else start
        _, figures = periods.setdefault((version, begin, end), (layout or "", {}))
        figures[f"{statement}.{line}"] = Figure(fen, precision)
    for (version, start, end), (_, figures) in periods.items():
        if start is not None:
            balance = periods.get((version, None, end))
            figures |= {name: each for name, each in (balance[1] if balance else {}).items() if name.startswith("balance.")}
    return periods


def _identities(rows: pl.DataFrame) -> Iterator[Finding]:
    for (_, start, end), (layout, figures) in _by_period(rows).items():
        asked = [
            (each, tested)
            for each in identities()
            if (each.statement == "balance") == (start is None) and (not each.layouts or layout in each.layouts)
            for tested in [_tested(each, figures)]
            if tested is not None
        ]
        confirmed = {(each.statement, line) for each, (_, _, holds) in asked if holds for line in each.lines}
        for each, (total, expected, holds) in asked:
            if holds:
                continue
            difference = abs(total - expected)
            slight = difference * SLIGHT <= abs(total)
            terms = tuple(_terms(each, figures))
            suspects = tuple(line for line in (each.total, *(line for _, line in terms)) if (each.statement, line) not in confirmed)
            strength = "slight" if slight else each.below if total < expected else each.strength
            if len(suspects) > len(terms):  # nothing else confirms any of them: it is no hint
                suspects = ()
            yield Finding("identity", each.statement, end, each.total, total, expected, strength, each.name, terms, suspects)


def _key(identity: Identity, line: str) -> str:
    return line if "." in line else f"{identity.statement}.{line}"


def _terms(identity: Identity, figures: Mapping[str, Figure]) -> Iterator[tuple[str, str]]:
    for sign, names in (("+", identity.plus + identity.plus_optional), ("-", identity.less + identity.less_optional)):
        for line in names:
            if _key(identity, line) in figures:
                yield sign, line


def _tested(identity: Identity, figures: Mapping[str, Figure]) -> tuple[int, int, bool] | None:
    """The total, what it should be, and whether they agree within the rounding; None where a needed line is missing."""
    total = figures.get(_key(identity, identity.total))
    terms = list(_terms(identity, figures))
    if total is None or not terms or any(_key(identity, line) not in figures for line in identity.plus + identity.less):
        return None
    parts = [(1 if sign == "+" else -1, figures[_key(identity, line)]) for sign, line in terms]
    expected = sum(sign * part.fen for sign, part in parts)
    # Half the unit of each figure that was rounded, and a fen for each that was not.
    allowed = sum(max(1.0, part.precision / 2) for part in [total, *(part for _, part in parts)])
    return total.fen, expected, abs(total.fen - expected) <= allowed


def _strength(difference: int, whole: int, otherwise: str) -> str:
    return "slight" if abs(difference) * SLIGHT <= abs(whole) else otherwise


def _columns(own: pl.DataFrame) -> Iterator[Finding]:
    """A label that stands in two columns of one statement with two values."""
    key = ["version", "statement", "label", "line", "period_start", "period_end"]
    pairs = own.filter(pl.col("label") != "").group_by(key).agg(
        pl.col("value_fen").sort_by("copy").first().alias("first"),
        pl.col("value_fen").sort_by("copy").last().alias("last"),
        pl.col("precision_fen").max().alias("precision"),
    )  # fmt: skip
    differing = pairs.filter((pl.col("first") - pl.col("last")).abs() > pl.col("precision"))
    for row in differing.iter_rows(named=True):
        yield Finding("columns_differ", row["statement"], row["period_end"], row["line"], row["first"], row["last"], "ask")


def _beside(known: pl.DataFrame, first: pl.DataFrame) -> Iterator[Finding]:
    """Restated figures, and figures printed later to compare, that differ from the first ones."""
    key = ["version", "statement", "line", "period_start", "period_end"]
    others = known.filter(pl.col("comparative") | pl.col("restated"))
    both = others.join(first.select(*key, "value_fen", "precision_fen"), on=key, suffix="_first", nulls_equal=True)
    differing = both.filter(
        (pl.col("value_fen") - pl.col("value_fen_first")).abs() > pl.max_horizontal("precision_fen", "precision_fen_first")
    )
    for row in differing.iter_rows(named=True):
        kind = "restated" if row["restated"] else "comparative"
        change = _strength(row["value_fen"] - row["value_fen_first"], row["value_fen_first"], "note" if row["restated"] else "ask")
        yield Finding(kind, row["statement"], row["period_end"], row["line"], row["value_fen"], row["value_fen_first"], change)


def _yearly(rows: pl.DataFrame, statement: str, line: str) -> dict[tuple[str, dt.date], Figure]:
    """(version, 31 December) → the figure of the year or day."""
    found = rows.filter(
        pl.col("statement") == statement,
        pl.col("line") == line,
        pl.col("period_end").dt.strftime("%m-%d") == "12-31",
        pl.col("period_start").is_null() | (pl.col("period_start").dt.year() == pl.col("period_end").dt.year()),
    )
    found = found.sort("period_start", descending=True, nulls_last=True)
    return {
        (row[0], row[1]): Figure(row[2], row[3]) for row in found.select("version", "period_end", "value_fen", "precision_fen").iter_rows()
    }


def _last_year(day: dt.date) -> dt.date:
    return dt.date(day.year - 1, 12, 31)


def _opening_cash(rows: pl.DataFrame) -> Iterator[Finding]:
    """Cash at the start of a year against cash at the end of the one before; only flows told from 1 January on."""
    closing = _yearly(rows, "cash_flow", "closing_cash")
    opening = rows.filter(
        pl.col("statement") == "cash_flow", pl.col("line") == "opening_cash", pl.col("period_start").dt.strftime("%m-%d") == "01-01"
    )
    for row in opening.iter_rows(named=True):
        before = closing.get((row["version"], _last_year(row["period_end"])))
        if before and abs(row["value_fen"] - before.fen) > max(row["precision_fen"], before.precision):
            strength = _strength(row["value_fen"] - before.fen, before.fen, "ask")
            yield Finding("opening_cash", "cash_flow", row["period_end"], "opening_cash", row["value_fen"], before.fen, strength)


def _retained(rows: pl.DataFrame) -> Iterator[Finding]:
    """The rise of retained earnings over a year against profit less distributions, for small firms: groups have more movements."""
    small = rows.filter(pl.col("layout") == "small_business")
    retained, reserve, profit, paid = (
        _yearly(small, statement, line)
        for statement, line in (
            ("balance", "retained_earnings"), ("balance", "surplus_reserve"), ("income", "net_profit"), ("cash_flow", "profit_distributed"),
        )
    )  # fmt: skip
    nothing = Figure(0, 1)
    for (version, day), now in retained.items():
        before, earned = retained.get((version, _last_year(day))), profit.get((version, day))
        if before is None or earned is None:
            continue
        rise = now.fen - before.fen
        rise += reserve.get((version, day), nothing).fen - reserve.get((version, _last_year(day)), nothing).fen
        expected = earned.fen - paid.get((version, day), nothing).fen
        if abs(rise - expected) > 3 * max(now.precision, before.precision, earned.precision):
            yield Finding("retained_earnings", "balance", day, "retained_earnings", rise, expected, _strength(rise - expected, rise, "ask"))


def _unmapped(rows: pl.DataFrame) -> Iterator[Finding]:
    labels = rows.group_by("statement", "label").agg(pl.col("value_fen").abs().max(), pl.col("period_end").max())
    for statement, label, fen, end in labels.sort("statement", "label").iter_rows():
        yield Finding("unmapped", statement, end, label, fen, 0, "note")


def words(finding: Finding, language: str = "en") -> str:
    """A finding in one sentence or two; `language` is en, zh-hans or zh-hant."""
    texts: dict[str, Any] = _texts()
    quoted = _quoted(finding.statement, finding.line, language)
    parts = "".join(
        (f" {sign} " if number or sign == "-" else "") + _quoted(finding.statement, line, language)
        for number, (sign, line) in enumerate(finding.terms)
    )
    joined = (", " if language == "en" else "、").join(_quoted(finding.statement, line, language) for line in finding.suspects)
    text: str = texts["finding"][finding.kind][language].format(
        statement=texts["statement"][finding.statement][language],
        day=finding.period_end.isoformat(),
        line=quoted,
        found=_yuan(finding.found),
        expected=_yuan(finding.expected),
        difference=_yuan(finding.difference),
        terms=parts.strip(),
        suspects=texts["suspects"][language].format(lines=joined) if finding.suspects else "",
        strength=texts["strength"][finding.strength][language],
    )
    return text[:1].upper() + text[1:]


@cache
def _texts() -> dict[str, Any]:
    return layout_document("findings")


@cache
def _titles() -> Mapping[str, str]:
    document = layout_document("lines")
    return {
        f"{statement}.{line}": (entry["names"] or entry.get("hong_kong") or [line])[0]
        for statement in ("balance", "income", "cash_flow")
        for line, entry in document[statement].items()
    }


def line_title(statement: str, line: str, language: str) -> str:
    """What a canonical line is called: in Chinese as the standards' forms have it."""
    return line.replace("_", " ") if language == "en" else _titles().get(f"{statement}.{line}", line)


def _quoted(statement: str, line: str, language: str) -> str:
    title = _titles().get(line if "." in line else f"{statement}.{line}", line)
    if language != "en":
        return f"“{title}”" if language == "zh-hans" else f"「{title}」"
    name = line.partition(".")[2] or line
    return name.replace("_", " ") + (f" ({title})" if title != line else "")


def _yuan(fen: int) -> str:
    sign, value = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{value // 100:,}.{value % 100:02d}"


def summary(found: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each strength."""
    return {strength: sum(each.strength == strength for each in found) for strength in STRENGTHS}
