"""Where in a TOML file a key stands, so that a fault can name line and column.

Python's TOML reader gives values without places. This light scan follows table headers, the keys at the beginning of lines, and the
keys of inline tables in an array (`rows = [ { when = "…", then = "A" }, … ]`), which is how product and parameter files are written; any
other value inside an array is placed at the key that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from puhui.calculations.rules import Place

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*\[(\[)?\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*")(?:\s*\.\s*(?:[\w-]+|"[^"]*"))*)\s*=\s*""")

_TOKEN = re.compile(
    r"""(?P<key>(?:[\w-]+)(?:\s*\.\s*[\w-]+)*)\s*=\s*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\#[^\n]*|[\[\]{}]""",
)


class Positions:
    """The places of the keys of one TOML text."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._places: dict[Path, tuple[int, int]] = {(): (1, 1)}
        self._counts: dict[Path, int] = {}
        self._scan(text.split("\n"))

    def place(self, path: Sequence[str | int]) -> Place:
        """The place of the value at `path`, or of the nearest key above it. A text's place is that of its first character."""
        path = tuple(path)
        while path not in self._places:
            path = path[:-1]
        return Place(self.file, *self._places[path])

    def where(self, path: Sequence[str | int]) -> str:
        """`file:line:column: key.path` for a fault."""
        place = self.place(path)
        name = ".".join(f"[{part + 1}]" if isinstance(part, int) else part for part in path).replace(".[", "[")
        return f"{place.file}:{place.line}:{place.column}" + (f": {name}" if name else "")

    def _scan(self, lines: list[str]) -> None:
        table: Path = ()
        closing: str | None = None
        for number, line in enumerate(lines, start=1):
            if closing is not None:
                closing = None if closing in line else closing
                continue
            if header := _HEADER.match(line):
                table = self._table(_split(header[2]), is_array=bool(header[1]))
                self._places[table] = (number, line.index("[") + 1)
            elif key := _KEY.match(line):
                path = (*table, *_split(key[1]))
                value = line[key.end() :]
                if value.startswith("[") and ("{" in value or not value.rstrip().endswith("]")):
                    self._inline(path, "\n".join([value, *lines[number:]]), number, key.end() + 1)
                quotes = next((mark for mark in ('"""', "'''") if value.startswith(mark)), None)
                if quotes and quotes not in value[3:]:
                    closing = quotes
                self._put(path, number, key.end() + 1, value, quotes)

    def _put(self, path: Path, line: int, column: int, value: str, quotes: str | None) -> None:
        if quotes and not value[3:].strip():
            place = (line + 1, 1)  # TOML drops the line break right after the opening quotes
        elif quotes:
            place = (line, column + 3)
        else:
            place = (line, column + 1 if value[:1] in ("'", '"') else column)
        self._places[path] = place
        for length in range(1, len(path)):
            self._places.setdefault(path[:length], place)

    def _inline(self, path: Path, text: str, line: int, column: int) -> None:
        """Places the inline tables of an array that begins `text`, and their keys. `line` and `column` are those of its bracket."""
        depth, index = 0, -1
        for token in _TOKEN.finditer(text):
            mark = token[0]
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark, 0)
            if not depth:
                return
            if mark == "{" and depth == 2:
                index += 1
                self._places[(*path, index)] = self._found(text, token.start(), line, column)
            elif token["key"] and depth == 2 and index >= 0:
                start = token.end() + (1 if text[token.end() : token.end() + 1] in ("'", '"') else 0)
                place = self._found(text, start, line, column)
                names = _split(token["key"])
                for length in range(1, len(names) + 1):
                    self._places.setdefault((*path, index, *names[:length]), place)

    @staticmethod
    def _found(text: str, offset: int, line: int, column: int) -> tuple[int, int]:
        before = text[:offset]
        breaks = before.count("\n")
        return line + breaks, len(before) - before.rfind("\n") if breaks else column + offset

    def _table(self, names: tuple[str, ...], *, is_array: bool) -> Path:
        """The path of a header, with the number of the last element for every array of tables on the way."""
        path: Path = ()
        for position, name in enumerate(names):
            path = (*path, name)
            last = position == len(names) - 1
            if last and is_array:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        return path


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in dotted.split("."))
