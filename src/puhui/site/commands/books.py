"""`puhui books`: the proof of the books, and the trial balance."""

from __future__ import annotations

from datetime import datetime
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
