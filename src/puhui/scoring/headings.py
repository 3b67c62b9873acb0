"""Which column of a table from elsewhere is the one that a model, a target or a configuration names.

Systems spell a heading in other case and with other signs (`MIS_Status`, `mis status`), and tables of numbered columns come with another
word before the number (`attr_1` … `attr_64` here, `X1` … `X64` there). Both are read as what they are, and told. Everything else is a
guess, which is offered and never taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from puhui.calculations.faults import Fault

__all__ = ["absent_columns", "column_named", "columns_named", "nearest", "read_as", "same_name"]

LEAST_NUMBERED = 8
"""So many columns of one word are a numbered table; fewer may be a chance likeness."""
CLOSE, LEAST_WITHIN = 0.6, 4
"""How like two spellings are that may mean one another, and from which length one may be part of the other."""
SHOWN_COLUMNS = 60
_NUMBERED = re.compile(r"(\D*)0*(\d+)")


def same_name(name: str) -> str:
    """A heading without what systems differ in: case, spaces, underscores and other signs."""
    return re.sub(r"[\W_]+", "", name.lower())


def column_named(name: str, columns: Sequence[str]) -> str | None:
    """The column of that name, or the only one that differs in case and signs alone."""
    if name in columns:
        return name
    near = [column for column in columns if same_name(column) == same_name(name)]
    return near[0] if len(near) == 1 else None


def columns_named(names: Sequence[str], columns: Sequence[str]) -> dict[str, str | None]:
    """Each name with its column, by name alone or, where a whole numbered family has another word, by number; None where there is none."""
    found = {name: column_named(name, columns) for name in names}
    taken = set(found.values())
    offered = _families(column for column in columns if column not in taken)
    for wanted in _families(found).values():
        if len(wanted) < LEAST_NUMBERED or any(found[name] for name in wanted.values()):
            continue
        whole = [family for family in offered.values() if set(wanted) <= set(family)]
        if len(whole) == 1:
            found |= {name: whole[0][number] for number, name in wanted.items()}
    return found


def _families(names: Iterable[str]) -> dict[str, dict[int, str]]:
    """Word before the number → number → name. A number that stands twice makes its family none."""
    families: dict[str, dict[int, str]] = {}
    spoilt = set()
    for name in names:
        parts = _parts(name)
        if parts is None:
            continue
        word, number = parts
        if number in families.setdefault(word, {}):
            spoilt.add(word)
        families[word][number] = name
    return {word: family for word, family in families.items() if word not in spoilt}


def _parts(name: str) -> tuple[str, int] | None:
    """`Attr_07` is ("attr", 7)."""
    match = _NUMBERED.fullmatch(same_name(name))
    return None if match is None else (match[1], int(match[2]))


def _word(name: str) -> str:
    return (_parts(name) or ("", 0))[0]


def read_as(found: dict[str, str | None]) -> list[str]:
    """Sentences of the columns that are read under another name, one for a whole family of numbers."""
    other = {name: column for name, column in found.items() if column is not None and column != name}
    told: list[str] = []
    for family in _families(other).values():
        if len(family) < LEAST_NUMBERED:
            continue
        first, *_, last = (family[number] for number in sorted(family))
        ends = (other.pop(first), other.pop(last))
        for name in family.values():
            other.pop(name, None)
        by_number = "" if _word(ends[0]) == _word(first) else ", by their numbers: make sure that these mean the same"
        told.append(f"{ends[0]} to {ends[1]} ({len(family)} columns) are read as {first} to {last}{by_number}")
    return told + [f"{column} is read as {name}" for name, column in other.items()]


def nearest(name: str, columns: Iterable[str]) -> str | None:
    """The column that may be meant. A numbered one is never near to another number, however like the letters are."""
    wanted, parts = same_name(name), _parts(name)
    spelt = {same_name(column): column for column in columns}
    numbers = {spelling: other[1] for spelling, column in spelt.items() if (other := _parts(column)) is not None}
    if parts is not None:
        spelt = {spelling: column for spelling, column in spelt.items() if numbers.get(spelling, parts[1]) == parts[1]}
    within = [
        spelling for spelling in spelt if min(len(spelling), len(wanted)) >= LEAST_WITHIN and (spelling in wanted or wanted in spelling)
    ]
    by_number = [spelling for spelling in spelt if parts is not None and spelling in numbers]
    near = get_close_matches(wanted, spelt, n=1, cutoff=CLOSE) or within or by_number
    return spelt[near[0]] if near else None


def absent_columns(found: dict[str, str | None], columns: Sequence[str]) -> list[Fault]:
    """A fault for each column that the model reads and the table lacks, with the nearest of those that nothing else reads; and these."""
    free = [column for column in columns if column not in found.values()]
    faults = []
    for name in (name for name, column in found.items() if column is None):
        near = nearest(name, free)
        hint = f"is {near!r} meant? Rename it; else " if near else ""
        faults.append(
            Fault(f"column {name}", "no such column", "every column the model reads", f"{hint}add it; a null value may stand in it")
        )
    if faults and free:
        others = ", ".join(free[:SHOWN_COLUMNS]) + (", …" if len(free) > SHOWN_COLUMNS else "")
        faults.append(
            Fault("columns that the model does not read", others, "the absent ones among them, if they are there by another name")
        )
    return faults
