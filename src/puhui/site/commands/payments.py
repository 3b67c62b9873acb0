"""`puhui payments …`: payment orders, statements, debits of dues, matching, suspense and reconciliation."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from puhui.site.commands import support

app = typer.Typer(help="Payments to and from the outside world.", no_args_is_help=True)

InstitutionOption = Annotated[str | None, typer.Option("--institution", help="Code of the institution, where there are several.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="Code of the lender's bank account, where there are several.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file from the bank.")]
ACTOR = "puhui payments"


@app.command("open-account")
def open_account(
    code: Annotated[str, typer.Argument(help="A short code of its own, which the other commands name it by.")],
    bank: Annotated[str, typer.Option("--bank", help="Name of the bank where it is kept.")],
    number: Annotated[str, typer.Option("--number", help="Its number; - reads it from the input, out of the history.")] = "-",
    channel: Annotated[str, typer.Option("--channel", help="A row of the table payment-channels; else the standard one.")] = "",
    institution: InstitutionOption = None,
    actor: Annotated[str, typer.Option("--as", help="In whose name, for the audit trail.")] = "system",
    as_json: JsonOption = False,
) -> None:
    """Enter an account of the lender at another bank, from which it pays and into which it is paid. The same again changes nothing.

    Example: puhui payments open-account MAIN --bank 邻县银行 --number 6200123400005678
    """
    support.start_django()
    from puhui.payments.accounts import open_bank_account
    from puhui.payments.rules import channel_rules

    lender = support.institution(institution)
    channel_rules(channel, lender.business_date)
    given = sys.stdin.readline().strip() if number == "-" else number
    account = open_bank_account(lender, code, given, bank, actor, channel)
    names = ("code", "bank_name", "holder_name", "number_tail")
    support.print_result({name: getattr(account, name) for name in names}, as_json)


@app.command()
def orders(
    institution: InstitutionOption = None,
    status: Annotated[str | None, typer.Option("--status", help="Only those in this state: created, sent, unknown …")] = None,
    as_json: JsonOption = False,
) -> None:
    """Payment orders, those that call for a person first.

    Example: puhui payments orders --status unknown
    """
    support.start_django()
    from puhui.payments.models import PaymentOrder

    rows = PaymentOrder.objects.filter(institution=support.institution(institution)).order_by("-attention", "-pk")
    rows = rows.filter(status=status) if status else rows
    names = ("reference", "purpose", "mode", "status", "amount_fen", "holder_name", "number_tail", "paid_on", "attention", "reason")
    support.print_result([{name: getattr(row, name) for name in names} for row in rows], as_json)


@app.command()
def send(
    bank: Annotated[str, typer.Option("--bank", help="Where the bank of the account is asked: https://…")],
    institution: InstitutionOption = None,
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """One step of every open order of an account: sent if new, asked about if not answered, never sent twice where that may pay twice.

    Run it again and again; what was answered is not asked again, and what a bank leaves open calls for a person. Prints how many orders
    stand in each state.

    Example: puhui payments send --account main --bank https://bank.example/payments
    """
    own = _account(institution, account)
    from puhui.payments import actions
    from puhui.payments.http_channel import HttpChannel

    if not bank.startswith(("http://", "https://")):
        support.fail(f"--bank: found {bank}, expected an address that starts with https:// or http://")
    channel = HttpChannel(bank.rstrip("/"))
    support.print_result(actions.drive_all(own.institution, lambda order: channel, datetime.now(UTC), own), as_json)


@app.command("import-statement")
def import_statement(
    file: FileArgument,
    institution: InstitutionOption = None,
    account: AccountOption = None,
    layout: Annotated[str, typer.Option("--layout", help="camt.053, or the name of a CSV layout of catalogue/layouts.")] = "camt.053",
    as_json: JsonOption = False,
) -> None:
    """Take in a bank's statement and put what is certain to its loan. A file that does not fit is refused whole.

    Example: puhui payments import-statement statement.csv --layout statement-csv
    """
    own = _account(institution, account)
    from puhui.payments import actions

    figures = actions.import_statement(own, _content(file), layout, file.name, ACTOR, datetime.now(UTC))
    support.print_result(figures, as_json)


@app.command("request-debits")
def request_debits(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="Where the file for the bank goes.")],
    institution: InstitutionOption = None,
    account: AccountOption = None,
    date: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Dues by this day; else the open day.")] = None,
    layout: Annotated[str, typer.Option("--layout", help="A layout of catalogue/layouts.")] = "debit-request",
    as_json: JsonOption = False,
) -> None:
    """Write a file of dues for the bank to debit from the borrowers' accounts.

    Example: puhui payments request-debits dues.csv --date 2026-03-21
    """
    own = _account(institution, account)
    from puhui.payments import actions

    day = date.date() if date else own.institution.business_date
    batch = actions.request_debits(own, day, layout, ACTOR)
    out.write_bytes(bytes(batch.content))
    support.print_result({"reference": batch.reference, "lines": batch.line_count, "total_fen": batch.total_fen}, as_json)


@app.command("import-results")
def import_results(
    file: FileArgument,
    institution: InstitutionOption = None,
    account: AccountOption = None,
    layout: Annotated[str, typer.Option("--layout", help="A layout of catalogue/layouts.")] = "debit-result",
    as_json: JsonOption = False,
) -> None:
    """Take in what the bank debited, each from the day on which it took it. A file that does not fit is refused whole.

    Example: puhui payments import-results result.txt
    """
    own = _account(institution, account)
    from puhui.payments import actions

    support.print_result(actions.take_results(own, _content(file), layout, file.name, ACTOR), as_json)


@app.command()
def match(institution: InstitutionOption = None, as_json: JsonOption = False) -> None:
    """Put receipts in suspense to loans where that is certain. What is not stays for a person.

    Example: puhui payments match
    """
    support.start_django()
    from puhui.payments import actions

    support.print_result(actions.match_open(support.institution(institution)), as_json)


@app.command()
def suspense(institution: InstitutionOption = None, as_json: JsonOption = False) -> None:
    """What stands in suspense, the oldest first, each with the loan that it is most likely for.

    Example: puhui payments suspense --json
    """
    support.start_django()
    from puhui.loans.models import Loan
    from puhui.payments import queries

    waiting = queries.suspense(support.institution(institution))
    best = {each.receipt.pk: next(iter(queries.suggestions(each.receipt)), None) for each in waiting}
    numbers = dict(Loan.objects.filter(pk__in=[each.loan_id for each in best.values() if each]).values_list("pk", "number"))
    rows = []
    for each in waiting:
        line, likely = each.receipt.statement_line, best[each.receipt.pk]
        rows.append(
            {
                "receipt": each.receipt.pk,
                "value_on": each.receipt.value_on,
                "open_fen": each.open_fen,
                "age": each.age,
                "payer": line.other_name if line else "",
                "text": line.text if line else "",
                "likely_loan": numbers.get(likely.loan_id) if likely else None,
                "score": likely.score if likely else None,
                "grounds": list(likely.grounds) if likely else [],
            }
        )
    support.print_result(rows, as_json)


@app.command()
def reconcile(
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")],
    institution: InstitutionOption = None,
    account: AccountOption = None,
    as_json: JsonOption = False,
) -> None:
    """Our payments and receipts against the bank's statement: what differs first. Ends with 1 when something differs.

    Example: puhui payments reconcile --from 2026-03-01 --to 2026-03-31
    """
    own = _account(institution, account)
    from puhui.payments import queries

    items = queries.reconcile(own, since.date(), until.date())
    support.print_result(items, as_json)
    if any(item.state != "matched" for item in items):
        support.found_wrong()


def _account(institution: str | None, code: str | None) -> Any:
    support.start_django()
    from puhui.payments import queries
    from puhui.payments.models import BankAccount

    lender = support.institution(institution)
    try:
        return queries.bank_account(lender, code)
    except (BankAccount.DoesNotExist, BankAccount.MultipleObjectsReturned):
        codes = (
            ", ".join(queries.bank_accounts(lender).values_list("code", flat=True))
            or "an account; none is opened yet: puhui payments open-account"
        )
        support.fail(f"--account: found {code or 'nothing'}, expected one of {codes}")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        support.fail(f"{file}: {problem.strerror}")
