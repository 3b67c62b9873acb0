"""What would change the answer: the smallest change, within what a firm can do, that brings a score where it has to be.

Which variables a firm can change, in which direction and how far, is data (the dated table `actionable-variables`): a firm can void fewer
invoices, it cannot grow older by wish. For each of them the values worth trying are those where the model itself changes its mind: the
edges of a scorecard's bins, the questions of trees, the steps of curves. Every single change is tried, every pair of them, and, where
neither is enough, triples of the strongest; the one of least effort counts. Efforts add up: a change is as many units as the table's
`effort` goes into it. What is found has been scored again, whole, by the model itself; whether the world lets one variable move while
the others stay is not known to it, so it is advice to talk about and no promise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from numbers import Real
from typing import Any

import polars as pl

from puhui.calculations.faults import Fault, FaultsError, check
from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model
from puhui.scoring.trees import Trees

__all__ = ["Action", "Answer", "Change", "actions_of", "nearest_change"]

MOST_SINGLES = 120  # that pairs are made of, shared by the variables
MOST_TRIPLED = 24  # single changes that triples are made of
GRID = 10  # values tried of a column that the model reads through a preparation


@dataclass(frozen=True)
class Action:
    """How a variable can be changed. effort: the change that counts as 1, of today's value where `relative`; months: at the earliest."""

    variable: str
    is_up: bool
    least: float
    most: float
    step: float
    effort: float
    relative: bool = False
    months: int = 0

    def cost(self, before: float, after: float) -> float:
        """Effort of a change; infinite where the variable cannot go there."""
        if (after > before) != self.is_up or not self.least <= after <= self.most:
            return math.inf
        unit = self.effort * abs(before) if self.relative else self.effort
        return abs(after - before) / unit if unit > 0 else math.inf


@dataclass(frozen=True)
class Change:
    variable: str
    before: float
    after: float
    months: int


@dataclass(frozen=True)
class Answer:
    """The nearest change that reaches the wanted probability, or, where none does, the changes that come nearest to it.

    probability: after the changes, by the model; without: as it is.
    """

    changes: tuple[Change, ...]
    reaches: bool
    effort: float
    without: float
    probability: float
    points: int

    @property
    def months(self) -> int:
        """When all of it can be done at the earliest."""
        return max((each.months for each in self.changes), default=0)


def actions_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Action]:
    """Variable → what can be done, of rows of the table. FaultsError for what lacks or cannot be read, and a direction that is none."""
    found = {}
    for place, row in enumerate(rows, 1):
        check(_faults_of(place, row))
        if row["direction"] not in ("up", "down"):
            raise FaultsError([Fault(f"actionable variable {row['variable']}: direction", repr(row["direction"]), "up or down")])
        name, is_up, relative, months = str(row["variable"]), row["direction"] == "up", bool(row.get("relative")), int(row.get("months", 0))
        least, most, step, effort = (float(row[each]) for each in ("least", "most", "step", "effort"))
        found[name] = Action(name, is_up, least, most, step, effort, relative, months)
    return found


def _faults_of(place: int, row: Any) -> list[Fault]:
    where = f"actionable variables, row {place}"
    if not isinstance(row, Mapping):
        return [Fault(where, repr(row), "a table of variable, direction, least, most, step and effort")]
    numbers = ("least", "most", "step", "effort")
    lacking = [Fault(f"{where}: {name}", "nothing", "a value") for name in ("variable", "direction", *numbers) if name not in row]
    wrong = [name for name in (*numbers, "months") if name in row and (isinstance(row[name], bool) or not isinstance(row[name], Real))]
    return lacking + [Fault(f"{where}: {name}", repr(row[name]), "a number") for name in wrong]


def nearest_change(model: AnyModel, values: Mapping[str, object], actions: Mapping[str, Action], wanted: float) -> Answer:
    """The change of least effort after which the probability of default is below `wanted`. `values` as `model.score` takes them."""
    points, without = model.answer(values)
    if without < wanted:
        return Answer((), True, 0.0, without, without, points)
    useful = _useful(model, values, [actions[name] for name in model.columns if name in actions], without)
    sets: list[tuple[_Single, ...]] = [(single,) for single in useful]
    sets += _joint(useful, 2)
    best = _best(model, values, sets, wanted)
    if best is None or best[2] >= wanted:
        strongest = sorted(useful, key=lambda each: each.probability)[:MOST_TRIPLED]
        best = _best(model, values, sets + _joint(strongest, 3), wanted)
    if best is None:
        return Answer((), False, 0.0, without, without, points)
    chosen = best[0]
    points, probability = model.answer({**values, **{each.variable: each.after for each in chosen}})  # once more, as a case is scored
    changes = tuple(Change(each.variable, each.before, each.after, actions[each.variable].months) for each in chosen)
    return Answer(changes, probability < wanted, best[1], without, probability, points)


@dataclass(frozen=True)
class _Single:
    variable: str
    before: float
    after: float
    cost: float
    probability: float = 1.0  # after this change alone


def _useful(model: AnyModel, values: Mapping[str, object], actions: Sequence[Action], without: float) -> list[_Single]:
    """Single changes that help: of each variable those that help more than every nearer one, thinned evenly where there are many."""
    tried = [single for action in actions for single in _singles(model, values, action)]
    found: dict[str, list[_Single]] = {}
    for single, (_, probability) in zip(tried, _scored(model, values, [(single,) for single in tried]), strict=True):
        kept = found.setdefault(single.variable, [])
        if probability < (kept[-1].probability if kept else without):
            kept.append(replace(single, probability=probability))
    most = max(4, MOST_SINGLES // max(len(found), 1))
    return [single for kept in found.values() for single in _thinned(kept, most)]


def _thinned(kept: list[_Single], most: int) -> list[_Single]:
    if len(kept) <= most:
        return kept
    return [kept[round(place * (len(kept) - 1) / (most - 1))] for place in range(most)]


def _singles(model: AnyModel, values: Mapping[str, object], action: Action) -> list[_Single]:
    """The values of a variable worth trying, the nearest first; none for one that is not known or no number."""
    before = values[action.variable]
    if not isinstance(before, (int, float)) or isinstance(before, bool) or not math.isfinite(before):
        return []
    found = [_Single(action.variable, before, after, action.cost(before, after)) for after in _places(model, action, float(before))]
    return sorted((each for each in found if each.cost < math.inf), key=lambda each: each.cost)


def _places(model: AnyModel, action: Action, before: float) -> set[float]:
    """Values in whole steps around those at which the answer changes, from both sides."""
    cuts = [*_cuts(model, action.variable), action.least, action.most]
    if any(action.variable in step.columns for step in model.document.preparation):
        end = min(action.most, before + 10 * max(abs(before), action.effort)) if action.is_up else action.least
        cuts += [before + (end - before) * (place / GRID) ** 2 for place in range(1, GRID + 1)]
    return {round((math.floor(cut / action.step) + side) * action.step, 9) for cut in cuts for side in (-1, 0, 1, 2)}


def _cuts(model: AnyModel, name: str) -> list[float]:
    if isinstance(model, Model):
        return [row.upper for each in model.document.variables if each.name == name for row in each.bins if row.upper is not None]
    place = next((place for place, each in enumerate(model.document.inputs) if each.name == name), None)
    core = model.document.core
    if isinstance(core, Trees):
        asked = {cut for tree in core.trees for feature, cut in zip(tree.feature, tree.threshold, strict=True) if feature == place}
    else:
        asked = {cut for term in core.terms for at, cuts in zip(term.inputs, term.cuts, strict=True) if at == place for cut in cuts}
    return sorted(asked)


def _joint(singles: Sequence[_Single], size: int) -> list[tuple[_Single, ...]]:
    return [each for each in combinations(singles, size) if len({single.variable for single in each}) == size]


def _scored(model: AnyModel, values: Mapping[str, object], sets: Sequence[tuple[_Single, ...]]) -> list[tuple[int, float]]:
    """Points and probability after each set of changes."""
    if not sets:
        return []
    columns: dict[str, list[object]] = {name: [values[name]] * len(sets) for name in model.columns}
    for place, each in enumerate(sets):
        for single in each:
            columns[single.variable][place] = single.after
    frame = pl.DataFrame({name: pl.Series(name, column, strict=False) for name, column in columns.items()})
    scored = model.score_frame(frame)
    return list(scored.select("points", "probability").iter_rows())


def _best(
    model: AnyModel, values: Mapping[str, object], sets: Sequence[tuple[_Single, ...]], wanted: float
) -> tuple[tuple[_Single, ...], float, float] | None:
    """The set of least effort that reaches what is wanted, or else the one that comes nearest; with its effort and probability."""
    found = [
        (each, sum(single.cost for single in each), probability)
        for each, (_, probability) in zip(sets, _scored(model, values, sets), strict=True)
    ]
    reaching = [each for each in found if each[2] < wanted]
    if reaching:
        return min(reaching, key=lambda each: (each[1], len(each[0])))
    return min(found, key=lambda each: (each[2], each[1]), default=None)
