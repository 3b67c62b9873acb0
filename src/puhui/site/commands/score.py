"""`puhui score`: train a scorecard on a table, judge it on another, explain one case.

No database, unless the configuration names stored snapshots or the model is to be registered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    import polars as pl

    from puhui.scoring.configuration import Configuration
    from puhui.scoring.model import Model
    from puhui.scoring.training import Trained

app = typer.Typer(help="Train, evaluate and explain scores.", no_args_is_help=True)

ModelPath = Annotated[Path, typer.Argument(help="Model file written by `puhui score train`.")]
DataPath = Annotated[Path, typer.Option("--data", help="Parquet or CSV, one row per case.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="TOML file: target at least; see docs/algorithms/scorecard.md.")],
    data: Annotated[Path | None, typer.Option("--data", help="Parquet or CSV; instead of the one the file names.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the model goes; card and plots beside it. Default: NAME.json here.")
    ] = None,
    register_at: Annotated[str, typer.Option("--register", help="Also register it as champion at the institution of this code.")] = "",
    as_json: AsJson = False,
) -> None:
    """Train a scorecard; print its out-of-fold figures; write the model (JSON), its card (Markdown) and plots (SVG).

    Example: puhui score train sba.toml --data sba.parquet --out sba-scorecard.json
    """
    from puhui.scoring.configuration import read_configuration

    configuration = read_configuration(config)
    frame = _training_table(configuration, config, data)
    from puhui.scoring.training import fits
    from puhui.scoring.training import train as train_scorecard

    with support.progress("Fitting scorecards", total=fits(configuration)) as progress:
        trained = train_scorecard(frame, configuration, progress.advance)
    path = out or Path(f"{configuration.name}.json")
    written = _write(trained, path)
    if register_at:
        _register(trained, register_at)
    for sentence in trained.warnings:
        typer.echo(f"Warning: {sentence}", err=True)
    document = trained.model.document
    result = {
        "name": document.name,
        "digest": trained.model.digest,
        **trained.figures.as_dict(),
        "variables": [variable.name for variable in document.variables],
        "warnings": list(trained.warnings),
        "files": [str(file) for file in written],
    }
    support.print_result(result, as_json)


@app.command()
def evaluate(
    model: ModelPath,
    data: DataPath,
    target: Annotated[str, typer.Option("--target", help="Column with the outcome: 0/1, yes/no, or the values named in training.")],
    weight: Annotated[str, typer.Option("--weight", help="Column with case weights.")] = "",
    as_json: AsJson = False,
) -> None:
    """Judge a model on cases with known outcome: n, auc, ks, brier, calibration intercept and slope.

    Example: puhui score evaluate sba-scorecard.json --data newer.parquet --target defaulted --json
    """
    from puhui.scoring.tables import evaluate_table, read_table

    figures = evaluate_table(_load(model), read_table(data), target, weight)
    support.print_result(figures, as_json)


@app.command()
def explain(
    model: ModelPath,
    data: DataPath,
    row: Annotated[int, typer.Option("--row", help="Row of the table, the first is 0.", min=0)],
    as_json: AsJson = False,
) -> None:
    """Explain one case: its points, bin by bin, its probability of default, and the reasons for the points it lost.

    Example: puhui score explain sba-scorecard.json --data newer.parquet --row 17
    """
    from puhui.calculations.faults import Fault, FaultsError
    from puhui.scoring.explanation import explain_case
    from puhui.scoring.tables import read_table

    frame = read_table(data)
    if row >= len(frame):
        raise FaultsError([Fault("--row", str(row), f"0 to {len(frame) - 1}")])
    explanation = explain_case(_load(model), frame.row(row, named=True))
    if as_json:
        support.print_result(explanation, True)
        return
    support.print_result({key: value for key, value in explanation.items() if key not in ("variables", "reasons")}, False)
    typer.echo("")
    support.print_result(explanation["variables"], False)
    typer.echo("\nReasons, most points lost first:")
    support.print_result(explanation["reasons"], False)


def _load(path: Path) -> Model:
    from puhui.scoring.model import Model

    return Model.load(path)


def _training_table(configuration: Configuration, config: Path, data: Path | None) -> pl.DataFrame:
    """--data first, then snapshots, then the file the configuration names (beside it when relative)."""
    from puhui.calculations.faults import Fault, FaultsError
    from puhui.scoring.tables import read_table

    if data is not None:
        return read_table(data)
    if configuration.snapshots is not None:
        support.start_django()
        from puhui.scoring.queries import training_frame

        wanted = configuration.snapshots
        institution = support.institution(wanted.institution, "snapshots.institution")
        return training_frame(institution, wanted.as_of, read_table(config.parent / wanted.outcomes), wanted.scheme)
    if not configuration.data:
        raise FaultsError([Fault("data", "nothing", "a table to train on", "name it with --data or as data = … in the file")])
    return read_table(config.parent / configuration.data)


def _write(trained: Trained, path: Path) -> list[Path]:
    """Model at `path`, card and plots in the folder NAME-card beside it."""
    import json

    folder = path.parent / f"{path.stem}-card"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(trained.model.document.as_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    texts: dict[str, Any] = {"card.md": trained.card, **trained.plots}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [path, *(folder / name for name in texts)]


def _register(trained: Trained, code: str) -> None:
    support.start_django()
    from puhui.scoring.actions import register

    register(support.institution(code, "--register"), trained, actor="system")
