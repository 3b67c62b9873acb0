"""Code tables: the values a field of type `code` may take, as dated files under `catalogue/codes/`.

A table gives whole codes, or the leading digits that a longer code must have (`leading = 2`: the industry 3311 stands under 33).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class CodeTable:
    name: str
    source: str
    verified: bool
    form: re.Pattern[str]
    leading: int  # 0: the whole code must be in the table
    codes: Mapping[str, str]

    def has(self, code: str) -> bool:
        return bool(self.form.fullmatch(code)) and (code[: self.leading] if self.leading else code) in self.codes


def table_exists(name: str) -> bool:
    return (files("puhui") / "catalogue" / "codes" / f"{name}.toml").is_file()


@cache
def code_table(name: str) -> CodeTable:
    """Raises `FileNotFoundError` for a table that is not there."""
    document = tomllib.loads((files("puhui") / "catalogue" / "codes" / f"{name}.toml").read_text("utf-8"))
    return CodeTable(name, document["source"], document["verified"], re.compile(document["form"]), document["leading"], document["codes"])
