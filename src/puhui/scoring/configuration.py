"""What to train and how. Only the target must be named; everything else has a default that is sound for a first scorecard.

How it is read from a file: `configuration_file`.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from puhui.scoring.document import Scaling
from puhui.scoring.preparation import Step

__all__ = [
    "METHODS",
    "MODELS",
    "Bins",
    "Boosting",
    "Configuration",
    "Evidence",
    "GlassBox",
    "Rejects",
    "Selection",
    "Snapshots",
    "Split",
    "Target",
]

SIGNS = ("+", "-", "n")
MODELS = ("scorecard", "lightgbm", "ebm")
METHODS = ("none", "parcelling", "fuzzy", "reweighting")
TRENDS = ("auto", "ascending", "descending", "peak", "valley", "concave", "convex", "any")


@dataclass(frozen=True, slots=True)
class Target:
    """The outcome's column; `positive` are the values that mean default, empty when the column itself is 0/1, true/false, yes/no."""

    column: str
    positive: tuple[Any, ...] = ()
    negative: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """Folds for the out-of-fold figures (`folds` × `repeats`, seeds from `seed` on) and, with `date`, the out-of-time test: cases from
    `since` on (or the newest `share`) are scored by a model of the earlier ones. The final model uses all cases when `refit`."""

    folds: int = 5
    repeats: int = 10
    seed: int = 0
    date: str = ""
    since: datetime.date | None = None
    share: float = 0.2
    refit: bool = True


@dataclass(frozen=True, slots=True)
class Bins:
    """At most `maximum` bins, each with `minimum_share` of the cases; `fine` is how many the search starts from. `prior_cases` are
    imaginary average cases added to each bin, which draw the weight of evidence of thin bins towards none. Categories with less than
    `level_share` of the cases are pooled."""

    maximum: int = 6
    minimum_share: float = 0.05
    fine: int = 20
    prior_cases: float = 2.0
    level_share: float = 0.005


@dataclass(frozen=True, slots=True)
class Selection:
    """Which variables stay, judged inside each fold: AUC alone at least (0.5 asks nothing), information value at least, at most so many,
    no two more correlated than."""

    minimum_area: float = 0.5
    minimum_information_value: float = 0.02
    maximum_variables: int = 20
    maximum_correlation: float = 0.9


@dataclass(frozen=True, slots=True)
class Boosting:
    """Trees: `rounds` of them with at most `leaves`, each correcting a `learning_rate` of what is left; a leaf holds `least_cases` or more.
    Each tree sees a share of the variables and of the cases; `ridge` draws leaves towards none."""

    rounds: int = 300
    learning_rate: float = 0.03
    leaves: int = 15
    least_cases: int = 20
    variable_share: float = 0.6
    case_share: float = 0.8
    ridge: float = 5.0
    threads: int = 1


@dataclass(frozen=True, slots=True)
class GlassBox:
    """Curves: at most `bins` steps a variable, `pairs` of variables beside them, averaged over `bags` samples of the cases."""

    bins: int = 256
    pairs: int = 5
    bags: int = 4
    rounds: int = 5000
    learning_rate: float = 0.02
    least_cases: int = 10
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Rejects:
    """Refused cases, which have no outcome: rows whose `column` holds one of `refused`. How they are used: `rejects.METHODS`.

    factor: how many times as often a refused case is taken to default as an accepted one of its score; seed: of the draw in parcelling.
    """

    column: str = ""
    refused: tuple[Any, ...] = ()
    method: str = "none"
    factor: float = 1.0
    bands: int = 10
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Training on stored snapshots: of which institution, as of which day, with outcomes (identifier, target) in which file."""

    institution: str
    as_of: datetime.date
    outcomes: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Training on a folder of evidence files: variables are computed from them, and `outcomes` in it holds the target by firm.

    keep: an SQL condition over the outcomes; as_of: nothing known later is used (default: the last fully recorded month's end).
    """

    outcomes: str
    key: str = "firm_id"
    keep: str = ""
    as_of: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """A read and checked configuration; see `docs/algorithms/scorecard.md` for each key."""

    target: Target
    name: str = "scorecard"
    title: str = ""
    data: str = ""
    snapshots: Snapshots | None = None
    evidence: Evidence | None = None
    id: tuple[str, ...] = ()
    weight: str = ""
    population: str = ""
    window: dict[str, Any] = field(default_factory=dict)
    exclusions: dict[str, str] = field(default_factory=dict)
    variables: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    signs: dict[str, str] = field(default_factory=dict)
    trends: dict[str, str] = field(default_factory=dict)
    preparation: tuple[Step, ...] = ()
    split: Split = Split()
    bins: Bins = Bins()
    selection: Selection = Selection()
    ridge: float = 1.0
    leak_guard: str = "warn"
    scaling: Scaling = field(default_factory=lambda: Scaling(600.0, 50.0, 20.0))
    calibration: str = "platt"
    calibration_by: str = ""
    calibration_least_cases: int = 500
    reasons_against: str = "best"
    reasons_count: int = 4
    use: str = ""
    models: tuple[str, ...] = ("scorecard",)
    lightgbm: Boosting = Boosting()
    ebm: GlassBox = GlassBox()
    category_prior: float = 20.0
    groups: tuple[str, ...] = ()
    rejects: Rejects = Rejects()
