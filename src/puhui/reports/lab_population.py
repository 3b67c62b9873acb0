"""Past decisions as the population of the policy lab, with what came of them and the groups between which approval is compared.

The decisions are read by `decisions.lab.past`. An outcome is known where money went out: more than 90 days past due, or written off, by the
day is a default. The sex of owners is a group where each sex has cases enough (`parties.owner_sex`), and no fact that a policy could name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from puhui.calculations.faults import Fault, check
from puhui.decisions.facts import months_between
from puhui.decisions.lab.comparing import LEAST_CASES
from puhui.decisions.lab.comparison import Cases
from puhui.decisions.lab.past import NAMING, past_cases
from puhui.decisions.lab.policies import Policy
from puhui.loans.taxing import firm_size
from puhui.parties.models import Firm, Institution
from puhui.parties.owner_sex import known_apart, owner_sexes
from puhui.reports.outcomes import outcomes

__all__ = ["GROUPS", "past_population"]

GROUPS = ("region", "size", "age", "sex")
AGES = ((24, "age_young"), (60, "age_middle"))  # months since founding, below


def past_population(institution: Institution, policies: Sequence[Policy], first: date, last: date) -> Cases:
    """The applications of the policies' products that were decided on from `first` to `last`. Raises FaultsError where there is none."""
    check([Fault("dates", f"{first} to {last}", "a first day that is not after the last")] if first > last else [])
    codes = sorted({one.product.code for one in policies})
    wanted = {name for one in policies for name in one.wanted}
    limits = policies[0].parameters["lender_limits"]
    frame = past_cases(institution, codes, first, last, [one.product for one in policies], wanted, limits)
    found = f"no decision on {', '.join(codes)} from {first} to {last}"
    check([Fault("population", found, "one or more", "Choose other dates, or another product.")] if not frame.height else [])
    frame = frame.join(_groups(institution, frame), on="firm", how="left")
    frame = frame.with_columns(sex=pl.Series(known_apart(frame["sex"].to_list(), LEAST_CASES), dtype=pl.String))
    day = institution.business_date
    told = {decision: float(defaulted) for decision, _, defaulted in outcomes(institution, day)}
    defaulted = pl.Series("defaulted", [told.get(decision) for decision in frame["decision"]], dtype=pl.Float64)
    return Cases(frame, day, institution.kind, defaulted=defaulted, groups=GROUPS, month="month", naming=NAMING)


def _groups(institution: Institution, frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each firm: region, size and age, and the sex of its owners, as they are on the open day."""
    day = institution.business_date
    numbers = frame["firm"].unique().to_list()
    sexes = owner_sexes(numbers)
    rows = [
        (firm.pk, firm.division_code or None, firm_size(firm, day), _age(firm.founded_on, day), sexes.get(firm.pk))
        for firm in Firm.objects.filter(institution=institution, pk__in=numbers)
    ]
    return pl.DataFrame(rows, schema={"firm": pl.Int64, **dict.fromkeys(GROUPS, pl.String)}, orient="row")


def _age(founded_on: date | None, day: date) -> str | None:
    if founded_on is None:
        return None
    return next((code for below, code in AGES if months_between(founded_on, day) < below), "age_old")
