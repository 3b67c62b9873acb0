"""A table of cases in an ARFF file, the form of the UCI archive and of Weka: attributes one a line, then rows with `?` for not known."""

from __future__ import annotations

import io
import re

import polars as pl

from puhui.calculations.faults import Fault, FaultsError, check

__all__ = ["is_arff", "read_arff"]

_ATTRIBUTE = re.compile(r"""@attribute\s+('(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<plain>\S+))\s+(?P<kind>.+)""", re.IGNORECASE)
NUMBERS = ("numeric", "real", "integer")


def is_arff(text: bytes) -> bool:
    """Whether the first line that is no comment names a relation."""
    lines = (line.strip() for line in text[:10_000].split(b"\n"))
    return next((line for line in lines if line and not line.startswith(b"%")), b"").lower().startswith(b"@relation")


def read_arff(text: bytes, where: str, as_text: bool) -> pl.DataFrame:
    """The rows under @data with the names of the attributes; as_text: cells as they are written. FaultsError for what is no such table."""
    head, found, data = _parted(text.decode())
    kinds: dict[str, str] = {}
    faults = [] if found else [Fault(where, "no line @data", "rows under @data")]
    for number, line in head:
        named = _ATTRIBUTE.fullmatch(line)
        name = next((each for each in named.group("single", "double", "plain") if each is not None), "") if named else ""
        if named is None or name in kinds:
            faults.append(Fault(f"{where}, line {number}", line[:60], "@attribute NAME KIND, each name once"))
        else:
            kinds[name] = named["kind"].strip().lower()
    if not kinds:
        faults.append(Fault(where, "no line @attribute", "one for each column"))
    if data.startswith("{"):
        faults.append(Fault(f"{where}, @data", "sparse rows", "every cell of a row, with commas between"))
    check(faults)
    return _rows(data, kinds, where, as_text)


def _parted(text: str) -> tuple[list[tuple[int, str]], bool, str]:
    """The lines of attributes with their numbers, whether there is @data, and the rows without comments and blank lines."""
    lines = [line.strip() for line in text.splitlines()]
    place = next((place for place, line in enumerate(lines) if line.lower() == "@data"), None)
    head = [(number, line) for number, line in enumerate(lines[:place], 1) if line.lower().startswith("@attribute")]
    rows = [line for line in lines[len(lines) if place is None else place + 1 :] if line and not line.startswith("%")]
    return head, place is not None, "\n".join(rows)


def _rows(data: str, kinds: dict[str, str], where: str, as_text: bool) -> pl.DataFrame:
    if not data:
        return pl.DataFrame(schema=dict.fromkeys(kinds, pl.String))
    quote = max("\"'", key=lambda sign: len(re.findall(rf"(?:^|,)\s*{sign}", data, re.MULTILINE)))
    frame = pl.read_csv(io.StringIO(data), has_header=False, infer_schema=False, quote_char=quote)
    if frame.width != len(kinds):
        raise FaultsError([Fault(f"{where}, @data", f"{frame.width} cells in a row", f"{len(kinds)}, one for each attribute")])
    frame = frame.rename(dict(zip(frame.columns, kinds, strict=True))).with_columns(pl.all().str.strip_chars().replace("?", None))
    if as_text:
        return frame
    wrong = []
    for name, kind in kinds.items():
        if kind.startswith(NUMBERS):
            numbers = frame[name].cast(pl.Float64, strict=False)
            if numbers.null_count() > frame[name].null_count():
                row = int((numbers.is_null() & frame[name].is_not_null()).arg_max() or 0)
                wrong.append(Fault(f"{where}, column {name}, row {row}", repr(frame[name][row]), "a number or ?"))
            frame = frame.with_columns(numbers)
    check(wrong)
    return frame
