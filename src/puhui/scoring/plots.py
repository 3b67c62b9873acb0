"""Pictures of a score's card, as SVG text: order, truth, spread over the repeats. All from cases the models had not seen.

Drawn with matplotlib, which only training needs. The text of a picture is the same for the same training (no date, no random names).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from puhui.scoring.evaluation import roc_curve
from puhui.scoring.population import Population
from puhui.scoring.resampling import OutOfFold

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_plots"]

INK, BLUE, RED, PALE = "#1f2937", "#206bc4", "#d63939", "#cbd5e1"


def draw_plots(population: Population, unseen: OutOfFold) -> dict[str, str]:
    """File name → SVG text: `roc.svg`, `calibration.svg`, `distribution.svg`, `repeats.svg`."""
    drawings = {"roc.svg": _roc, "calibration.svg": _calibration, "distribution.svg": _distribution, "repeats.svg": _repeats}
    return {name: _svg(draw, population, unseen) for name, draw in drawings.items()}


def _svg(draw: Any, population: Population, unseen: OutOfFold) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "puhui", "svg.fonttype": "none", "font.size": 10, "axes.edgecolor": INK}):
        figure = Figure(figsize=(5.2, 3.8), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes, population, unseen)
        FigureCanvasSVG(figure)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _roc(axes: Axes, population: Population, unseen: OutOfFold) -> None:
    grid = np.linspace(0, 1, 201)
    curves = []
    for score in unseen.log_odds:
        good, bad = roc_curve(population.target, score, population.weight)
        curves.append(np.interp(grid, good, bad))
        axes.plot(grid, curves[-1], color=PALE, linewidth=0.8)
    axes.plot(grid, np.mean(curves, axis=0), color=BLUE, linewidth=2, label="mean of the repeats")
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", label="no order")
    axes.set(xlabel="share of repaid cases refused", ylabel="share of defaulted cases refused", title="Order of unseen cases")
    axes.legend(loc="lower right", frameon=False)


def _calibration(axes: Axes, population: Population, unseen: OutOfFold) -> None:
    probability = unseen.calibrated.mean(axis=0)
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(10, max(3, int(population.target.sum()) // 5)))
    told = [np.average(probability[p], weights=population.weight[p]) for p in parts]
    seen = [np.average(population.target[p], weights=population.weight[p]) for p in parts]
    error = [1.96 * np.sqrt(max(rate * (1 - rate), 0.25 / len(p)) / len(p)) for rate, p in zip(seen, parts, strict=True)]
    top = max(*told, *seen) * 1.15
    axes.plot([0, top], [0, top], color=INK, linewidth=0.8, linestyle=":", label="true")
    axes.errorbar(told, seen, yerr=error, fmt="o", color=BLUE, ecolor=PALE, markersize=5, label="groups of equal size, 95%")
    axes.set(
        xlabel="probability told",
        ylabel="share that defaulted",
        title="Truth of the probabilities (unseen cases)",
        xlim=(0, top),
        ylim=(0, None),
    )
    axes.legend(loc="upper left", frameon=False)


def _distribution(axes: Axes, population: Population, unseen: OutOfFold) -> None:
    score = -unseen.log_odds.mean(axis=0)
    edges = np.histogram_bin_edges(score, bins=min(30, max(8, len(score) // 15)))
    for outcome, colour, label in ((0, BLUE, "repaid"), (1, RED, "defaulted")):
        chosen = population.target == outcome
        axes.hist(score[chosen], bins=list(edges), weights=population.weight[chosen], density=True, alpha=0.55, color=colour, label=label)
    axes.set(xlabel="log-odds of repayment (unseen cases)", ylabel="density", title="Scores of repaid and defaulted cases")
    axes.legend(loc="upper right", frameon=False)


def _repeats(axes: Axes, population: Population, unseen: OutOfFold) -> None:
    areas = [figures.auc or 0.5 for figures in unseen.raw_figures]
    axes.plot(unseen.seeds, areas, "o", color=BLUE)
    axes.axhline(float(np.mean(areas)), color=INK, linewidth=0.8, linestyle=":")
    axes.set(xlabel="seed of the folds", ylabel="AUC of unseen cases", title=f"{unseen.folds} folds dealt {_times(len(unseen.seeds))}")
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xticks(unseen.seeds[:: max(1, len(unseen.seeds) // 10)])


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
