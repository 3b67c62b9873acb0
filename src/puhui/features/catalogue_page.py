"""The catalogue of variables as a page of documentation: `python -m puhui.features.catalogue_page > docs/variables.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from puhui.features import registry
from puhui.features.variable import Variable

__all__ = ["page"]

_HEAD = """# Variables

Every variable that Puhui computes, from the declarations in `src/puhui/features/`. Written by
`python -m puhui.features.catalogue_page > docs/variables.md`; a test fails when this page and the declarations differ.

**Sign**: `+` more is safer, `-` more is riskier, `n` no fixed direction; a scorecard refuses a weight against the sign.
**Window**: counted in closed months back from the as-of date; the month still running is in none. **Months needed**: with fewer closed
months of records on a side the variable uses, it is null with the reason `too_short_history`; otherwise a null has the reason
`not_applicable`: nothing of the kind was recorded, so the question does not arise. Null is never zero.

Rules that hold for all of them: a row counts from the day a lender could know it (`known_at`); void, blank and exactly repeated invoices
are left out of sums; a red invoice takes off; amounts are net of tax, in yuan; sales that the buyer invoiced itself (kinds 16 and 24) are
not sales; a partner whose net amount is below zero counts as zero in shares; deviations are sample deviations; months before a side's
first record are unknown, not empty.
"""


def page() -> str:
    """The whole page, Markdown."""
    return "\n".join([_HEAD, *_variables(), *_left_out()]) + "\n"


def _variables() -> Iterator[str]:
    for evidence_class in sorted({variable.evidence_class for variable in registry.catalogue()}):
        mine = [variable for variable in registry.catalogue() if variable.evidence_class == evidence_class]
        yield f"## {evidence_class} ({len(mine)})\n"
        yield "| Name | Title | 简体 | 繁體 | Meaning | Unit | Sign | Window | Months needed |"
        yield "|---|---|---|---|---|---|---|---|---|"
        yield from (_row(variable) for variable in mine)
        yield ""


def _row(variable: Variable) -> str:
    cells = (
        f"`{variable.name}`",
        variable.titles["en"],
        variable.titles["zh-hans"],
        variable.titles["zh-hant"],
        variable.meanings["en"],
        variable.unit,
        variable.sign,
        variable.window,
        str(variable.history_months),
    )
    return f"| {' | '.join(cells)} |"


def _left_out() -> Iterator[str]:
    yield "## Not computed yet\n"
    yield "Variables of the field's list that these records alone cannot give.\n"
    yield "| Name | Class | What is missing |"
    yield "|---|---|---|"
    yield from (f"| `{item.name}` | {item.evidence_class} | {item.reason} |" for item in registry.left_out())


if __name__ == "__main__":
    sys.stdout.write(page())
