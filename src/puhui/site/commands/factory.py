"""`puhui factory`: the engine over many firms in one go, and cases that are late. Of the run nothing is kept; campaigns make offers."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from puhui.site.commands import support
from puhui.site.commands.lending_options import LENDERS, day_of, option_faults

if TYPE_CHECKING:
    import polars as pl

    from puhui.decisions.batch_files import FileRooms
    from puhui.decisions.strategy import Strategy

app = typer.Typer(help="Decide on many firms in one go.", no_args_is_help=True)


class Used(NamedTuple):
    """A strategy from files alone, as `decisions.strategy.Strategy` is one from the database."""

    product: Any
    model: Any
    parameters: Any

    @property
    def wanted(self) -> frozenset[str]:
        return frozenset(self.product.variables) | frozenset(self.model.columns if self.model else ())


@app.callback()
def group() -> None:
    """Decide on many firms in one go."""


@app.command()
def run(
    product: str = typer.Argument(..., metavar="PRODUCT", help="Code of the product, or a product file."),
    source: Path | None = typer.Option(None, "--source", help="Parquet or CSV of variables, a row for each firm; default: the database."),
    out: Path | None = typer.Option(None, "--out", help="Write the answer to every row: .parquet or .csv."),
    model: Path | None = typer.Option(None, "--model", help="Model file, for --source; default: the institution's champion."),
    amount: float = typer.Option(0.0, "--amount", help="Yuan asked for by each; default: the column requested_amount, or the highest."),
    term: int = typer.Option(0, "--term", help="Months asked for by each; default: the column term_months, or the longest."),
    as_of: str = typer.Option("", "--as-of", help="The day of the decisions (YYYY-MM-DD); default: the business date, or today."),
    lender: str = typer.Option("bank", "--lender", help=f"Who lends, for --source: {', '.join(LENDERS)}."),
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Rules, score, class, limit, price and authority of every row; counts by outcome, class and reason.

    The rows take the room under the lender's limits on industry and region in their order; of a file by its columns industry_code and
    division_code (a row without them is not held to what it does not tell, and the summary counts such rows).

    Example: puhui factory run invoice-working-capital --source variables.parquet --model scorecard.json --out offers.parquet
    """
    day = _checked(out, as_of, lender, amount, term)
    if source is not None and not source.is_file():
        support.fail(f"--source: found nothing at {source}, expected a Parquet or CSV file")
    if model is not None and source is None:
        support.fail("--model: found a file, expected none without --source; the institution's champion decides on its firms")
    frame, strategy, parts, day, left_out = (
        _from_file(product, source, model, day, lender, institution) if source else _from_database(product, day, institution)
    )
    rooms, before = _file_rooms(frame, strategy, day, lender, institution) if source else (None, "")
    answers = _answers(frame, strategy, parts, day, amount, term, institution, rooms)
    if out is not None:
        _write(frame, answers, strategy, out)
    held = rooms.told(before) if rooms else {}
    support.print_result(_summary(answers, strategy, day, left_out) | held | _parts_summary(answers, parts), as_json)


@app.command()
def escalate(
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Tell of referred cases that are past their time target, once per case and step; may run as often as one likes.

    Example: puhui factory escalate
    """
    support.start_django()
    from puhui.decisions.actions import escalate as tell

    rows = tell(support.institution(institution or None))
    told = [
        {"case": one.application_id, "step": one.step, "due_at": one.due_at.isoformat(timespec="minutes"), "to_role": one.to_role}
        for one in rows
    ]
    support.print_result({"escalated": len(told), "cases": told}, as_json)


def _checked(out: Path | None, as_of: str, lender: str, amount: float, term: int) -> date | None:
    faults = option_faults(out, (".parquet", ".csv"), as_of, lender)
    if amount < 0 or term < 0:
        faults.append("--amount, --term: found a figure below 0, expected yuan and months")
    if faults:
        support.fail(faults)
    return day_of(as_of)


def _from_file(
    code: str, source: Path, model_file: Path | None, day: date | None, lender: str, institution: str
) -> tuple[pl.DataFrame, Strategy | Used, list[Any], date, int]:
    """Needs no database where the product scores by its own table or the model is given as a file."""
    import polars as pl

    from puhui.products import parameters, reading
    from puhui.site import configuration

    folder = configuration.load().catalogue
    day = day or datetime.now().astimezone().date()
    product = reading.load(code, day, folder)
    tables = {part: parameters.table(name, folder) for part, name in product.parameters.items()}
    if not product.policy_class and model_file is None:
        support.start_django()
        from puhui.decisions.strategy import in_force

        strategy: Strategy | Used = in_force(support.institution(institution), code, day)
    else:
        from puhui.scoring.loading import load_model

        strategy = Used(product, load_model(model_file) if model_file and not product.policy_class else None, tables)
    from puhui.decisions.batch_files import file_frame

    frame = file_frame(source, product).with_columns(pl.lit(lender).alias("lender_kind"))
    parts = []
    for part in product.parts:
        its = reading.load(part.product, day, folder)
        if not its.policy_class:
            support.fail(
                f"PRODUCT: found {its.code}, a part that a model scores, expected one with a table of classes where --source is given"
            )
        parts.append(Used(its, None, {name: parameters.table(table, folder) for name, table in its.parameters.items()}))
    return frame, strategy, parts, day, 0


def _from_database(code: str, day: date | None, institution: str) -> tuple[pl.DataFrame, Strategy | Used, list[Any], date, int]:
    support.start_django()
    from puhui.decisions.population import firms_frame
    from puhui.decisions.strategy import in_force, part_strategies

    lender = support.institution(institution)
    day = day or lender.business_date
    strategy = in_force(lender, code, day)
    parts = part_strategies(lender, strategy, day)
    with support.progress("Reading variables"):
        frame, left_out = firms_frame(lender, strategy, day, [name for part in parts for name in part.wanted])
    if not frame.height:
        support.fail(f"firms: found none with consent and variables for {code}, expected some. Grant consent and compute variables first.")
    return frame, strategy, parts, day, left_out


def _file_rooms(frame: pl.DataFrame, strategy: Strategy | Used, day: date, lender: str, institution: str) -> tuple[FileRooms, str]:
    """The limits on industry and region over the rows of a file; what is out before the first row is known of an institution only."""
    from puhui.decisions.batch_files import file_rooms
    from puhui.products import parameters
    from puhui.site import configuration

    folder = configuration.load().catalogue
    limits, sections = (parameters.table(name, folder) for name in ("concentration-limits", "industry-sections"))
    if isinstance(strategy, Used):
        return file_rooms(frame, limits, sections, lender, day), "nothing: the file alone is counted"
    from puhui.decisions.concentration import figures

    own = support.institution(institution)
    return file_rooms(frame, limits, sections, lender, day, figures(own)), f"what {own.code} has out and promised"


def _answers(
    frame: pl.DataFrame,
    strategy: Strategy | Used,
    parts: list[Any],
    day: date,
    amount: float,
    term: int,
    institution: str,
    rooms: FileRooms | None,
) -> pl.DataFrame:
    """The answers, each within the room that limits on industry and region leave, in the order of the rows; `rooms`: those of a file."""
    import polars as pl

    wish = {"requested_amount": amount, "term_months": term}
    frame = frame.with_columns(pl.lit(value).alias(name) for name, value in wish.items() if value)
    with support.progress(f"Deciding on {frame.height:,} rows"):
        if rooms is None:
            from puhui.decisions.batch_run import in_order_of_firms

            return in_order_of_firms(support.institution(institution), frame, strategy, parts, day).drop("promised_fen")
        from puhui.decisions.batch_parts import answers_of
        from puhui.decisions.batch_rooms import in_order

        def decide(rows: pl.DataFrame) -> pl.DataFrame:
            return answers_of(rows, strategy, parts, day, None)

        return in_order(decide, frame, rooms.cells, rooms.room_fen, strategy.product.maximum_fen).drop("promised_fen")


def _write(frame: pl.DataFrame, answers: pl.DataFrame, strategy: Strategy | Used, out: Path) -> None:
    """The answers beside what names a row: every column of text or whole numbers that is no variable and no fact."""
    import polars as pl

    from puhui.decisions.batch_files import naming_columns, with_reason_texts

    names = naming_columns(frame, strategy.wanted | strategy.product.application.keys() | set(answers.columns))
    written = pl.concat([frame.select(names), with_reason_texts(answers, strategy.product)], how="horizontal")
    if out.suffix == ".parquet":
        written.write_parquet(out)
    else:
        written.write_csv(out)


def _parts_summary(answers: pl.DataFrame, parts: list[Any]) -> dict[str, Any]:
    """Of a combined product, what became of each part; nothing for another."""
    if not parts:
        return {}
    told = {}
    for part in parts:
        code = part.product.code
        counts = dict(answers[f"{code}:outcome"].drop_nulls().value_counts().iter_rows())
        granted = answers.filter(answers[f"{code}:outcome"].is_in(["approve", "refer"]))
        amounts = {"amount_yuan": int(granted[f"{code}:amount_fen"].sum()) // 100}
        told[code] = {f"outcome_{name}": counts.get(name, 0) for name in ("approve", "refer", "refuse")} | amounts
    return {"parts": told}


def _summary(answers: pl.DataFrame, strategy: Strategy | Used, day: date, left_out: int) -> dict[str, Any]:
    import polars as pl

    from puhui.decisions.batch_files import reason_counts

    granted = answers.filter(pl.col("outcome") != "refuse")
    counts = dict(answers.group_by("outcome").len().sort("outcome").iter_rows())
    by_class = dict(answers.group_by("risk_class").len().sort("risk_class").iter_rows())
    mean = granted["rate_ppm"].mean()
    return {
        "product": strategy.product.code,
        "model": strategy.model.document.name if strategy.model else f"decision table {strategy.product.policy_class}",
        "day": day,
        "rows": answers.height,
        "left_out_without_consent_or_variables": left_out,
        **{f"outcome_{name}": counts.get(name, 0) for name in ("approve", "refer", "refuse")},
        "classes": by_class,
        "amount_yuan": int(granted["amount_fen"].sum()) // 100,
        "mean_rate": None if mean is None else round(float(mean) / 1e6, 6),  # type: ignore[arg-type]
        "reasons": reason_counts(answers, strategy.product),
    }
