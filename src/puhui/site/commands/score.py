"""`puhui score`: train scores on a table, judge it on another, explain one case.

No database, unless the configuration names stored snapshots or the model is to be registered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import score_promotions, support

if TYPE_CHECKING:
    import polars as pl

    from puhui.scoring.configuration import Configuration
    from puhui.scoring.loading import AnyModel
    from puhui.scoring.training import Trained

app = typer.Typer(help="Train, evaluate and explain scores.", no_args_is_help=True)
app.add_typer(score_promotions.promotions, name="promote")

ModelPath = Annotated[Path, typer.Argument(help="Model file written by `puhui score train`.")]
DataPath = Annotated[Path, typer.Option("--data", help="Parquet, CSV, XLSX or ARFF, one row per case.")]
Code = Annotated[str, typer.Option("--institution", help="Code of the institution; may be left out where there is only one.")]
Actor = Annotated[str, typer.Option("--as", help="In whose name, for the audit trail.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="TOML file: target at least; see docs/algorithms/scorecard.md.")],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Parquet, CSV, XLSX or ARFF; where the file has a part `evidence`, a folder; else what the file names."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the model goes; card and plots beside it. Default: NAME.json here.")
    ] = None,
    register_at: Annotated[str, typer.Option("--register", help="Also register it, as a candidate, at the institution of this code.")] = "",
    as_json: AsJson = False,
) -> None:
    """Train the models that CONFIG names on the same folds; print their figures on unseen cases; write each model (JSON) with its card
    (Markdown) and plots (SVG): the first at --out, the others beside it with their kind in the name.

    Example: puhui score train sba.toml --data sba.parquet --out sba-scorecard.json
    """
    from puhui.scoring.configuration_file import read_configuration

    configuration = read_configuration(config)
    first = out or Path(f"{configuration.name}.json")
    _check_writable(first)
    frame = _training_table(configuration, config, data)
    from puhui.scoring.training import fits, train_all

    with support.progress("Fitting models", total=fits(configuration)) as progress:
        trained = train_all(frame, configuration, progress.advance)
    results: list[dict[str, Any]] = []
    for kind, each in trained.items():
        path = first if not results else first.with_name(f"{first.stem}-{kind}{first.suffix}")
        results.append(_told(kind, each, _write(each, path)))
        for sentence in each.warnings:
            typer.echo(f"Warning: {kind}: {sentence}" if len(trained) > 1 else f"Warning: {sentence}", err=True)
    if register_at:
        _register(next(iter(trained.values())), register_at)
    if len(results) == 1:
        support.print_result(results[0], as_json)
    elif as_json:
        support.print_result({"models": results}, True)
    else:
        support.print_result([_in_short(each) for each in results], False)


def _told(kind: str, trained: Trained, written: list[Path]) -> dict[str, Any]:
    document = trained.model.document
    variables: Any = getattr(document, "variables", None) or getattr(document, "inputs", ())
    return {
        "model": kind,
        "name": document.name,
        "digest": trained.model.digest,
        **trained.figures.as_dict(),
        "variables": [each.name for each in variables],
        "warnings": list(trained.warnings),
        "files": [str(file) for file in written],
    }


def _in_short(result: dict[str, Any]) -> dict[str, Any]:
    """A row of the comparison: out of fold, and out of time where there is a date."""
    later = result.get("out_of_time", {})
    columns = ("model", "n", "events", "auc_mean", "auc_spread", "ks_mean", "brier_mean", "calibration_slope_mean")
    row = {name: result[name] for name in columns}
    return {**row, "auc_out_of_time": later.get("auc"), "ks_out_of_time": later.get("ks"), "file": result["files"][0]}


@app.command("train-waiting")
def train_waiting(as_json: AsJson = False) -> None:
    """Train what was asked for on the page of models, one after the other, and end. The page starts this by itself.

    Example: puhui score train-waiting
    """
    support.start_django()
    from puhui.scoring import training_process

    training_process.be_nice()
    with support.progress("Training what waits"):
        count = training_process.work()
    support.print_result({"trainings": count}, as_json)


@app.command("tables")
def tables(
    due: Annotated[bool, typer.Option("--delete-due", help="Delete those whose last day is past, and keep the proof.")] = False,
    institution: Code = "",
    actor: Actor = "system",
    as_json: AsJson = False,
) -> None:
    """List the tables that were uploaded to train on, and until when each is kept; or delete those that are due.

    Example: puhui score tables --delete-due
    """
    support.start_django()
    from puhui.scoring import table_keeping

    lender = support.institution(institution)
    found = table_keeping.delete_due(lender, actor) if due else table_keeping.kept(lender)
    rows = [
        {
            "training": row.pk,
            "table": row.table_name,
            "rows": row.rows,
            "digest": row.table_digest,
            "kept_until": table_keeping.kept_until(row).isoformat(),
            "state": "deleted" if due else row.status,
        }
        for row in found
    ]
    support.print_result(rows if as_json or rows else "nothing is due" if due else "no table is kept", as_json)


@app.command("alarms")
def alarms(
    look: Annotated[bool, typer.Option("--look", help="Look at every score in use as of the last day ended first.")] = False,
    institution: Code = "",
    actor: Actor = "system",
    as_json: AsJson = False,
) -> None:
    """List alarms of scores at work that last: what passed its limit, and which variables moved the score most. Looked at each month.
    `asks`: nobody has noted what is done about it. A single variable that is only to be watched asks for nobody.

    Example: puhui score alarms --look
    """
    support.start_django()
    from datetime import timedelta

    from puhui.reports import score_alarms
    from puhui.scoring.alarms import alarms as all_alarms
    from puhui.scoring.alarms import asks

    lender = support.institution(institution)
    if look:
        score_alarms.look(lender, lender.business_date - timedelta(days=1), actor)
    rows = [
        {
            "alarm": one.pk,
            "model": one.model.name,
            "measure": one.measure,
            "subject": one.subject,
            "level": one.level,
            "figure": round(one.figure, 4),
            "limit": round(one.limit, 4),
            "causes": one.causes if as_json else ", ".join(f"{each['variable']} {each['points']:+.1f}" for each in one.causes),
            "since": one.raised_on.isoformat(),
            "asks": asks(one),
            "note": one.note,
        }
        for one in all_alarms(lender).filter(closed_on=None)
    ]
    support.print_result(rows if as_json or rows else "no alarm", as_json)


@app.command()
def evaluate(
    model: ModelPath,
    data: DataPath,
    target: Annotated[str, typer.Option("--target", help="Column with the outcome: 0/1, yes/no, or the values named in training.")],
    weight: Annotated[str, typer.Option("--weight", help="Column with case weights; rows without one are left out.")] = "",
    positive: Annotated[
        list[str] | None, typer.Option("--positive", help="A value that means default, where neither plain nor the one of training.")
    ] = None,
    negative: Annotated[list[str] | None, typer.Option("--negative", help="A value that means repaid; default: all others.")] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="The figures for each value of this column as well; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the judged cases go, with outcome, weight and probability: Parquet, CSV or JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a model on cases with known outcome: n, auc, ks, brier, calibration intercept and slope.

    The table may come from elsewhere: other order and spelling of columns, $ and commas, other forms of dates, ? for not known. What was
    assumed is told.

    Example: puhui score evaluate sba-scorecard.json --data newer.parquet --target defaulted --json

    Example: puhui score evaluate sba-scorecard.json --data foia.csv --target MIS_Status --positive CHGOFF --weight sample_weight --by State
    """
    from puhui.scoring.applying import check_ending, write_cases
    from puhui.scoring.tables import judge, read_table

    if out is not None:
        check_ending(out)
    judged = judge(_load(model), read_table(data, as_text=True), target, weight, positive or (), negative or (), by or ())
    figures = judged.figures
    if out is not None:
        write_cases(judged.cases, out)
    if as_json:
        support.print_result(figures, True)
        return
    for note in figures.pop("notes"):
        typer.echo(f"Note: {note}", err=True)
    groups = figures.pop("by", {})
    support.print_result(figures, False)
    for column, rows in groups.items():
        typer.echo(f"\nby {column}")
        support.print_result(rows, False)


@app.command("apply")
def apply_model(
    model: ModelPath,
    data: DataPath,
    out: Annotated[Path, typer.Option("--out", help="Where the scored cases go: Parquet, CSV or JSON, by the ending.")],
    keep: Annotated[
        list[str] | None, typer.Option("--keep", help="A column of the table to keep beside the score, such as its key; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score every case of a table, whether its outcome is known or not: points, probability of default, and a scorecard's reasons.

    Example: puhui score apply sba-scorecard.json --data applicants.xlsx --keep loan_nr --out scored.csv
    """
    from puhui.scoring.applying import applied, check_ending, write_cases
    from puhui.scoring.tables import read_table

    check_ending(out)
    loaded = _load(model)
    cases, notes = applied(loaded, read_table(data, as_text=True), keep or ())
    write_cases(cases, out)
    mean = cases["probability"].mean()
    result = {"model": loaded.document.name, "digest": loaded.digest, "n": len(cases), "mean_probability": mean, "file": str(out)}
    if not as_json:
        for note in notes:
            typer.echo(f"Note: {note}", err=True)
    support.print_result(result | ({"notes": notes} if as_json else {}), as_json)


@app.command()
def explain(
    model: ModelPath,
    data: DataPath,
    row: Annotated[int, typer.Option("--row", help="Row of the table, the first is 0.", min=0)],
    below: Annotated[
        float | None, typer.Option("--below", help="Also tell the nearest change that brings the probability of default below this.")
    ] = None,
    can: Annotated[
        Path | None,
        typer.Option("--can", help="What can be changed: TOML with [[rows]]; default: the table actionable-variables."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain one case: its points, bin by bin, its probability of default, the reasons for the points it lost, and what would change it.

    Example: puhui score explain sba-scorecard.json --data newer.parquet --row 17 --below 0.05 --can can-change.toml
    """
    from puhui.calculations.faults import Fault, check
    from puhui.scoring.adapting import adapt
    from puhui.scoring.explanation import explain_case
    from puhui.scoring.tables import read_table

    frame, scorer = read_table(data, as_text=True), _load(model)
    faults = [Fault("--row", str(row), f"0 to {len(frame) - 1}")] if row >= len(frame) else []
    if below is not None and not 0 < below < 1:
        faults.append(Fault("--below", str(below), "a probability between 0 and 1, such as 0.05"))
    check(faults)
    case = adapt(frame, scorer).frame.row(row, named=True)
    explanation = explain_case(scorer, case)
    if below is not None:
        explanation["nearest_change"] = _nearest(scorer, case, can, below)
    if as_json:
        support.print_result(explanation, True)
        return
    support.print_result({key: value for key, value in explanation.items() if not isinstance(value, (list, dict))}, False)
    typer.echo("")
    from puhui.scoring.explanation import in_words, readable

    support.print_result(readable(explanation["variables"]), False)
    typer.echo("\nReasons, most points lost first:")
    support.print_result(readable(explanation["reasons"]), False)
    if below is not None:
        typer.echo(f"\nWhat would bring it below {below:.2%}:")
        for sentence in in_words(explanation["nearest_change"]):
            typer.echo(sentence)


def _nearest(model: AnyModel, values: dict[str, Any], can: Path | None, below: float) -> dict[str, Any]:
    """What would bring a case below a probability, by the rows of a file or of the catalogue's table that are in force today."""
    import datetime
    import tomllib
    from dataclasses import asdict

    from puhui.calculations.faults import Fault, FaultsError
    from puhui.products.parameters import table
    from puhui.scoring.changing import actions_of, nearest_change

    if can is None:
        rows: Any = table("actionable-variables").valid_on(datetime.datetime.now().astimezone().date())
    else:
        try:
            rows = tomllib.loads(can.read_text("utf-8")).get("rows", [])
        except (OSError, ValueError) as error:
            raise FaultsError([Fault("--can", f"{can} ({error})", "a TOML file with [[rows]]")]) from error
        if not isinstance(rows, list) or not rows:
            raise FaultsError([Fault("--can", f"{can} without rows", "a TOML file with [[rows]]")])
    actions = actions_of(rows)
    answer = nearest_change(model, values, actions, below)
    tried = [name for name in model.columns if name in actions]
    before = model.answer(values)[0]
    told = {"months": answer.months, "tried": tried, "points_without": before, "changes": [asdict(each) for each in answer.changes]}
    return {**asdict(answer), **told}


def _load(path: Path) -> AnyModel:
    from puhui.scoring.loading import load_model

    return load_model(path)


def _training_table(configuration: Configuration, config: Path, data: Path | None) -> pl.DataFrame:
    """--data first, then snapshots, then the file the configuration names (beside it when relative)."""
    from puhui.calculations.faults import Fault, FaultsError
    from puhui.scoring.tables import read_table

    if configuration.evidence is not None:
        from puhui.scoring.from_evidence import evidence_table

        folder = data if data is not None else config.parent / configuration.data
        if not folder.is_dir():
            raise FaultsError([Fault("--data", str(folder), "a folder of evidence files, as the configuration's [evidence] says")])
        return evidence_table(folder, configuration.evidence, configuration.target.column)
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


def _check_writable(path: Path) -> None:
    """FaultsError where the model could not be written, told before it is trained."""
    from puhui.calculations.faults import Fault, FaultsError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a"):
            pass
        if not path.stat().st_size:
            path.unlink()
    except OSError as error:
        raise FaultsError([Fault("--out", f"{path} ({error.strerror})", "a file that can be written")]) from error


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

    register(support.institution(code, "--register"), trained, actor="system", champion=False)
