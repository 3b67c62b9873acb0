"""JSON: a list of objects, one object on each line, or an answer of an interface with one such list in it. Numbers keep their digits as
written, so no cent is lost to a float.

Objects are read one after the other from the text, which keeps memory small and lets a fault name the object (counted from 1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import polars as pl

from puhui.evidence.reading.encodings import to_utf8
from puhui.evidence.reading.faults import RefusedFileError, place, refuse
from puhui.evidence.reading.limits import Deadline, Limits
from puhui.evidence.reading.raw import ROW, RawTable, no_broken_rows

CHUNK_ROWS = 20_000
DEEPEST_LIST = 3  # data.page.rows
BLANK = re.compile(r"\s*")
SHAPE = 'a list of objects ([{"heading": value, …}, …]) or one object on each line'


def read_json(data: bytes, file: str, limits: Limits, encoding: str | None = None) -> RawTable:
    """Every object as a row of text, numbered from 1. Raises `RefusedFileError` when the shape is another."""
    deadline = Deadline(limits, file)
    text = str(to_utf8(data, file, encoding)[0], "utf-8")
    frames: list[pl.DataFrame] = []
    chunk: list[dict[str, str]] = []
    number = 0
    values, notes = _rows(_values(text, file))
    for value in values:
        number += 1
        if number > limits.rows:
            raise refuse(file, f"more than {limits.rows:,} objects", f"at most {limits.rows:,}", "Split it into several files.")
        chunk.append(_flat(value, number, file))
        if len(chunk) == CHUNK_ROWS:
            frames.append(_frame(chunk, number, limits, file))
            chunk = []
            deadline.check()
    if chunk or not frames:
        frames.append(_frame(chunk, number, limits, file))
    frame = pl.concat(frames, how="diagonal").fill_null("") if len(frames) > 1 else frames[0]
    return RawTable(file, "", frame, no_broken_rows(), notes)


def _rows(values: Iterator[Any]) -> tuple[Iterator[Any], list[str]]:
    """The objects that are rows: those of the only list of objects in an object that stands alone (`{"meta": …, "data": {"rows": […]}}`),
    else the objects themselves; and a note that says which list."""
    first = list(islice(values, 2))
    lists = _lists(first[0]) if len(first) == 1 and isinstance(first[0], dict) else []
    if len(lists) != 1:
        return chain(first, values), []
    name, rows = lists[0]
    return iter(rows), [f'read the list "{name}"']


def _lists(value: dict[str, Any], within: str = "", depth: int = DEEPEST_LIST) -> list[tuple[str, list[Any]]]:
    """Name and content of the lists of objects in an object, and in objects in it."""
    found = [(f"{within}{name}", each) for name, each in value.items() if isinstance(each, list) and each and isinstance(each[0], dict)]
    inner = [(name, each) for name, each in value.items() if isinstance(each, dict)] if depth > 1 else []
    return found + [pair for name, each in inner for pair in _lists(each, f"{within}{name}.", depth - 1)]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names one field twice")
    return found


def _values(text: str, file: str) -> Iterator[Any]:
    """The objects of a list, or of lines, one by one."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_pairs)
    position = _after_blanks(text, 0)
    in_list = text.startswith("[", position)
    if in_list:
        position = _after_blanks(text, position + 1)
    try:
        while position < len(text) and not (in_list and text[position] == "]"):
            value, position = decoder.raw_decode(text, position)
            yield value
            position = _after_blanks(text, position)
            if in_list and text[position : position + 1] == ",":
                position = _after_blanks(text, position + 1)
            elif in_list and text[position : position + 1] != "]":
                raise ValueError("a list that is not closed, or a comma is missing")
    except RecursionError as error:
        raise refuse(file, "JSON nested too deep", SHAPE, "Write one flat object for each row.") from error
    except ValueError as error:
        at = getattr(error, "pos", position)
        line = text.count("\n", 0, at) + 1
        raise refuse(f"{file}, line {line:,}", f"no valid JSON ({error})", SHAPE, "Export it again, or correct that line.") from error


def _after_blanks(text: str, position: int) -> int:
    match = BLANK.match(text, position)
    return match.end() if match else position


def _flat(value: Any, number: int, file: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _wrong_shape(place(file, row=number), "a list" if isinstance(value, list) else "a value that stands alone")
    flat = {}
    for name, cell in value.items():
        if isinstance(cell, dict | list):
            raise _wrong_shape(place(file, row=number, column=name), "a list or an object inside the object")
        flat[name] = "" if cell is None else ("是" if cell else "否") if isinstance(cell, bool) else cell
    return flat


def _wrong_shape(where: str, found: str) -> RefusedFileError:
    return refuse(where, found, SHAPE, "Write one flat object for each row.")


def _frame(chunk: list[dict[str, str]], last: int, limits: Limits, file: str) -> pl.DataFrame:
    names = list(dict.fromkeys(name for row in chunk for name in row))
    if len(names) > limits.columns:
        raise refuse(file, f"{len(names):,} different fields", f"at most {limits.columns:,}", "Write the same fields in each object.")
    columns = {name: [row.get(name, "") for row in chunk] for name in names}
    first = last - len(chunk) + 1
    return pl.DataFrame({ROW: range(first, last + 1), **columns}, schema={ROW: pl.Int64, **dict.fromkeys(names, pl.String)})
