"""`puhui lab`: what another policy would have said of past cases, and which rates and amounts earn most. Nothing is put in force."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    import polars as pl

    from puhui.decisions.lab.comparison import Asked
    from puhui.reports.tables import Report

app = typer.Typer(help="Compare policies on past cases.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def group() -> None:
    """Compare policies on past cases."""


@app.command()
def compare(
    strategies: Annotated[
        list[str], typer.Argument(metavar="STRATEGY...", help="Product files or codes; the first is held against the others.")
    ],
    population: Annotated[str, typer.Option("--population", help="Parquet or CSV of variables, a row a case; or `database`.")],
    model: Annotated[list[Path] | None, typer.Option("--model", help="Model file: one for all, or one for each strategy in order.")] = None,
    outcome: Annotated[str, typer.Option("--outcome", help="Column that says whether the case defaulted.")] = "",
    by: Annotated[list[str] | None, typer.Option("--group", help="Column of groups between which approval is compared.")] = None,
    month: Annotated[str, typer.Option("--month", help="Column of the month of a case.")] = "",
    stress: Annotated[list[str] | None, typer.Option("--stress", help="NAME=FACTOR: a column multiplied, as sales=0.8.")] = None,
    scenario: Annotated[list[str] | None, typer.Option("--scenario", help="Code of the table lab-scenarios, or all.")] = None,
    threshold: Annotated[str, typer.Option("--threshold", help="WHERE=FROM:TO:STEPS, as rules.sales_months=6:12:7.")] = "",
    loss: Annotated[
        float | None, typer.Option("--loss-given-default", help="Share lost of what a defaulted firm owes; default: the table's.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="First day of past decisions, for the database; default: all.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day of past decisions; default: the business date.")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="The day of the decisions, for a file (YYYY-MM-DD); default: today.")] = "",
    lender: Annotated[str, typer.Option("--lender", help="Who lends, for a file: bank, micro_lender.")] = "bank",
    institution: Annotated[str, typer.Option("--institution", help="Code of the institution, for the database.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Write the cases answered differently: .parquet, .csv or .xlsx.")] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write all tables: .html (with the drawing), .xlsx, .json, .csv.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Figures of both policies, the swap set, who changes why, groups, months; a threshold moved; scenarios.

    For the database a strategy may also be CODE@VALID_FROM, or a draft of the editor: draft:NUMBER or draft:NUMBER.VERSION.

    Example: puhui lab compare invoice-working-capital stricter.toml --population labelled.parquet --outcome defaulted

    Example: puhui lab compare invoice-working-capital draft:3 --population database --from 2025-01-01 --scenario all
    """
    from puhui.site.commands.lab_inputs import Wish, asked_of, check_wish, read_inputs

    wish = Wish(
        strategies, population, model or [], outcome, by or [], month, stress or [], scenario or [], threshold, loss,
        first, last, as_of, lender, institution, out, report,
    )  # fmt: skip
    check_wish(wish)
    from puhui.decisions.lab.comparison import compare as compared
    from puhui.site import configuration

    folder = configuration.load().catalogue
    policies, cases = read_inputs(wish, folder)
    asked = asked_of(wish, cases.cost_day, folder)
    result = compared(policies, cases, asked)
    if out is not None:
        _write(result.changed, out)
    if report is not None:
        _report(result.found, cases.cost_day, asked, report)
    _print(result.found, asked, cases.cost_day, as_json)


@app.command()
def rates(
    firms: Annotated[Path, typer.Argument(help="Parquet or CSV, a row for each firm: its group and whether it defaulted.")],
    curve: Annotated[Path, typer.Option("--curve", help="Parquet or CSV: a rate, and the share of each group that leaves at it.")],
    group_column: Annotated[str, typer.Option("--group", help="Column of the group, as a grade.")],
    outcome: Annotated[str, typer.Option("--outcome", help="Column that says whether the firm defaulted.")],
    probability: Annotated[
        str, typer.Option("--probability", help="Column of each firm's own default probability; default: its group's share of defaults.")
    ] = "",
    amount: Annotated[float, typer.Option("--amount", help="Yuan that each firm would borrow.")] = 1_000_000.0,
    cost: Annotated[float, typer.Option("--cost", help="Funding and operations, a share of what is lent a year.")] = 0.0,
    loss: Annotated[float, typer.Option("--loss-given-default", help="Share lost of what a defaulted firm owes.")] = 1.0,
    between: Annotated[float | None, typer.Option("--between", help="Also rates between the curve's points, in such steps.")] = None,
    budget: Annotated[float | None, typer.Option("--budget", help="The most yuan to be lent.")] = None,
    capital: Annotated[float | None, typer.Option("--capital", help="The most yuan of capital to be held.")] = None,
    capital_share: Annotated[float, typer.Option("--capital-share", help="Capital held, a share of what is lent.")] = 0.08,
    quota: Annotated[list[str] | None, typer.Option("--quota", help="GROUP=FIRMS: so many must get an offer at least.")] = None,
    steps: Annotated[list[float] | None, typer.Option("--step", help="A share of the amount that may be offered.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the result: .html, .xlsx, .json, .csv.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """The rates that earn most when dear rates drive borrowers away, within a budget, capital and quotas; without a curve no offer.

    `realised` is what the same offers would have earned with the outcomes as they came.

    Example: puhui lab rates firms.parquet --curve churn.parquet --group credit_rating --outcome defaulted --budget 20000000
    """
    from puhui.decisions.lab.allocating import allocate
    from puhui.scoring.tables import read_table
    from puhui.site.commands.lab_rates import check_out, groups_of, quotas_of, realised, told, write

    check_out(out, steps or [])
    groups, outcomes = groups_of(
        read_table(firms), read_table(curve), group_column, outcome, amount, probability, between, tuple(steps or [1.0])
    )
    found = allocate(groups, cost, loss, budget, capital, capital_share, quotas_of(quota or [], groups))
    earned = realised(found, outcomes, cost, loss)
    if out is not None:
        write(groups, found, earned, out)
    offers, result = told(found, earned)
    if as_json:
        support.print_result({**result, "offers": offers}, True)
    else:
        support.print_result(offers, False)
        support.print_result(result, False)


def _write(changed: dict[str, pl.DataFrame], out: Path) -> None:
    """The changed cases beside what names a row."""
    import polars as pl

    rows = pl.concat([each.with_columns(pl.lit(name).alias("strategy")) for name, each in changed.items()])
    if out.suffix == ".parquet":
        rows.write_parquet(out)
    elif out.suffix == ".csv":
        rows.write_csv(out)
    else:
        rows.write_excel(out)


def _tables(found: dict[str, Any], day: date, asked: Asked) -> Report:
    from puhui.reports.policy_lab import lab_report

    return lab_report(found, "", day, scenarios={one.code: one.names for one in asked.scenarios})


def _report(found: dict[str, Any], day: date, asked: Asked, out: Path) -> None:
    from puhui.reports.tables import render

    out.write_bytes(render(_tables(found, day, asked), out.suffix[1:]))


def _print(found: dict[str, Any], asked: Asked, day: date, as_json: bool) -> None:
    if as_json:
        support.print_result(found, True)
        return
    from puhui.reports import tables

    for name, count in found["changed"].items():
        typer.echo(f"{name}: {count} cases are answered differently")
    typer.echo(tables.text(_tables(found, day, asked)))
