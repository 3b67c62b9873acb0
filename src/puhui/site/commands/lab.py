"""`puhui lab`: what another policy would have said of past cases, and which rates and amounts earn most. Nothing is put in force."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    import polars as pl

    from puhui.decisions.lab.allocating import Group
    from puhui.decisions.lab.comparing import Costs
    from puhui.products.terms import Product

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
    population: Annotated[Path, typer.Option("--population", help="Parquet or CSV of variables, a row for each case.")],
    model: Annotated[list[Path] | None, typer.Option("--model", help="Model file: one for all, or one for each strategy in order.")] = None,
    outcome: Annotated[str, typer.Option("--outcome", help="Column that says whether the case defaulted.")] = "",
    by: Annotated[str, typer.Option("--group", help="Column of groups between which approval is compared.")] = "",
    stress: Annotated[list[str] | None, typer.Option("--stress", help="NAME=FACTOR: a column multiplied, as sales=0.8.")] = None,
    loss: Annotated[
        float | None, typer.Option("--loss-given-default", help="Share lost of what a defaulted firm owes; default: the table's.")
    ] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="The day of the decisions (YYYY-MM-DD); default: today.")] = "",
    lender: Annotated[str, typer.Option("--lender", help="Who lends: bank, micro_lender.")] = "bank",
    out: Annotated[Path | None, typer.Option("--out", help="Write the cases answered differently: .parquet, .csv or .xlsx.")] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Both policies' figures, the swap set (who is lent to by one and not by the other) with its defaults, and who changes why.

    Example: puhui lab compare invoice-working-capital stricter.toml --population labelled.parquet --outcome defaulted
    """
    faults = _faults(strategies, population, model or [], out, as_of, lender)
    if faults:
        support.fail(faults)
    day = date.fromisoformat(as_of) if as_of else datetime.now().astimezone().date()
    from puhui.decisions.lab import comparing

    products = _products(strategies, day)
    frame, defaulted = _population(population, products, outcome, by, stress or [])
    names = [name if strategies.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(strategies, 1)]
    costs = {name: _costs(product, day, lender, loss) for name, product in zip(names, products, strict=True)}
    answers = {
        name: _answered(frame, product, _model(model or [], place), day, lender)
        for place, (name, product) in enumerate(zip(names, products, strict=True))
    }
    result: dict[str, Any] = {
        "cases": frame.height,
        "figures": {name: comparing.figures(each, costs[name], defaulted) for name, each in answers.items()},
        "swaps": {name: comparing.swap_set(answers[names[0]], answers[name], defaulted) for name in names[1:]},
    }
    changed = {
        name: comparing.changes(answers[names[0]], answers[name], (products[0], product))
        for name, product in zip(names[1:], products[1:], strict=True)
    }
    result["changed"] = {name: each.height for name, each in changed.items()}
    result["reasons"] = {name: _reasons(each) for name, each in changed.items()}
    if by:
        result["groups"] = comparing.by_group(answers, frame[by])
    if out is not None:
        _write(frame, changed, products[0], out)
    _print(result, as_json)


@app.command()
def rates(
    firms: Annotated[Path, typer.Argument(help="Parquet or CSV, a row for each firm: its group and whether it defaulted.")],
    curve: Annotated[Path, typer.Option("--curve", help="Parquet or CSV: a rate, and the share of each group that leaves at it.")],
    group_column: Annotated[str, typer.Option("--group", help="Column of the group, as a grade.")],
    outcome: Annotated[str, typer.Option("--outcome", help="Column that says whether the firm defaulted.")],
    amount: Annotated[float, typer.Option("--amount", help="Yuan that each firm would borrow.")] = 1_000_000.0,
    cost: Annotated[float, typer.Option("--cost", help="Funding and operations, a share of what is lent a year.")] = 0.0,
    loss: Annotated[float, typer.Option("--loss-given-default", help="Share lost of what a defaulted firm owes.")] = 1.0,
    budget: Annotated[float | None, typer.Option("--budget", help="The most yuan to be lent.")] = None,
    as_json: AsJson = False,
) -> None:
    """The rate of each group that earns most when dear rates drive borrowers away, within a budget; groups without a curve get no offer.

    Example: puhui lab rates firms.parquet --curve churn.parquet --group credit_rating --outcome defaulted --budget 20000000
    """
    from puhui.decisions.lab.allocating import allocate
    from puhui.scoring.tables import read_table

    groups = _groups(read_table(firms), read_table(curve), group_column, outcome, amount)
    found = allocate(groups, cost, loss, budget)
    rows = [
        {"group": each.group, "rate": each.rate, "firms": round(each.firms, 2), "lent": round(each.lent), "profit": round(each.profit)}
        for each in found.offers
    ]
    result = {"profit": round(found.profit), "lent": round(found.lent), "worth_of_a_yuan_of_budget": round(found.worth_of_budget, 6)}
    if as_json:
        support.print_result({**result, "offers": rows}, True)
    else:
        support.print_result(rows, False)
        support.print_result(result, False)


def _faults(strategies: list[str], population: Path, models: list[Path], out: Path | None, as_of: str, lender: str) -> list[str]:
    faults = []
    if len(strategies) < 2:
        faults.append(f"STRATEGY: found {len(strategies)}, expected two or more")
    faults += [f"{path}: found nothing, expected a file" for path in (population, *models) if not path.is_file()]
    if len(models) not in (0, 1, len(strategies)):
        faults.append(f"--model: found {len(models)}, expected none, one, or one for each of {len(strategies)} strategies")
    if out is not None and out.suffix not in (".parquet", ".csv", ".xlsx"):
        faults.append(f"--out: found {out.name!r}, expected a name ending in .parquet, .csv or .xlsx")
    if lender not in ("bank", "micro_lender"):
        faults.append(f"--lender: found {lender!r}, expected bank or micro_lender")
    try:
        date.fromisoformat(as_of or "2026-01-01")
    except ValueError:
        faults.append(f"--as-of: found {as_of!r}, expected a day such as 2026-01-31")
    return faults


def _products(strategies: list[str], day: date) -> list[Product]:
    from puhui.products import reading
    from puhui.site import configuration

    folder = configuration.load().catalogue
    return [reading.load(each, day, folder) for each in strategies]


def _population(path: Path, products: list[Product], outcome: str, by: str, stress: list[str]) -> tuple[pl.DataFrame, pl.Series | None]:
    """The cases, stressed, and their outcomes. Raises FaultsError naming absent columns and factors that are none."""
    import polars as pl

    from puhui.calculations.faults import Fault, check
    from puhui.decisions.batch_files import file_frame
    from puhui.decisions.lab.comparing import stressed
    from puhui.scoring.configuration import Target
    from puhui.scoring.population import read_target

    frame = file_frame(path, products[0])
    pairs = [each.partition("=") for each in stress]
    wanted = [("--outcome", outcome), ("--group", by), *(("--stress", name) for name, _, _ in pairs)]
    faults = [Fault(option, repr(name), f"a column of {path.name}") for option, name in wanted if name and name not in frame.columns]
    faults += [Fault("--stress", f"{name}{sign}{factor}", "NAME=FACTOR") for name, sign, factor in pairs if not _is_number(factor)]
    check(faults)
    frame = stressed(frame, {name: float(factor) for name, _, factor in pairs})
    if not outcome:
        return frame, None
    values, known = read_target(frame[outcome], Target(outcome))
    return frame, pl.Series("defaulted", [float(value) if sure else None for value, sure in zip(values, known, strict=True)])


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def _model(models: list[Path], place: int) -> Any:
    from puhui.scoring.loading import load_model

    return load_model(models[place if len(models) > 1 else 0]) if models else None


def _answered(frame: pl.DataFrame, product: Product, model: Any, day: date, lender: str) -> pl.DataFrame:
    from puhui.decisions.batch import decide_many
    from puhui.products import parameters
    from puhui.site import configuration

    tables = {part: parameters.table(name, configuration.load().catalogue) for part, name in product.parameters.items()}
    return decide_many(frame, product, None if product.policy_class else model, tables, day=day, lender_kind=lender)


def _costs(product: Product, day: date, lender: str, loss: float | None) -> Costs:
    """What the product's own table of costs says, with the lender's share of a loss."""
    from puhui.decisions.lab.comparing import Costs
    from puhui.products import parameters
    from puhui.site import configuration

    costs = parameters.table(product.parameters["costs"], configuration.load().catalogue)
    row = costs.row(day, lender_kind=lender, security=product.price.security)
    lost = float(row["loss_given_default"]) * product.support.bank_share_ppm / 1_000_000 if loss is None else loss
    return Costs(lost, float(row["funding"]), float(row["operations"]), float(row["capital"]))


def _reasons(changed: pl.DataFrame) -> dict[str, int]:
    """How many changed cases a reason that only one of the two policies has speaks against: `-` only the first, `+` only the other."""
    from collections import Counter

    counts = Counter(f"-{code}" for cell in changed["only_one"] for code in cell.split("; ") if code)
    counts += Counter(f"+{code}" for cell in changed["only_other"] for code in cell.split("; ") if code)
    return dict(counts.most_common())


def _write(frame: pl.DataFrame, changed: dict[str, pl.DataFrame], product: Product, out: Path) -> None:
    """The changed cases beside what names a row: columns of text or whole numbers that are no variable and no fact."""
    import polars as pl

    from puhui.decisions.batch_files import naming_columns

    rows = pl.concat([each.with_columns(pl.lit(name).alias("strategy")) for name, each in changed.items()])
    named = naming_columns(frame, product.variables.keys() | product.application.keys() | set(rows.columns))
    rows = rows.join(frame.select(named).with_row_index("row"), on="row", how="left") if named else rows
    if out.suffix == ".parquet":
        rows.write_parquet(out)
    elif out.suffix == ".csv":
        rows.write_csv(out)
    else:
        rows.write_excel(out)


def _groups(firms: pl.DataFrame, curve: pl.DataFrame, column: str, outcome: str, amount: float) -> list[Group]:
    """The groups that the curve has a column for, named as they are or as churn_ and the name in small letters."""
    from puhui.calculations.faults import Fault, FaultsError, check
    from puhui.decisions.lab.allocating import Group
    from puhui.scoring.configuration import Target
    from puhui.scoring.population import read_target

    check(Fault("firms", "no such column", name) for name in (column, outcome) if name not in firms.columns)
    rate = next((name for name in ("rate", "annual_rate") if name in curve.columns), None)
    if rate is None:
        raise FaultsError([Fault("--curve", ", ".join(curve.columns), "a column rate or annual_rate")])
    values, known = read_target(firms[outcome], Target(outcome))
    groups = []
    for name in sorted(firms[column].drop_nulls().unique().to_list()):
        churn = next((each for each in (str(name), f"churn_{str(name).lower()}") if each in curve.columns), None)
        chosen = (firms[column] == name).fill_null(False).to_numpy() & known
        if churn is not None and chosen.any():
            points = tuple(zip(curve[rate].to_list(), curve[churn].to_list(), strict=True))
            groups.append(Group(str(name), float(chosen.sum()), amount, float(values[chosen].mean()), points))
    if not groups:
        raise FaultsError([Fault("--curve", ", ".join(curve.columns), f"a column for a group of {column}")])
    return groups


def _print(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        support.print_result(result, True)
        return
    support.print_result([{"strategy": name, **each} for name, each in result["figures"].items()], False)
    for name, rows in result["swaps"].items():
        typer.echo(f"\n{name}: {result['changed'][name]} cases are answered differently")
        support.print_result(rows, False)
        for reason, count in result["reasons"][name].items():
            typer.echo(f"  {reason}: {count}")
    if "groups" in result:
        typer.echo("")
        support.print_result(result["groups"], False)
