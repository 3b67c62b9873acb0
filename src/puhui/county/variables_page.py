"""The variables of the made-up county as a page: `python -m puhui.county.variables_page > docs/variables-in-the-county.md`.

What stands there says how the variables behave, not how good they would be at a bank: the county's defaults are made from the same fortunes
as its papers.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import polars as pl

from puhui.county import economy as economies
from puhui.county import fortune, trade
from puhui.county.papers.all import papers
from puhui.county.papers.frames import frames_of
from puhui.features import registry
from puhui.features.figures import figures
from puhui.features.figures_page import figures_page
from puhui.features.profiles import compute_profile

FIRMS = 400
SEED = 2026
FIRST_MONTH = date(2021, 1, 1)
MONTHS = 48
OUTCOME_MONTHS = 12

_ABOUT = f"""Every variable of the catalogue over the {FIRMS} firms of a made-up county, as of {{day}}, with what was planted in it.
Strength is against defaults of the {OUTCOME_MONTHS} months that followed, stability against {{before}}. Written by
`python -m puhui.county.variables_page > docs/variables-in-the-county.md`; the meaning of each variable: [variables](variables.md). The
county's firms fail from the same fortunes that their papers are made from, so the figures say how the variables behave, not how good they
would be at a bank.
"""


def page(firms: int = FIRMS) -> str:
    """The whole page, Markdown."""
    economy = economies.build(firms, FIRST_MONTH, MONTHS + OUTCOME_MONTHS, SEED)
    whole = papers(economy, trade.invoices(economy, SEED), MONTHS, SEED)
    read = set(registry.records())
    frames = {name: frame for name, frame in frames_of(economy, whole, MONTHS).items() if name in read}
    day, before = economy.month(MONTHS) - timedelta(days=1), economy.month(MONTHS - 12) - timedelta(days=1)
    bad = fortune.defaulted(economy, MONTHS, MONTHS + OUTCOME_MONTHS)
    target = pl.DataFrame({"firm_id": [firm.number for firm in economy.firms], "defaulted": [int(each) for each in bad]})
    found = figures(compute_profile(frames, day), target, compute_profile(frames, before))
    return figures_page(found, "Variables in the made-up county", _ABOUT.format(day=day, before=before))


if __name__ == "__main__":
    sys.stdout.write(page())
