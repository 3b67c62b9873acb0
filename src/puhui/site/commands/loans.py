"""`puhui loans …`: quotes without a database, and the day end. Imports stay inside the functions: `quote` starts without Django."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date as Date
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Loans: quotes, schedules and the day end.")


@app.callback()
def group() -> None:
    """Loans: quotes, schedules and the day end."""


@app.command()
def quote(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A JSON document of terms (and events); none, or -: standard input.", show_default=False)
    ] = "-",
    lines: Annotated[bool, typer.Option("--lines", help="One document per line, answered one per line in order.")] = False,
) -> None:
    """Terms and events in, schedule and state out; no database.

    Exit status 0 when every document was answered with figures, 2 when any was refused: then the answer is
    {"error": [{"field": ..., "found": ..., "expected": ...}]} and names every fault.

    Example:

    echo '{"amount": "120000.00", "start": "2026-01-15", "rate_annual": "0.0435", "instalments": 12, "every": "1 month"}' |
    puhui loans quote -
    """
    import json

    from puhui.calculations.quote import answer_text
    from puhui.products.law import law_on

    content = _content(file)
    if not lines:
        result, answered = answer_text(content, law_on)
        print(json.dumps(result, ensure_ascii=False, indent=2))
        raise typer.Exit(0 if answered else 2)
    all_answered = True
    rows = content.split(b"\n")
    if rows and not rows[-1].strip():
        rows.pop()
    for row in rows:
        result, answered = answer_text(row, law_on)
        all_answered = all_answered and answered
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    raise typer.Exit(0 if all_answered else 2)


@app.command("day-end")
def day_end(
    date: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The last day to end; the open day and all up to it.")],
    institution: Annotated[str | None, typer.Option("--institution", help="Code of the institution, where there are several.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that share the work.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """End the open day and every day up to a date: dues, debits, interest, books closed. Goes on where an earlier run stopped.

    The steps and their order stand in the parameter table day-end-steps. Exit status 1 where sub-ledger and ledger do not agree.

    Example: puhui loans day-end --date 2026-03-31 --workers 2
    """
    from puhui.site.commands import support

    support.start_django()
    from puhui.loans import day_end as nights
    from puhui.reports import score_alarms

    lender = support.institution(institution)
    until = date.date()
    with support.progress("day end", max((until - lender.business_date).days + 1, 0)) as shown:

        def tell(day: Date, step: str, count: int) -> None:
            shown.describe(f"{day} {step} {count:,}" if count else f"{day} {step}")
            shown.advance(step == "close")

        figures = nights.run(lender, until, "day end", tell, workers=workers)
    try:
        score_alarms.look_when_due(lender, "day end")
    except Exception as error:  # the days are ended all the same
        typer.echo(f"The look at scores failed: {error}. Ask for it with: puhui score alarms --look", err=True)
    rows = [
        {
            "date": day["date"],
            "fell_due": day["settle"]["loans"] + day["falls_due"]["loans"],
            "debited_fen": day["collect"]["amount_fen"],
            "set_aside": day["falls_due"]["set_aside"] + day["collect"]["set_aside"],
            "accruing": day["accrue"]["loans"],
            "interest_fen": day["accrue"]["interest_fen"],
            "penalty_fen": day["accrue"]["penalty_fen"],
            "differences": day["accrue"].get("differences", {}),
        }
        for day in figures
    ]
    support.print_result(rows or [{"date": None, "note": f"{until} is ended already"}], as_json)
    if any(row["differences"] for row in rows):
        support.found_wrong()


@app.command()
def rebuild(
    numbers: Annotated[list[str] | None, typer.Argument(metavar="[LOAN]...", help="Numbers of loans; all where none is named.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Write what the events give where something else is stored.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that share the work.")] = 1,
    institution: Annotated[str | None, typer.Option("--institution", help="Code of the institution, where there are several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compute the stored state of loans anew from their events, and tell every difference. Ends with 1 when there is one.

    None is expected. Nothing is changed without --mend, and no money is moved with it: what it writes is in the audit trail.

    Example: puhui loans rebuild --workers 2
    """
    from puhui.site.commands import support

    support.start_django()
    from puhui.loans import rebuilding

    lender = support.institution(institution)
    with support.progress("computing loans anew") as shown:
        loans, found = rebuilding.rebuild(lender, numbers or (), mend=mend, actor="puhui loans rebuild", workers=workers)
        shown.advance(loans)
    if as_json:
        support.print_result({"loans": loans, "mended": mend, "differences": found}, True)
    else:
        support.print_result([{"loans": loans, "mended": mend, "differences": len(found)}], False)
        for each in found:
            print(f"loan {each.loan}: {each}")
    if found:
        support.found_wrong()


@app.command("move-in")
def move_in(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder of notes.csv, events.csv, balances.csv; or a workbook of them.")],
    only_check: Annotated[bool, typer.Option("--check", help="Read, enter and compare, and keep nothing.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="A CSV file for the differences.")] = None,
    institution: Annotated[str | None, typer.Option("--institution", help="Code of the institution, where there are several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take in notes in mid-life from another system, all or nothing, and explain each difference of its balances (docs/moving-in.md).

    Example: puhui loans move-in handover/ --check --report differences.csv
    """
    from puhui.site.commands import support

    support.start_django()
    from puhui.loans import moving_in

    figures = moving_in.move_in(support.institution(institution), path, "puhui loans move-in", check_only=only_check)
    rows = [moving_in.as_row(each) for each in figures.pop("differences")]
    if report is not None:
        report.write_text(moving_in.as_csv(rows), encoding="utf-8-sig")
    if as_json:
        support.print_result({**figures, "kept": not only_check, "differences": rows}, True)
    else:
        support.print_result([{**figures, "kept": not only_check, "differences": len(rows)}], False)
        support.print_result(rows, False)


@app.command("repay-file")
def repay_file(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A CSV file with the columns key, number, amount.")],
    report: Annotated[Path | None, typer.Option("--report", help="A CSV file for the lines that were set aside.")] = None,
    institution: Annotated[str | None, typer.Option("--institution", help="Code of the institution, where there are several.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Connections that share the work.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take in repayments, effective on the open day, each line by its key once for ever (docs/repayment-file.md).

    A line that a loan cannot take is set aside with its reason, and the exit status is 1; the others are done. Give a file again that was
    cut off: what is done is known.

    Example: puhui loans repay-file collected.csv --report aside.csv
    """
    from puhui.site.commands import support

    support.start_django()
    from puhui.loans import repayment_file

    with support.progress("repayments") as shown:
        lender = support.institution(institution)
        taken = repayment_file.repay_file(lender, path, "puhui loans repay-file", shown.advance, workers=workers)
    if report is not None:
        report.write_text(repayment_file.as_csv(taken.aside), encoding="utf-8-sig")
    if as_json:
        support.print_result({**taken.figures, "aside": [asdict(each) for each in taken.aside]}, True)
    else:
        support.print_result([taken.figures], False)
        support.print_result([asdict(each) for each in taken.aside], False)
    if taken.aside:
        support.found_wrong()


def _content(file: str) -> bytes:
    """The bytes of a file or of standard input; a file that cannot be read ends the command with 2."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as problem:
        typer.echo(f"{file}: {problem.strerror}", err=True)
        raise typer.Exit(2) from problem
