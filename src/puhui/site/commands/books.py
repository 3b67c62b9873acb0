"""`puhui books`: the proof of the books, the trial balance, and the vouchers of a day for the bank's own general ledger."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from puhui.site.commands import support

app = typer.Typer(help="Verify the books, and print the trial balance.", no_args_is_help=True)

InstitutionOption = Annotated[str | None, typer.Option("--institution", help="Code of an institution; all of them without it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DateOption = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The day; the business day without it.")]


@app.command()
def verify(institution: InstitutionOption = None, as_json: JsonOption = False) -> None:
    """Prove that the books are what was posted, and that loans and books tell the same. Ends with 1 when something is found.

    Example: puhui books verify --institution DEMO
    """
    support.start_django()
    from puhui.books.actions import verify as verify_books
    from puhui.loans.verify import findings as loan_findings

    chosen = _institutions(institution)
    found: list[dict[str, str]] = []
    with support.progress("proving the books", total=2 * len(chosen)) as progress:
        for each in chosen:
            for check in (verify_books, loan_findings):
                found += [{"institution": each.code, "where": finding.where, "what": finding.what} for finding in check(each)]
                progress.advance()
    if as_json:
        counts = {each.code: _row_counts(each) for each in chosen}
        support.print_result({"findings": found, "rows": counts}, True)
    else:
        _tell(found, chosen)
    if found:
        support.found_wrong()


@app.command("trial-balance")
def trial_balance(institution: InstitutionOption = None, date: DateOption = None, as_json: JsonOption = False) -> None:
    """Every account that moved: debits and credits since the books were opened, and the balance, in fen, debit positive.

    Example: puhui books trial-balance --date 2026-03-31
    """
    support.start_django()
    from puhui.books import queries

    chosen = support.institution(institution)
    rows = queries.trial_balance(chosen, date.date() if date else chosen.business_date)
    moved = [row for row in rows if row.debit_fen or row.credit_fen]
    columns = ("code", "name", "name_english", "kind", "debit_fen", "credit_fen", "balance_fen")
    support.print_result([{column: getattr(row, column) for column in columns} for row in moved], as_json)


@app.command("vouchers")
def day_vouchers(
    date: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The day.")],
    institution: InstitutionOption = None,
    form: Annotated[str, typer.Option("--format", help="csv or xlsx (amounts in yuan), or json (in fen).")] = "csv",
    reversals: Annotated[str, typer.Option(help="Reversals told in red (the side undone, below 0) or blue (the other side).")] = "red",
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Of a day that is not closed too, and without a record of delivery.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """The vouchers of a day for the bank's own general ledger: branch × account × currency, proved to come to the closed day.

    Example: puhui books vouchers --date 2026-03-31 --format xlsx --out vouchers.xlsx
    """
    support.start_django()
    from puhui.books import voucher_files, vouchers
    from puhui.books.queries import closed_days
    from puhui.calculations.faults import Fault, FaultsError

    form = "json" if as_json else form
    if form not in voucher_files.FORMATS:
        support.fail(Fault("--format", form, ", ".join(voucher_files.FORMATS)))
    if form == "xlsx" and out is None and sys.stdout.isatty():
        support.fail(Fault("--out", "nothing", "a file: a workbook does not go to a terminal"))
    chosen, day = support.institution(institution), date.date()
    try:
        if preview:
            lines = vouchers.vouchers(chosen, day, reversals)  # type: ignore[arg-type]
        else:
            lines = vouchers.deliver_vouchers(chosen, day, "command line", reversals)  # type: ignore[arg-type]
    except FaultsError as error:
        support.fail(error)
    content = voucher_files.render(lines, form, is_closed=closed_days(chosen).filter(date=day).exists())
    if out:
        out.write_bytes(content)
        typer.echo(f"{out}: {len(lines)} lines", err=True)
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _institutions(code: str | None) -> list[Any]:
    from puhui.parties.models import Institution

    return [support.institution(code)] if code else list(Institution.objects.order_by("code"))


def _row_counts(institution: Any) -> dict[str, int]:
    from puhui.books.verify import row_counts

    return row_counts(institution)


def _tell(found: list[dict[str, str]], chosen: list[Any]) -> None:
    for finding in found:
        typer.echo(f"{finding['institution']}, {finding['where']}: {finding['what']}")
    for each in chosen:
        counts = _row_counts(each)
        own = sum(finding["institution"] == each.code for finding in found)
        verdict = f"{own} findings" if own else "nothing found"
        covered = f"{counts['closed_days']} closed days, {counts['entries']} entries, {counts['audit_records']} audit records"
        typer.echo(f"{each.code}: {verdict} in {covered}")
