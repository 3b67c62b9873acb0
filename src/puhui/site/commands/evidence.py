"""`puhui evidence`: take in files of evidence, and show what is known about a firm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

from puhui.site.commands import support

app = typer.Typer(help="Take in what firms agreed to share, and show it.", no_args_is_help=True)

INSTITUTION = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one.")
AS_JSON = typer.Option(False, "--json", help="One JSON document instead of text.")


@app.command("import")
def import_file(
    evidence_class: str = typer.Argument(..., metavar="CLASS", help="Class of evidence: C01 … C18, S1, S2 (C07: invoices)."),
    path: Path = typer.Argument(..., metavar="PATH", help="CSV, XLSX, Parquet, JSON (C14: also OCDS); told by content, not by name."),
    record: str = typer.Option("", "--record", help="Kind of record, where a class has several and the headings do not say which."),
    mapping: str = typer.Option(
        "", "--map", help="Mapping file (TOML), or the name of one that is kept: the institution's own, or one that comes with Puhui."
    ),
    firm: str = typer.Option("", "--firm", help="Whose records these are, when the file does not say: an identifier or the name."),
    partial: bool = typer.Option(False, "--partial", help="Take the good rows, write the others to --rejects."),
    rejects: Path | None = typer.Option(None, "--rejects", help="Where the rejected rows go (CSV); default: beside the file."),
    sheet: str = typer.Option("", "--sheet", help="Sheet of a workbook; default: the first visible one with headings we know."),
    to_correct: bool = typer.Option(
        True, "--to-correct/--as-read", help="A PDF or scan that is doubtful waits on its page for a person; or is taken as it was read."
    ),
    institution: str = INSTITUTION,
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = AS_JSON,
) -> None:
    """Import a file: all of it, or nothing and every fault named (or, with --partial, the good rows).

    Example: puhui evidence import C07 sales.xlsx --firm 91330106MA2CFJQ25K
    """
    evidence_class = _class_named("CLASS", evidence_class)
    support.start_django()
    from django.conf import settings

    from puhui.decisions.register_links import take_in
    from puhui.evidence.queries import firm_named
    from puhui.evidence.reading.faults import RefusedFileError
    from puhui.evidence.reading.mapping import named_mapping

    lender = support.institution(institution)
    rejects = rejects or path.with_name(f"{path.stem}-rejects.csv")
    try:
        named = named_mapping(mapping, settings.PUHUI_CATALOGUE) if mapping else None
        owner = firm_named(lender, firm) if firm else None
        with _progress() as progress:
            results = take_in(
                lender, path, evidence_class, record or None, named, firm=owner, partial=partial, rejects=rejects, actor=actor,
                sheet=sheet, to_correct=to_correct, progress=progress,
            )  # fmt: skip
    except RefusedFileError as refusal:
        _refused(refusal, as_json)
    _print_imported(results, as_json)


def _class_named(argument: str, text: str) -> str:
    """The class of evidence as its code is written. Ends the command where there is none of that name."""
    from puhui.evidence.layouts import classes

    if text.upper() not in classes():
        support.fail(f"{argument}: found {text!r}, expected one of {', '.join(classes())}")
    return text.upper()


def _refused(refusal: Any, as_json: bool) -> NoReturn:
    """Tell every fault of a file and end the command."""
    if as_json:
        told = {"refused": True, "fault_count": refusal.total, "faults": [each.as_dict() for each in refusal.faults]}
        support.print_result(told, True)
    support.fail([*refusal.faults, f"{refusal.total:,} fault{'s' if refusal.total > 1 else ''}; nothing was changed"])


def _print_imported(results: Sequence[Any], as_json: bool) -> None:
    if as_json:
        documents = [result.as_dict() for result in results]
        support.print_result(documents[0] if len(documents) == 1 else {"results": documents}, True)
        return
    for result in results:
        kind = {"record": result.record} if result.record else {}
        support.print_result({"file": result.file, "source": result.source, **kind, "batch": result.batch_id, **result.counts}, False)
        for note in result.notes:
            print(f"note: {note}")
        if result.waiting:
            print(f"look at it on the page Documents to be corrected: /evidence/documents/{result.waiting}/")
        if result.rejects:
            print(f"rejected rows with their faults: {result.rejects}")


@app.command("pull")
def pull_from_source(
    source: str = typer.Argument(..., metavar="SOURCE", help="Name of a source's description, or the path of one (.toml)."),
    evidence_class: str = typer.Option(..., "--class", help="Class of evidence: C01 … C18, S1, S2 (C07: invoices)."),
    firm: str = typer.Option(..., "--firm", help="About whom: an identifier of the firm, or its exact name."),
    record: str = typer.Option("", "--record", help="One kind of record; default: every kind of the class that the source has."),
    purpose: str = typer.Option("credit_decision", "--purpose", help="What the firm's consent must allow."),
    whole: bool = typer.Option(False, "--whole", help="Ask for everything again, not only for what is new."),
    institution: str = INSTITUTION,
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = AS_JSON,
) -> None:
    """Pull evidence of a firm from a source's API under its consent: of each kind of record all that is new, or nothing.

    Example: puhui evidence pull county-simulator --class C06 --record tax_return --firm 91330106MA2CFJQ25K
    """
    evidence_class = _class_named("--class", evidence_class)
    support.start_django()
    from django.conf import settings

    from puhui.calculations.faults import FaultsError
    from puhui.decisions.register_links import after_import
    from puhui.evidence.pulling.actions import PullResult, pull, records_of
    from puhui.evidence.pulling.sources import source as described
    from puhui.evidence.queries import firm_named

    lender = support.institution(institution)
    found, owner = described(source, settings.PUHUI_CATALOGUE), firm_named(lender, firm)
    results: list[PullResult] = []
    failed: list[FaultsError] = []
    for each in records_of(found, evidence_class, record):
        try:
            with support.progress(f"pulling {each}"):
                results.append(pull(found, each, owner, purpose=purpose, whole=whole, actor=actor))
        except FaultsError as error:
            failed.append(error)
    after_import(lender, [each.imported for each in results if each.imported], actor)
    faults = [fault for error in failed for fault in error.faults]
    if as_json:
        support.print_result({"results": [each.as_dict() for each in results], "faults": [each.as_dict() for each in faults]}, True)
    else:
        for result in results:
            _print_pull(result)
    if failed:
        total = sum(getattr(error, "total", len(error.faults)) for error in failed)
        support.fail([*faults, f"{total:,} fault{'s' if total > 1 else ''}; of those kinds of record nothing was changed"])


def _print_pull(result: Any) -> None:
    counts = result.imported.counts if result.imported else {"accepted": 0}
    shown = {name: getattr(result, name) for name in ("source", "record", "firm", "consent", "since", "pages", "rows", "requests")}
    support.print_result({**shown, "batch": result.imported.batch_id if result.imported else None, **counts}, False)
    for note in [*result.notes, *(result.imported.notes if result.imported else [])]:
        print(f"note: {note}")


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    with support.progress("reading") as bar:

        def tell(stage: str, done: int, total: int) -> None:
            bar.total, bar.done = total or None, float(done)
            bar.describe(stage)

        yield tell


@app.command()
def show(
    firm: str = typer.Argument(..., metavar="FIRM", help="An identifier of the firm, or its exact name."),
    as_of: str = typer.Option("", "--as-of", help="Only what was known by the end of this day (YYYY-MM-DD); default: the business date."),
    record: str = typer.Option("", "--record", help="The rows of one kind of record as they were believed then."),
    institution: str = INSTITUTION,
    as_json: bool = AS_JSON,
) -> None:
    """What is known of a firm: each kind of record with its days and source; invoices by month and by who stands on the other side; what
    the statements say against themselves.

    Example: puhui evidence show 91330106MA2CFJQ25K --as-of 2026-01-31
    """
    import datetime as dt

    support.start_django()
    from puhui.evidence import queries

    lender = support.institution(institution)
    try:
        day = dt.date.fromisoformat(as_of) if as_of else lender.business_date
    except ValueError:
        support.fail(f"--as-of: found {as_of!r}, expected a day such as 2026-01-31")
    found = queries.firm_named(lender, firm)
    tables = _rows_of(found, record, day) if record else _overview(found, day)
    if as_json:
        support.print_result({"firm": found.name, "as_of": day, **tables}, True)
        return
    print(f"{found.name}, as known by the end of {day}")
    for title, rows in tables.items():
        print(f"\n{title}")
        support.print_result([_in_yuan(row) for row in rows] or "nothing known", False)


def _overview(firm: Any, day: Any) -> dict[str, list[dict[str, Any]]]:
    """What has come of each class that may be looked at, and of invoices more; stops where nothing may be."""
    from puhui.evidence import queries
    from puhui.evidence.layouts import classes

    open_classes = queries.open_readings(firm, "command line", classes())
    if not open_classes:
        support.fail(f"{firm.name}: no live consent on {firm.institution.business_date} for any class. Ask the firm for it.")
    tables = {"evidence": [row for row in queries.overview(firm, day) if row["evidence_class"] in open_classes]}
    if "S1" in open_classes:
        tables["what the statements say against themselves"] = _statement_findings(firm, day)
    odd = _oddities(firm, day, [row["record"] for row in tables["evidence"]])
    if odd:
        tables["what is odd in accounts, meters and payments"] = odd
    if "C07" in open_classes:
        tables |= {
            "invoices": queries.summary(firm, day),
            "months": queries.monthly_totals(firm, day),
            "buyers": queries.largest_partners(firm, day, "out"),
            "suppliers": queries.largest_partners(firm, day, "in"),
        }
    return tables


def _oddities(firm: Any, day: Any, records: list[str]) -> list[dict[str, Any]]:
    """What is odd in records that are right one by one, the newest first; of the kinds that there are and that may be looked at."""
    from puhui.evidence import queries
    from puhui.evidence.layouts import layout, layout_files
    from puhui.evidence.oddities import oddities, told_of, words

    frames = queries.known_of(firm, [each for each in records if each in layout_files() and told_of(layout(each))], day)
    found = [each for record, frame in frames.items() for each in oddities(frame, layout(record))]
    return [
        {"day": each.last, "record": each.record, "finding": words(each)}
        for each in sorted(found, key=lambda each: each.last, reverse=True)
    ]


def _statement_findings(firm: Any, day: Any) -> list[dict[str, Any]]:
    """Identities that do not hold, figures told twice and otherwise, unknown lines: the newest statements first."""
    from puhui.evidence import queries
    from puhui.evidence.statements.checks import findings, words

    found = findings(queries.known_records(firm, "statement_line", day))
    return [{"day": each.period_end, "strength": each.strength, "finding": words(each)} for each in found]


def _rows_of(firm: Any, record: str, day: Any) -> dict[str, list[dict[str, Any]]]:
    """The rows of one kind of record, the newest last."""
    from puhui.evidence import queries
    from puhui.evidence.layouts import layout, layout_files

    if record not in layout_files():
        support.fail(f"--record: found {record!r}, expected one of {', '.join(layout_files())}")
    evidence_class = layout(record).evidence_class
    if not queries.open_reading(firm, "command line", evidence_class):
        support.fail(f"{firm.name}: no live consent on {firm.institution.business_date} that covers {evidence_class}. Ask the firm for it.")
    return {record: queries.known_records(firm, record, day).to_dicts()}


def _in_yuan(row: dict[str, Any]) -> dict[str, Any]:
    """Fen as yuan, for people."""
    return {
        name.removesuffix("_fen"): f"{value / 100:,.2f}" if name.endswith("_fen") and value is not None else value
        for name, value in row.items()
    }


@app.command()
def sample(
    record: str = typer.Argument(..., metavar="RECORD", help="Kind of record, such as tax_return; see docs/evidence.md."),
    path: Path = typer.Argument(
        ..., metavar="PATH", help="Where the file goes; its ending (.csv, .xlsx, .parquet, .json) says in which format."
    ),
    firm: str = typer.Option("甲公司", "--firm", help="What stands in the column of the firm."),
    rows: int = typer.Option(3, "--rows", min=1, max=100_000, help="How many rows."),
) -> None:
    """Write a file of one kind of record with every heading and made-up values: what a source would send. Needs no database.

    Example: puhui evidence sample tax_return tax.xlsx --firm 91330106MA2CFJQ25K
    """
    from puhui.evidence.layouts import layout, layout_files
    from puhui.evidence.samples import write_sample

    if record not in layout_files():
        support.fail(f"RECORD: found {record!r}, expected one of {', '.join(layout_files())}")
    write_sample(layout(record), path, firm, rows)
    print(f"{rows} rows of {record} written to {path}")


@app.command()
def delete(
    firm: str = typer.Argument("", metavar="FIRM", help="An identifier of the firm, or its exact name."),
    evidence_class: str = typer.Argument("", metavar="CLASS", help="Class of evidence, such as C06."),
    firm_asked: bool = typer.Option(False, "--firm-asked", help="At once, because the firm asked for it after its consent ended."),
    due: bool = typer.Option(False, "--due", help="Everything whose time of keeping has passed since the last consent ended."),
    institution: str = INSTITUTION,
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = AS_JSON,
) -> None:
    """Delete evidence for which no consent lives, and keep the proof; without arguments only list what is kept without consent.

    Example: puhui evidence delete 91330106MA2CFJQ25K C06 --firm-asked
    """
    from dataclasses import asdict

    support.start_django()
    from puhui.evidence import deleting, queries

    lender = support.institution(institution)
    if (due and firm) or bool(firm) != bool(evidence_class):
        support.fail("FIRM, CLASS: expected both, or --due, or nothing")
    if due:
        proofs = deleting.delete_due(lender, actor)
    elif firm:
        proofs = [deleting.delete_evidence(queries.firm_named(lender, firm), evidence_class.upper(), actor, firm_asked=firm_asked)]
    else:
        kept = [asdict(each) for each in deleting.kept_without_consent(lender)]
        support.print_result(kept if as_json or kept else "nothing is kept without consent", as_json)
        return
    rows = [
        {
            "firm": proof.firm.name,
            "class": proof.evidence_class,
            "rows": sum(proof.counts.values()),
            "digest": proof.content_digest,
            "consent_ended_on": proof.consent_ended_on,
            "reason": proof.reason,
        }
        for proof in proofs
    ]
    support.print_result(rows if as_json or rows else "nothing is due", as_json)
