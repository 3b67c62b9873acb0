"""`puhui report NAME --as-of D`: a report of the book, or a document of a loan, a firm or the books, on the screen or as a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from puhui.parties.models import Institution
    from puhui.reports.documents.making import Subject

app = typer.Typer()

LANGUAGES = ("en", "zh-hans", "zh-hant")
BINARY = ("xlsx", "pdf")


@app.command()
def report(
    name: Annotated[str, typer.Argument(
        help="portfolio, concentration, factory, score-monitoring; of a decision: diligence; of a loan: statement, contract-note, "
        "repayment-certificate, what-you-pay; of a firm: balance-confirmation; of the books: trial-balance, ledger, day-book."
    )],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after whose end; default: the last ended day.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="xlsx, csv, json or html; of documents pdf too; default: text.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; default: standard output.")] = None,
    language: Annotated[str, typer.Option(help="en, zh-hans or zh-hant.")] = "en",
    institution: Annotated[str | None, typer.Option(help="Code of the institution, where there are several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    loan: Annotated[str, typer.Option(help="Number of the loan that a document is about.")] = "",
    offer: Annotated[int | None, typer.Option(help="Number of the offer that what-you-pay is about, before there is a loan.")] = None,
    decision: Annotated[int | None, typer.Option(help="Number of the decision that a diligence file is about.")] = None,
    firm: Annotated[str, typer.Option(help="An identifier of the firm, or its exact name.")] = "",
    account: Annotated[str, typer.Option(help="Code of the account of the ledger.")] = "",
    branch: Annotated[str, typer.Option(help="Code of a branch, with all under it; default: all branches.")] = "",
    since: Annotated[datetime | None, typer.Option(
        "--from", formats=["%Y-%m-%d"],
        help="First day told; default: the payout of the loan, the first of the month of the books, the same day of the day book."
    )] = None,
    made_at: Annotated[datetime | None, typer.Option(
        formats=["%Y-%m-%dT%H:%M"], help="The moment that a document says it was made; default: now. The same moment gives the same bytes."
    )] = None,
) -> None:  # fmt: skip
    """A report of the book, or a document, with figures as of a day, as they were known then.

    Documents add up before they are written: exit status 1 where one does not, and nothing is written. docs/documents.md tells of each.

    Example: puhui report portfolio --as-of 2026-06-30 --format xlsx --out portfolio.xlsx

    Example: puhui report statement --loan YX-0001-1 --as-of 2026-06-30 --format pdf --language zh-hans --out statement.pdf
    """
    support.start_django()
    from puhui.calculations.faults import FaultsError
    from puhui.reports import queries, tables
    from puhui.reports.documents import making
    from puhui.reports.documents.sums import DoesNotAddUpError

    form = "json" if json else form
    is_document = name in making.DOCUMENTS
    _check_options(name, form, out, language, [*queries.REPORTS, *making.DOCUMENTS], making.FORMATS if is_document else tables.FORMATS)
    lender = support.institution(institution)
    day = as_of.date() if as_of else lender.business_date - timedelta(days=1)
    try:
        if is_document:
            subject = _subject(lender, name, loan, offer, decision, firm, account, branch, since.date() if since else None)
            content = _document(lender, name, day, language, made_at, subject, form)
        else:
            made = queries.report(name, lender, day, language)
            content = tables.render(made, form) if form else tables.text(made).encode()
    except DoesNotAddUpError as error:
        for fault in error.faults:
            print(str(fault), file=sys.stderr)
        support.found_wrong()
    except FaultsError as error:
        support.fail(error)
    _write(content, form, out)


def _check_options(name: str, form: str, out: Path | None, language: str, names: list[str], forms: tuple[str, ...]) -> None:
    """Ends the command with 2, naming everything that is wrong with what was asked."""
    faults = []
    if name not in names:
        faults.append(f"report: found {name}, expected one of {', '.join(sorted(names))}")
    elif form and form not in forms:
        faults.append(f"--format: found {form}, expected one of {', '.join(forms)}")
    if form in BINARY and out is None and sys.stdout.isatty():
        faults.append("--out: a file of this kind does not go to a terminal; name a file")
    if language not in LANGUAGES:
        faults.append(f"--language: found {language}, expected one of {', '.join(LANGUAGES)}")
    if faults:
        support.fail(faults)


def _subject(
    lender: Institution,
    name: str,
    loan: str,
    offer: int | None,
    decision: int | None,
    firm: str,
    account: str,
    branch: str,
    since: date | None,
) -> Subject:
    """What the document is about, found in the database. Ends the command with 2 where something is missing or not found."""
    from puhui.decisions.models import Decision, Offer
    from puhui.evidence.queries import firm_named
    from puhui.loans.models import Loan
    from puhui.parties.models import Branch
    from puhui.reports.documents.making import DOCUMENTS, Subject

    given = {"loan": loan, "offer": offer, "decision": decision, "firm": firm, "account": account, "branch": branch}
    of_books = ("account", "branch") if name == "ledger" else ("branch",)
    wanted = tuple(option for kind in DOCUMENTS[name][0] for option in (of_books if kind == "books" else (kind,)))
    faults = [
        f"--{option}: found {value}, expected none: {name} is not about it"
        for option, value in given.items()
        if value and option not in wanted
    ]
    if wanted != ("branch",) and not any(given[option] for option in wanted if option != "branch"):
        faults.append(f"{name}: found nothing, expected " + " or ".join(f"--{option}" for option in wanted if option != "branch"))
    if faults:
        support.fail(faults)

    def one(option: str, find: Callable[[], Any]) -> Any:
        found = find() if given[option] else None
        if given[option] and found is None:
            support.fail(f"--{option}: found {given[option]}, expected one of {lender.name}")
        return found

    return Subject(
        loan=one(
            "loan", lambda: Loan.objects.filter(institution=lender, number=loan).select_related("firm", "contract", "institution").first()
        ),
        offer=one("offer", lambda: Offer.objects.filter(institution=lender, pk=offer or 0).select_related("firm").first()),
        decision=one(
            "decision",
            lambda: Decision.objects.filter(institution=lender, pk=decision or 0).select_related("firm", "application__offer").first(),
        ),
        firm=one("firm", lambda: firm_named(lender, firm)),
        account=account,
        branch=one("branch", lambda: Branch.objects.filter(institution=lender, code=branch).first()),
        since=since,
    )


def _document(lender: Institution, name: str, day: date, language: str, made_at: datetime | None, subject: Subject, form: str) -> bytes:
    from django.utils import timezone

    from puhui.reports import tables
    from puhui.reports.documents import making
    from puhui.reports.documents.document import Paper

    moment = timezone.make_aware(made_at) if made_at else timezone.now()
    document = making.make(name, Paper(lender, day, moment, language), subject)
    return making.render(document, form) if form else tables.text(document.as_report()).encode()


def _write(content: bytes, form: str, out: Path | None) -> None:
    if out:
        out.write_bytes(content)
        typer.echo(f"{out}: {len(content):,} bytes", err=True)
    else:
        sys.stdout.buffer.write(content + (b"" if form in BINARY else b"\n"))
