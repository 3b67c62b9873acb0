"""Training a score: folds first, then the model and its card.

The figures come before the model. Everything that looks at the outcome (cutting, choosing, weighing) is done again inside each fold, and
only cases the fold has not seen are judged; the folds are repeated with other seeds, so that the figures come with their spread. The
unseen scores also make the probabilities true (calibration). Then one model is fitted on all cases and written down.
Several kinds of model are trained on the same cases and the same folds, so that their figures can be compared.

With a date, the newest cases are kept apart and judged by a model of the older ones: the nearest thing to next year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from puhui.calculations.faults import Fault, FaultsError
from puhui.scoring.adapting import adapt, plain, type_word
from puhui.scoring.configuration import Configuration
from puhui.scoring.ensemble import Ensemble
from puhui.scoring.evaluation import auc_standard_error
from puhui.scoring.fairness import by_group, departures
from puhui.scoring.fitters import FITTERS, Fitted, FittedEnsemble, ensemble_document
from puhui.scoring.fitting import Fitted as FittedScorecard
from puhui.scoring.group_fitting import with_groups
from puhui.scoring.leakage import suspicions
from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model
from puhui.scoring.movers import mean_points
from puhui.scoring.points import scorecard_document
from puhui.scoring.population import Population, population_of
from puhui.scoring.preparation import columns_read
from puhui.scoring.rejects import with_rejects
from puhui.scoring.resampling import OutOfFold, OutOfTime, calibrated_by, check_split, older_and_newer, out_of_fold, out_of_time
from puhui.scoring.seen_rows import sample_of

__all__ = ["Trained", "TrainingFigures", "bands", "catalogue_signs", "fits", "train", "train_all"]

Progress = Callable[[int], None]


@dataclass(frozen=True)
class TrainingFigures:
    """What training measured. Spread: standard deviation over the repeats; sampling error: what another sample would scatter by."""

    n: int
    events: int
    event_rate: float
    auc_mean: float
    auc_spread: float
    auc_sampling_error: float
    ks_mean: float
    ks_spread: float
    brier_mean: float
    calibration_intercept_mean: float | None
    calibration_slope_mean: float | None
    calibration_slope_before: float | None
    out_of_time: OutOfTime | None

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers for the model's file and for printing."""
        body = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "out_of_time"}
        if self.out_of_time is not None:
            body["out_of_time"] = {
                "since": self.out_of_time.since,
                "trained_on": self.out_of_time.trained_on,
                **self.out_of_time.figures.as_dict(),
            }
        return body


@dataclass(frozen=True)
class Trained:
    """A trained model, its card (Markdown), its plots (file name → SVG text), its figures, and warnings in words."""

    model: AnyModel
    card: str
    plots: dict[str, str]
    figures: TrainingFigures
    warnings: tuple[str, ...]
    out_of_fold: OutOfFold = field(repr=False)


def train(
    frame: pl.DataFrame, configuration: Configuration, progress: Progress | None = None, signs: dict[str, str] | None = None
) -> Trained:
    """Train the first of the configuration's models on a table with one row per case. FaultsError names what is wrong with the table.

    signs: known directions of variables (`+` more is safer); None takes those of the catalogue of variables.
    progress: called with 1 after each fit; there are `fits(configuration)` of them.
    """
    return train_all(frame, replace(configuration, models=configuration.models[:1]), progress, signs)[configuration.models[0]]


def train_all(
    frame: pl.DataFrame, configuration: Configuration, progress: Progress | None = None, signs: dict[str, str] | None = None
) -> dict[str, Trained]:
    """Train every model of the configuration on the same cases and folds: kind → trained. As `train` otherwise."""
    frame = plain(frame)
    population = population_of(frame, configuration, catalogue_signs() if signs is None else signs)
    check_split(population, configuration)
    found = suspicions(population, frame, configuration)
    population = _guarded(population, found, configuration)
    advance = progress or (lambda count: None)
    several = len(configuration.models) > 1
    types = {name: type_word(frame.schema[name]) for name in columns_read(population.raw, configuration.preparation)}
    return {
        kind: _trained(
            kind,
            population,
            {"leakage": {"guard": configuration.leak_guard, "suspects": found}, "types": types},
            replace(configuration, name=f"{configuration.name}-{kind}") if several else configuration,
            advance,
            frame,
        )
        for kind in configuration.models
    }


def _trained(
    kind: str, population: Population, told: dict[str, Any], configuration: Configuration, advance: Progress, frame: pl.DataFrame
) -> Trained:
    from puhui.scoring.card import write_card
    from puhui.scoring.plots import draw_plots

    fit = with_rejects(FITTERS[kind])
    unseen = out_of_fold(population, configuration, advance, fit)
    in_time = out_of_time(population, configuration, advance, fit)
    everything = configuration.split.refit or in_time is None
    rows = np.arange(len(population.target)) if everything else older_and_newer(population, configuration)[0]
    fitted = fit(population, rows, configuration)
    advance(1)
    if not fitted.names:
        expected = f"at least one with an information value of {configuration.selection.minimum_information_value}"
        raise FaultsError([Fault("variables", "none that tells the outcome", expected, "give more cases or other variables")])
    figures = _figures(population, unseen, in_time)
    training = {**figures.as_dict(), "seeds": list(unseen.seeds), "folds": unseen.folds, "bands": bands(population, unseen)}
    training |= told
    if configuration.weight:
        training["weight"] = configuration.weight
    if population.groups:
        training["groups"] = by_group(population, unseen.calibrated.mean(axis=0))
    model = _model(kind, population, fitted, unseen, configuration, training)
    model.document.training["mean_points"] = mean_points(model, population)
    model.document.training["seen_rows"] = sample_of(adapt(frame, model).frame)
    words = _warnings(model, len(fitted.names), figures, told["leakage"]["suspects"], configuration)
    plots = draw_plots(population, unseen)
    card = write_card(population, model, figures, unseen, words, configuration, sorted(plots))
    return Trained(model, card, plots, figures, words, unseen)


def _model(
    kind: str, population: Population, fitted: Fitted, unseen: OutOfFold, configuration: Configuration, training: dict[str, Any]
) -> AnyModel:
    """The fitted model written down, with the calibration of groups where it is asked for."""
    common = np.zeros(0)
    if configuration.calibration_by and configuration.calibration != "none":
        repeats = len(unseen.log_odds)
        target, weight = np.tile(population.target, repeats), np.tile(population.weight / repeats, repeats)
        common = calibrated_by(configuration.calibration, target, unseen.log_odds.ravel(), weight)(unseen.log_odds)
    if isinstance(fitted, FittedEnsemble):
        ensemble = ensemble_document(kind, population, fitted, unseen.log_odds, configuration, training)
        return Ensemble(with_groups(ensemble, population, common, configuration) if len(common) else ensemble)
    assert isinstance(fitted, FittedScorecard)
    document = scorecard_document(population, fitted, unseen.log_odds, configuration, training)
    return Model(with_groups(document, population, common, configuration) if len(common) else document)


def bands(population: Population, unseen: OutOfFold, count: int = 10) -> list[dict[str, Any]]:
    """Cases in tenths of rising out-of-fold probability (mean over the repeats): range, cases, defaults, mean probability, default rate."""
    probability = unseen.calibrated.mean(axis=0)
    order = np.argsort(probability, kind="stable")
    rows = []
    for part in np.array_split(order, min(count, len(order))):
        outcome, weight = population.target[part], population.weight[part]
        rows.append(
            {
                "from": round(float(probability[part].min()), 6),
                "to": round(float(probability[part].max()), 6),
                "cases": len(part),
                "events": int(outcome.sum()),
                "mean_probability": round(float(np.average(probability[part], weights=weight)), 6),
                "event_rate": round(float(np.average(outcome, weights=weight)), 6),
            }
        )
    return rows


def fits(configuration: Configuration) -> int:
    """How many times models are fitted in training."""
    each = configuration.split.folds * configuration.split.repeats + 1 + bool(configuration.split.date)
    return each * len(configuration.models)


def catalogue_signs() -> dict[str, str]:
    """Directions of the platform's own variables."""
    from puhui.features.registry import catalogue

    return {variable.name: variable.sign for variable in catalogue()}


def _guarded(population: Population, found: dict[str, str], configuration: Configuration) -> Population:
    if configuration.leak_guard != "exclude" or not found:
        return population
    notes = tuple(f"{name}: excluded by the leak guard: it {why}" for name, why in found.items())
    kept = tuple(candidate for candidate in population.candidates if candidate.name not in found)
    return replace(population, candidates=kept, notes=population.notes + notes)


def _figures(population: Population, unseen: OutOfFold, in_time: OutOfTime | None) -> TrainingFigures:
    events = int(population.target.sum())
    aucs = [figures.auc or 0.5 for figures in unseen.raw_figures]
    return TrainingFigures(
        n=len(population.target),
        events=events,
        event_rate=float(np.average(population.target, weights=population.weight)),
        auc_mean=float(np.mean(aucs)),
        auc_spread=_spread(aucs),
        auc_sampling_error=auc_standard_error(float(np.mean(aucs)), events, len(population.target) - events),
        ks_mean=float(np.mean([figures.ks for figures in unseen.raw_figures])),
        ks_spread=_spread([figures.ks or 0.0 for figures in unseen.raw_figures]),
        brier_mean=float(np.mean([figures.brier for figures in unseen.figures])),
        calibration_intercept_mean=_mean([figures.calibration_intercept for figures in unseen.figures]),
        calibration_slope_mean=_mean([figures.calibration_slope for figures in unseen.figures]),
        calibration_slope_before=_mean([figures.calibration_slope for figures in unseen.raw_figures]),
        out_of_time=in_time,
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _spread(values: list[float]) -> float:
    """Standard deviation over the repeats, 0 for a single one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def _warnings(
    model: AnyModel, variables: int, figures: TrainingFigures, found: dict[str, str], configuration: Configuration
) -> tuple[str, ...]:
    """What a reader must know before using the model, in sentences."""
    words = [
        f"{name} {why}. A variable this good is usually written after the outcome: find out when it is known, "
        "and name it in exclusions if that is later than the decision."
        for name, why in found.items()
        if configuration.leak_guard == "warn"
    ]
    words += departures(model.document.training.get("groups", []))
    if configuration.rejects.method != "none":
        words.append(
            f"Refused cases entered by {configuration.rejects.method} with the factor {configuration.rejects.factor:g}: an assumption, "
            "which no figure here can prove. All figures are of accepted cases."
        )
    rarer = min(figures.events, figures.n - figures.events)
    low, high = figures.auc_mean - 1.96 * figures.auc_sampling_error, figures.auc_mean + 1.96 * figures.auc_sampling_error
    if rarer < 100:
        words.append(
            f"Small data: {figures.n} cases with {figures.events} defaults. Another sample of this size would give an AUC anywhere between "
            f"{low:.2f} and {min(high, 1.0):.2f}; the order of single variables and the points of thin bins are not settled. "
            "Use the score beside judgement, and train again as outcomes come in."
        )
    if rarer < 10 * variables:
        words.append(
            f"{variables} variables rest on {rarer} cases of the rarer outcome, fewer than ten for each: the fit leans on shrinkage."
        )
    if figures.auc_mean - 2 * figures.auc_sampling_error < 0.5:
        words.append("The order of the cases cannot be told from chance on this data: do not decide by this score.")
    if model.document.calibration.slope == 0:
        words.append("Unseen cases were ordered no better than by chance, so calibration gives every case the same probability.")
    later = figures.out_of_time
    if later is not None and later.figures.auc is not None and later.figures.auc < figures.auc_mean - 0.05:
        words.append(
            f"On the newest cases the AUC falls from {figures.auc_mean:.3f} to {later.figures.auc:.3f}: the past is not like the present."
        )
    return tuple(words)
