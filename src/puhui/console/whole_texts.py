"""English sentences of the folders below, told in the reader's language where a pattern knows the whole of them.

Patterns hold whole texts only, so nothing is translated by half. What they keep of a text (figures, names) goes into the words as it is, or
as the caller tells it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["NotAPart", "WholeTexts"]

Pattern = tuple[str, Any]
"""A regular expression of the whole text, whose named groups are kept; the same in the reader's language, with a place for each of them."""


class NotAPart(Exception):
    """What stands in the place of a part is none: the pattern does not know this text."""


def _as_it_is(_: str, part: str) -> str:
    return part


class WholeTexts:
    """Patterns in the order in which they are tried."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._compiled = tuple((re.compile(pattern), known) for pattern, known in patterns)

    def told(self, text: str, tell: Callable[[str, str], str] = _as_it_is) -> str | None:
        """The text in the reader's language; None where no pattern knows it.

        tell: (name of a part, what stands there) → what is told of it; it may raise NotAPart.
        """
        for pattern, known in self._compiled:
            if (match := pattern.fullmatch(text)) is not None:
                try:
                    return str(known) % {name: tell(name, part) for name, part in match.groupdict().items()}
                except NotAPart:
                    continue
        return None
