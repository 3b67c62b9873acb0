"""The model card: what the score was made of, how good it is, where it must not be trusted. Markdown, one file, for people who decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from puhui.scoring.configuration import Configuration
from puhui.scoring.document import ScoredVariable
from puhui.scoring.ensemble import Ensemble
from puhui.scoring.loading import AnyModel
from puhui.scoring.model import Model
from puhui.scoring.population import Population
from puhui.scoring.resampling import OutOfFold

if TYPE_CHECKING:
    from puhui.scoring.training import TrainingFigures

__all__ = ["write_card"]

CAPTIONS = {
    "roc.svg": "Order of unseen cases, one line per repeat",
    "calibration.svg": "Probabilities told against defaults seen, unseen cases",
    "distribution.svg": "Scores of repaid and of defaulted cases",
    "repeats.svg": "AUC of each repeat",
}

SIGNS = {"+": "more is safer", "-": "more is riskier"}


def write_card(
    population: Population,
    model: AnyModel,
    figures: TrainingFigures,
    unseen: OutOfFold,
    warnings: tuple[str, ...],
    configuration: Configuration,
    plots: list[str],
) -> str:
    """The card's Markdown. `plots` are file names that stand in the same folder."""
    parts = [
        f"# {configuration.title or configuration.name}",
        _head(model, configuration),
        _warnings(warnings),
        _data(population, figures, configuration),
        _figures(figures, unseen, configuration),
        "\n\n".join(f"![{CAPTIONS.get(name, name)}]({name})" for name in plots),
        _bands(model),
        _groups(model),
        _calibrations(model),
        _points(model) if isinstance(model, Model) else _inputs(model),
        _chosen(unseen),
        _limits(population, configuration),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(model: AnyModel, configuration: Configuration) -> str:
    scaling = model.document.scaling
    use = configuration.use or "to order and price applications of the population named below, beside the rules of the product"
    return (
        f"{_kind(model)} `{configuration.name}`, content digest `{model.digest}`.\n\nUse: {use}.\n\n"
        f"More points are safer. {scaling.base_points:g} points stand for {scaling.base_odds:g} repaid cases to one default, and every "
        f"{scaling.points_to_double_odds:g} points more double these odds."
    )


def _kind(model: AnyModel) -> str:
    return "Scorecard" if isinstance(model, Model) else {"puhui/trees/1": "Trees", "puhui/curves/1": "Curves"}[model.document.format]


def _inputs(model: Ensemble) -> str:
    """What the model reads; its trees or curves are in its file."""
    document = model.document
    rows = "\n".join(
        f"| `{each.name}` | {each.kind if each.kind == 'number' else f'category, {len(each.rates)} rates of default'} "
        f"| {SIGNS.get(each.sign, 'free')} |"
        for each in document.inputs
    )
    head = "| input | read as | direction |\n|---|---|---|"
    return (
        f"## Inputs\n\nThe average case has {document.intercept_points} points. A case's reasons are the inputs that cost it most against "
        f"the average case, by their exact share (Shapley value) of its log-odds, told in points.\n\n{head}\n{rows}"
    )


def _warnings(warnings: tuple[str, ...]) -> str:
    if not warnings:
        return ""
    return "## Read this first\n\n" + "\n".join(f"- {sentence}" for sentence in warnings)


def _data(population: Population, figures: TrainingFigures, configuration: Configuration) -> str:
    target = configuration.target
    meaning = f" (default: {', '.join(str(value) for value in target.positive)})" if target.positive else ""
    lines = [
        f"- target: `{target.column}`{meaning}",
        f"- {population.rows_read} rows read, {figures.n} cases used, {figures.events} defaults; default rate {figures.event_rate:.2%}"
        + (f", weighted by `{configuration.weight}`" if population.weighted else ""),
        *(f"- {key}: {value}" for key, value in configuration.window.items()),
        *(f"- {note}" for note in population.notes),
        f"- {len(population.candidates)} variables offered: " + ", ".join(f"`{candidate.name}`" for candidate in population.candidates),
    ]
    return "## Data\n\n" + "\n".join(lines)


def _figures(figures: TrainingFigures, unseen: OutOfFold, configuration: Configuration) -> str:
    """Everything here is measured on cases the model had not seen."""
    rows = [
        ("AUC", f"{figures.auc_mean:.4f}", f"{figures.auc_spread:.4f}"),
        ("KS", f"{figures.ks_mean:.4f}", f"{figures.ks_spread:.4f}"),
        ("Brier score", f"{figures.brier_mean:.4f}", ""),
        ("calibration intercept", _number(figures.calibration_intercept_mean), ""),
        ("calibration slope", _number(figures.calibration_slope_mean), ""),
        ("calibration slope before calibration", _number(figures.calibration_slope_before), ""),
    ]
    table = "\n".join(f"| {name} | {value} | {spread} |" for name, value, spread in rows)
    first, *others = unseen.seeds
    dealt = f"repeated {len(unseen.seeds)} times (seeds {first} to {others[-1]})" if others else f"dealt once (seed {first})"
    text = (
        f"## Figures\n\nOut of fold: {unseen.folds} folds, {dealt}. Cutting, choosing and weighing "
        "are done inside each fold; the calibration of a fold is learnt on the others.\n\n"
        f"| figure | mean of repeats | spread over repeats |\n|---|---|---|\n{table}\n\n"
        f"The spread over repeats is the luck of the deal. Another sample of the same size would scatter by about "
        f"{figures.auc_sampling_error:.3f} (standard error of the AUC, Hanley and McNeil)."
    )
    if figures.out_of_time is not None:
        later = figures.out_of_time
        area = "not defined" if later.figures.auc is None else f"{later.figures.auc:.4f}"
        text += (
            f"\n\nOut of time: trained on {later.trained_on} cases before {later.since}, judged on the {later.figures.n} from then on: "
            f"AUC {area}, KS {_number(later.figures.ks)}, Brier score {later.figures.brier:.4f}, calibration intercept "
            f"{_number(later.figures.calibration_intercept)} and slope {_number(later.figures.calibration_slope)} (not calibrated)."
        )
        text += " The card below uses all cases." if configuration.split.refit else " The card below uses the older cases only."
    return text


def _bands(model: AnyModel) -> str:
    rows = "\n".join(
        f"| {row['from']:.2%} to {row['to']:.2%} | {row['cases']} | {row['events']} "
        f"| {row['mean_probability']:.2%} | {row['event_rate']:.2%} |"
        for row in model.document.training["bands"]
    )
    head = "| probability told | cases | defaults | mean told | defaulted |\n|---|---|---|---|---|"
    return f"## Tenths of the unseen cases\n\n{head}\n{rows}"


def _groups(model: AnyModel) -> str:
    rows = "\n".join(
        f"| {row['dimension']} | {row['group'] or 'not known'} | {row['cases']} | {row['events']} | {row['mean_probability']:.2%} "
        f"| {row['event_rate']:.2%} | {'' if row['z'] is None else format(row['z'], '+.1f')} | {'' if row['auc'] is None else row['auc']} |"
        for row in model.document.training.get("groups", [])
    )
    if not rows:
        return ""
    head = "| groups by | group | cases | defaults | mean told | defaulted | z | AUC |\n|---|---|---|---|---|---|---|---|"
    return f"## Groups of the unseen cases\n\nBeyond z = ±2.6 the difference is hardly luck.\n\n{head}\n{rows}"


def _calibrations(model: AnyModel) -> str:
    """Which groups have a calibration of their own."""
    told, calibration = model.document.training.get("calibration_groups", []), model.document.calibration
    if not told:
        return ""
    rows = []
    for row in told:
        own = calibration.groups.get(row["group"]) if row["own"] else None
        line = (
            "the common one" if own is None else "a curve of its own" if own.curve else f"{own.intercept:+.3f} {own.slope:+.3f} × log-odds"
        )
        rows.append(f"| {(row['group'] or 'not known').replace('|', '/')} | {row['cases']} | {line} |")
    table = "\n".join(rows)
    return (
        f"## Calibration by group\n\nBy `{calibration.by}`, over the log-odds of the common probability. Points are the same "
        f"for all groups.\n\n"
        f"| group | cases | calibration |\n|---|---|---|\n{table}"
    )


def _points(model: Model) -> str:
    document = model.document
    parts = [f"## Points\n\nEvery case starts from {document.intercept_points} points."]
    parts += [_variable(variable) for variable in document.variables]
    against = "the best bin of the variable" if document.reasons_against == "best" else "what the average case earns"
    parts.append(f"Reasons are the {document.reasons_count} variables with the most points lost against {against}.")
    return "\n\n".join(parts)


def _variable(variable: ScoredVariable) -> str:
    rows = [*variable.bins, variable.missing, *([variable.unseen] if variable.unseen else [])]
    rates = ["" if row.event_rate is None else f"{row.event_rate:.1%}" for row in rows]
    table = "\n".join(
        f"| {row.label.replace('|', '/')} | {row.share:.1%} | {rate} | {row.woe:+.3f} | {row.points} |"
        for row, rate in zip(rows, rates, strict=True)
    )
    direction = SIGNS.get(variable.sign, "direction not fixed")
    head = f"### {variable.name}\n\n{direction}; information value {variable.information_value:.3f}; weight {variable.coefficient:.3f}"
    return f"{head}\n\n| values | cases | defaulted | weight of evidence | points |\n|---|---|---|---|---|\n{table}"


def _chosen(unseen: OutOfFold) -> str:
    rows = "\n".join(f"| `{name}` | {share:.0%} |" for name, share in list(unseen.chosen.items())[:40])
    head = "| variable | fits |\n|---|---|"
    return f"## How steady the choice is\n\nShare of the fits in folds that each variable entered.\n\n{head}\n{rows}"


def _limits(population: Population, configuration: Configuration) -> str:
    lines = [
        "- It holds for cases like those it was trained on: the same kind of borrower, the same evidence, the same meaning of default.",
        "- Cases that were refused have no outcome; if they were riskier, the probabilities here are too low for them.",
        "- Null is a bin of its own. A bin that training never met earns what an average case would.",
    ]
    if not population.weighted:
        lines.append("- No case weights: if the sample was drawn by outcome, the level of the probabilities is that of the sample.")
    if not configuration.split.date:
        lines.append("- No out-of-time test: how it holds in another year is not known.")
    return "## Limits\n\n" + "\n".join(lines)


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4f}"
