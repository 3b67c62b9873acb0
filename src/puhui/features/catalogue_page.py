"""The catalogue of variables as a page of documentation: `python -m puhui.features.catalogue_page > docs/variables.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from puhui.evidence.layouts import classes
from puhui.features import registry
from puhui.features.figures_page import class_order
from puhui.features.profiles import classes_of
from puhui.features.variable import Variable

__all__ = ["page"]

_HEAD = """# Variables

Every variable that Puhui computes, from the declarations in `src/puhui/features/`. Written by
`python -m puhui.features.catalogue_page > docs/variables.md`; a test fails when this page and the declarations differ.

**Sign**: `+` more is safer, `-` more is riskier, `n` no fixed direction; a scorecard refuses a weight against the sign.
**Window**: counted in closed months back from the as-of date; the month still running is in none. **Months needed**: with fewer closed
months of records on a side the variable uses, it is null with the reason `too_short_history`; where a class that it rests on may not be
read, `not_authorised`; where its source is down, `source_down`; otherwise `not_applicable`: nothing of the kind was recorded, so the
question does not arise. Null is never zero. **Bounds**: a flag is 0 or 1; a part of a whole (`_share`, 0-1) lies between them; counts,
heads, days and quantities are not below zero; grades are those of their scale; a variable whose number may be otherwise says so where it is
declared. A value beyond is kept, and told on the page *Health of sources*. **Personal**: personal information even for a company. How the
variables spread, what they tell and whether they keep, in the made-up county: [variables in the county](variables-in-the-county.md).

Rules that hold for all of them: of rows about one fact the one known last counts, from the day a lender could know it (`known_at`);
amounts are in yuan; deviations are sample deviations; months before the first record are unknown, not empty. For invoices: void, blank and
exactly repeated ones are left out of sums; a red invoice takes off; amounts are net of tax; sales that the buyer invoiced itself (kinds 16
and 24) are not sales; a partner whose net amount is below zero counts as zero in shares.
"""


def page() -> str:
    """The whole page, Markdown."""
    return "\n".join([_HEAD, *_variables(), *_left_out()]) + "\n"


def _variables() -> Iterator[str]:
    for evidence_class in sorted({variable.evidence_class for variable in registry.catalogue()}, key=class_order):
        mine = [variable for variable in registry.catalogue() if variable.evidence_class == evidence_class]
        yield f"## {evidence_class} {classes()[evidence_class].title['en']} ({len(mine)})\n"
        yield "| Name | Title | 简体 | 繁體 | Meaning | Unit | Sign | Window | Months needed | Rests on | Personal |"
        yield "|---|---|---|---|---|---|---|---|---|---|---|"
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
        str(variable.history_months) if variable.sides else "–",
        ", ".join(sorted(classes_of()[variable.name])),
        "yes" if variable.personal else "",
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
