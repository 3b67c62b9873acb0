"""What `puhui lab rates` is given, read: firms with their outcome, the curve of those who leave, quotas; and its result told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions.lab.allocating import Allocation, Group, Quota, between

if TYPE_CHECKING:
    import polars as pl

__all__ = ["check_out", "groups_of", "quotas_of", "realised", "told", "write"]

_FORMS = (".html", ".xlsx", ".json", ".csv")


def check_out(out: Path | None, steps: Sequence[float]) -> None:
    """Raises FaultsError before anything is computed: a file of no form that can be written, shares that are none."""
    faults = [Fault("--step", f"{step:g}", "a share above 0 and at most 1") for step in steps if not 0 < step <= 1]
    if out is not None and out.suffix not in _FORMS:
        faults.append(Fault("--out", str(out), f"a file ending in {', '.join(_FORMS)}"))
    check(faults)


def groups_of(
    firms: pl.DataFrame,
    curve: pl.DataFrame,
    column: str,
    outcome: str,
    amount: float,
    probability: str = "",
    step: float | None = None,
    steps: tuple[float, ...] = (1.0,),
) -> tuple[list[Group], list[float]]:
    """(groups, the share of each that defaulted): those that the curve has a column for, named as they are or as churn_ and the name in
    small letters.

    probability: column of each firm's own; then every firm is a group by itself, under the name of its group. step: see `between`.
    steps: shares of the amount that may be offered.
    """
    from puhui.scoring.configuration import Target
    from puhui.scoring.population import read_target

    check(Fault("firms", "no such column", name) for name in (column, outcome, probability) if name and name not in firms.columns)
    check([Fault("--between", str(step), "a step above 0 and below 1")] if step is not None and not 0 < step < 1 else [])
    rate = next((name for name in ("rate", "annual_rate") if name in curve.columns), None)
    if rate is None:
        raise FaultsError([Fault("--curve", ", ".join(curve.columns), "a column rate or annual_rate")])
    values, known = read_target(firms[outcome], Target(outcome))
    own = firms[probability].to_list() if probability else None
    groups, outcomes = [], []
    for name in sorted(firms[column].drop_nulls().unique().to_list()):
        churn = next((each for each in (str(name), f"churn_{str(name).lower()}") if each in curve.columns), None)
        chosen = (firms[column] == name).fill_null(False).to_numpy() & known
        if churn is None or not chosen.any():
            continue
        points: Sequence[Any] = tuple(zip(curve[rate].to_list(), curve[churn].to_list(), strict=True))
        points = between(points, step) if step else tuple(points)
        if own is None:
            groups.append(Group(str(name), float(chosen.sum()), amount, float(values[chosen].mean()), points, steps))
            outcomes.append(float(values[chosen].mean()))
            continue
        for row in chosen.nonzero()[0]:
            groups.append(Group(str(name), 1.0, amount, _share(own[row], probability, int(row)), points, steps))
            outcomes.append(float(values[row]))
    if not groups:
        raise FaultsError([Fault("--curve", ", ".join(curve.columns), f"a column for a group of {column}")])
    return groups, outcomes


def _share(value: Any, column: str, row: int) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise FaultsError([Fault(f"column {column}, row {row + 1}", str(value), "a probability from 0 to 1")])
    return float(value)


def quotas_of(texts: Sequence[str], groups: Sequence[Group]) -> list[Quota]:
    """`GROUP=FIRMS`: so many firms of all groups of this name must get an offer. Raises FaultsError."""
    names = {each.name for each in groups}
    faults, found = [], dict[str, float]()
    for text in texts:
        name, _, number = text.partition("=")
        if name not in names or not number.isdigit():
            faults.append(Fault("--quota", repr(text), f"GROUP=FIRMS with a group of {', '.join(sorted(names))}"))
        else:
            found[name] = float(number)
    check(faults)
    places = {name: frozenset(place for place, each in enumerate(groups) if each.name == name) for name in found}
    return [Quota(f"least:{name}", places[name], least_firms=least) for name, least in found.items()]


def realised(found: Allocation, outcomes: Sequence[float], cost: float, loss: float) -> float:
    """What the offers would have earned with the outcomes as they came; those who leave are as the curve says."""
    pairs = [(each, outcomes[each.place]) for each in found.offers]
    return sum(each.lent * ((1 - bad) * each.rate - bad * loss - cost) for each, bad in pairs)


def told(found: Allocation, earned: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(a row for each offer, the sums and what each bound costs) as the command prints them."""
    rows = [
        {
            "group": each.group,
            "rate": each.rate,
            "step": each.step,
            "firms": round(each.firms, 2),
            "lent": round(each.lent),
            "profit": round(each.profit),
        }
        for each in found.offers
    ]
    result: dict[str, Any] = {
        "profit": round(found.profit),
        "realised": round(earned),
        "lent": round(found.lent),
        "worth_of_a_yuan_of_budget": round(found.worth_of_budget, 6),
    }
    return rows, result | {f"worth of {each.name}": round(each.worth, 6) for each in found.bounds if each.name != "budget"}


def write(groups: Sequence[Group], found: Allocation, earned: float, out: Path) -> None:
    """The result as a report: sums, groups, bounds, offers."""
    from datetime import datetime

    from puhui.decisions.lab.optimum import plain
    from puhui.reports.lab_optimum import optimum_report
    from puhui.reports.tables import render

    data = plain(found, [(each, {"class": each.name, "region": "", "industry": ""}) for each in groups])
    data["realised"] = {"lent_fen": data["lent_fen"], "profit_fen": round(earned * 100)}
    out.write_bytes(render(optimum_report(data, "", datetime.now().astimezone().date()), out.suffix[1:]))
