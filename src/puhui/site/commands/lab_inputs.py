"""What `puhui lab compare` is given, read: policies, the population from a file or the database, a threshold, scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puhui.site.commands import support
from puhui.site.commands.lending_options import day_of, option_faults

if TYPE_CHECKING:
    import polars as pl

    from puhui.calculations.faults import Fault
    from puhui.decisions.lab.comparison import Asked, Cases
    from puhui.decisions.lab.policies import Policy
    from puhui.products.terms import Product

__all__ = ["DATABASE", "Wish", "asked_of", "check_wish", "read_inputs"]

DATABASE = "database"
_REPORTS = (".html", ".xlsx", ".json", ".csv")


@dataclass(frozen=True)
class Wish:
    """The options of the command as they were typed."""

    strategies: list[str]
    population: str
    models: list[Path] = field(default_factory=list)
    outcome: str = ""
    groups: list[str] = field(default_factory=list)
    month: str = ""
    stress: list[str] = field(default_factory=list)
    scenarios: list[str] = field(default_factory=list)
    threshold: str = ""
    loss: float | None = None
    first: str = ""
    last: str = ""
    as_of: str = ""
    lender: str = "bank"
    institution: str = ""
    out: Path | None = None
    report: Path | None = None


def check_wish(wish: Wish) -> None:
    """Ends the command where options are wrong in themselves."""
    faults = [] if len(wish.strategies) > 1 else [f"STRATEGY: found {len(wish.strategies)}, expected two or more"]
    in_database = wish.population == DATABASE
    files = [*([] if in_database else [Path(wish.population)]), *wish.models]
    faults += [f"{path}: found nothing, expected a file" for path in files if not path.is_file()]
    if len(wish.models) not in (0, 1, len(wish.strategies)):
        faults.append(f"--model: found {len(wish.models)}, expected none, one, or one for each of {len(wish.strategies)} strategies")
    faults += option_faults(wish.out, (".parquet", ".csv", ".xlsx"), wish.as_of, wish.lender)
    if wish.report is not None and wish.report.suffix not in _REPORTS:
        faults.append(f"--report: found {wish.report.name!r}, expected a name ending in {', '.join(_REPORTS)}")
    for option, text in (("--from", wish.first), ("--to", wish.last)):
        if text and day_of(text) is None:
            faults.append(f"{option}: found {text!r}, expected a day such as 2026-01-31")
    alone = {"--outcome": wish.outcome, "--group": wish.groups, "--month": wish.month, "--model": wish.models, "--as-of": wish.as_of}
    faults += [f"{option}: found one, expected none for the database: it knows" for option, given in alone.items() if given and in_database]
    dates = {"--from": wish.first, "--to": wish.last, "--institution": wish.institution}
    faults += [f"{option}: found one, expected none for a file of cases" for option, given in dates.items() if given and not in_database]
    if wish.threshold and _threshold(wish.threshold) is None:
        faults.append(f"--threshold: found {wish.threshold!r}, expected WHERE=FROM:TO:STEPS, as rules.sales_months=6:12:7")
    if faults:
        support.fail(faults)


def _threshold(text: str) -> tuple[str, tuple[float, ...]] | None:
    where, _, numbers = text.partition("=")
    try:
        first, last, steps = numbers.split(":")
        count = int(steps)
        return where, tuple(float(f"{float(first) + (float(last) - float(first)) * place / (count - 1):.9g}") for place in range(count))
    except (ValueError, ZeroDivisionError):
        return None


def asked_of(wish: Wish, day: date, folder: Path | None) -> Asked:
    """The threshold and the scenarios. Raises FaultsError for scenarios that there are not."""
    from puhui.decisions.lab.comparison import Asked
    from puhui.decisions.lab.scenarios import scenarios_on
    from puhui.products import parameters

    where, values = _threshold(wish.threshold) or ("", ())
    wanted = None if wish.scenarios == ["all"] else wish.scenarios
    scenarios = scenarios_on(parameters.table("lab-scenarios", folder), day, wanted) if wish.scenarios else []
    return Asked(where, values, tuple(scenarios), wish.loss)


def read_inputs(wish: Wish, folder: Path | None) -> tuple[list[Policy], Cases]:
    """The policies and the cases, stressed. Raises FaultsError naming absent columns and factors that are none."""
    from dataclasses import replace

    from puhui.decisions.lab.comparing import stressed

    policies, cases = _from_database(wish, folder) if wish.population == DATABASE else _from_file(wish, folder)
    factors = {name: float(factor) for name, _, factor in (each.partition("=") for each in wish.stress)}
    return policies, replace(cases, frame=stressed(cases.frame, factors))


def _stress_faults(wish: Wish, frame: pl.DataFrame) -> list[Fault]:
    from puhui.calculations.faults import Fault

    pairs = [each.partition("=") for each in wish.stress]
    faults = [Fault("--stress", repr(name), "a column of the population") for name, _, _ in pairs if name not in frame.columns]
    return faults + [Fault("--stress", f"{name}{sign}{factor}", "NAME=FACTOR") for name, sign, factor in pairs if not _is_number(factor)]


def _from_database(wish: Wish, folder: Path | None) -> tuple[list[Policy], Cases]:
    support.start_django()
    from puhui.calculations.faults import check
    from puhui.decisions.lab.choosing import chosen, distinct
    from puhui.reports.lab_population import past_population

    lender = support.institution(wish.institution)
    day = lender.business_date
    policies = distinct([chosen(lender, each, day, folder) for each in wish.strategies])
    with support.progress("Reading past decisions"):
        cases = past_population(lender, policies, day_of(wish.first) or date(1990, 1, 1), day_of(wish.last) or day)
    check(_stress_faults(wish, cases.frame))
    return policies, cases


def _from_file(wish: Wish, folder: Path | None) -> tuple[list[Policy], Cases]:
    from puhui.calculations.faults import Fault, check
    from puhui.decisions.batch_files import file_frame
    from puhui.decisions.lab.comparison import Cases
    from puhui.products import reading

    day = day_of(wish.as_of) or datetime.now().astimezone().date()
    products = [reading.load(each, day, folder) for each in wish.strategies]
    policies = _policies(wish, products, folder)
    path = Path(wish.population)
    frame = file_frame(path, products[0])
    wanted = [("--outcome", wish.outcome), ("--month", wish.month), *(("--group", name) for name in wish.groups)]
    faults = [Fault(option, repr(name), f"a column of {path.name}") for option, name in wanted if name and name not in frame.columns]
    check(faults + _stress_faults(wish, frame))
    naming = _naming(frame, products[0])
    defaulted = _outcomes(frame, wish.outcome)
    return policies, Cases(frame, day, wish.lender, day, wish.lender, defaulted, tuple(wish.groups), wish.month, naming)


def _policies(wish: Wish, products: Sequence[Product], folder: Path | None) -> list[Policy]:
    from puhui.decisions.lab.policies import from_files

    names = wish.strategies
    labels = [name if names.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(names, 1)]
    return [
        from_files(label, product, _model(wish.models, place), folder)
        for place, (label, product) in enumerate(zip(labels, products, strict=True))
    ]


def _model(models: list[Path], place: int) -> Any:
    from puhui.scoring.loading import load_model

    return load_model(models[place if len(models) > 1 else 0]) if models else None


def _naming(frame: pl.DataFrame, product: Product) -> tuple[str, ...]:
    """What names a row: columns of text or whole numbers that are no variable, no fact and nothing that the lab adds."""
    from puhui.decisions.batch_files import naming_columns

    added = {f"{side}_{name}" for side in ("one", "other") for name in ("outcome", "risk_class", "amount_fen", "rate_ppm")}
    return tuple(naming_columns(frame, product.variables.keys() | product.application.keys() | added | {"row", "strategy"}))


def _outcomes(frame: pl.DataFrame, outcome: str) -> pl.Series | None:
    if not outcome:
        return None
    import polars as pl

    from puhui.scoring.configuration import Target
    from puhui.scoring.population import read_target

    values, known = read_target(frame[outcome], Target(outcome))
    return pl.Series("defaulted", [float(value) if sure else None for value, sure in zip(values, known, strict=True)])


def _is_number(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False
