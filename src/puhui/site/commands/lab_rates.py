"""What `puhui lab rates` is given, read: firms with their outcome, the curve of those who leave, quotas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions.lab.allocating import Allocation, Group, between

if TYPE_CHECKING:
    import polars as pl

__all__ = ["groups_of", "quotas_of", "realised"]


def groups_of(
    firms: pl.DataFrame, curve: pl.DataFrame, column: str, outcome: str, amount: float, probability: str = "", step: float | None = None
) -> tuple[list[Group], list[float]]:
    """(groups, the share of each that defaulted): those that the curve has a column for, named as they are or as churn_ and the name in
    small letters.

    probability: column of each firm's own; then every firm is a group by itself, under the name of its group. step: see `between`.
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
            groups.append(Group(str(name), float(chosen.sum()), amount, float(values[chosen].mean()), points))
            outcomes.append(float(values[chosen].mean()))
            continue
        for row in chosen.nonzero()[0]:
            groups.append(Group(str(name), 1.0, amount, _share(own[row], probability, int(row)), points))
            outcomes.append(float(values[row]))
    if not groups:
        raise FaultsError([Fault("--curve", ", ".join(curve.columns), f"a column for a group of {column}")])
    return groups, outcomes


def _share(value: Any, column: str, row: int) -> float:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise FaultsError([Fault(f"column {column}, row {row + 1}", str(value), "a probability from 0 to 1")])
    return float(value)


def quotas_of(texts: Sequence[str], names: set[str]) -> dict[str, float]:
    """`GROUP=FIRMS` as a number for each group. Raises FaultsError."""
    faults, found = [], {}
    for text in texts:
        name, _, number = text.partition("=")
        if name not in names or not number.isdigit():
            faults.append(Fault("--quota", repr(text), f"GROUP=FIRMS with a group of {', '.join(sorted(names))}"))
        else:
            found[name] = float(number)
    check(faults)
    return found


def realised(found: Allocation, outcomes: Sequence[float], cost: float, loss: float) -> float:
    """What the offers would have earned with the outcomes as they came; those who leave are as the curve says."""
    pairs = [(each, outcomes[each.place]) for each in found.offers]
    return sum(each.lent * ((1 - bad) * each.rate - bad * loss - cost) for each, bad in pairs)
