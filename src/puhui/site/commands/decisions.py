"""`puhui decisions`: replay what was decided, and list it."""

from __future__ import annotations

import typer

from puhui.site.commands import support

app = typer.Typer(help="Replay decisions, and list them.", no_args_is_help=True)

INSTITUTION = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one.")
AS_JSON = typer.Option(False, "--json", help="One JSON document instead of text.")


@app.command()
def replay(
    decision: int = typer.Argument(0, metavar="[ID]", help="Number of a decision."),
    everything: bool = typer.Option(False, "--all", help="Every decision of the institution."),
    institution: str = INSTITUTION,
    as_json: bool = AS_JSON,
) -> None:
    """Decide again from the frozen facts, and name every difference; ends with 1 where there is any.

    Example: puhui decisions replay --all
    """
    if bool(decision) == everything:
        support.fail("ID or --all: found both or neither, expected one of them")
    support.start_django()
    from puhui.decisions.models import Decision
    from puhui.decisions.replaying import replay as replayed
    from puhui.decisions.replaying import replay_all

    lender = support.institution(institution)
    rows = Decision.objects.filter(institution=lender)
    if everything:
        count = rows.count()
        with support.progress("replaying decisions", count) as progress:
            differences = replay_all(lender, progress.advance)
    else:
        row = rows.select_related("application", "snapshot", "institution").filter(pk=decision).first()
        if row is None:
            support.fail(f"ID: found {decision}, expected a decision of {lender}")
        count, differences = 1, replayed(row)
    if as_json:
        support.print_result({"replayed": count, "differences": differences}, True)
    else:
        print("\n".join(str(one) for one in differences) or f"{count} decisions replayed, no difference")
    if differences:
        support.found_wrong()


@app.command("list")
def list_decisions(
    institution: str = INSTITUTION,
    limit: int = typer.Option(50, "--limit", help="At most so many, the newest first."),
    as_json: bool = AS_JSON,
) -> None:
    """The newest decisions.

    Example: puhui decisions list --limit 20
    """
    support.start_django()
    from puhui.decisions.models import Decision

    lender = support.institution(institution)
    rows = Decision.objects.filter(institution=lender).select_related("firm").defer("record").order_by("-pk")[:limit]
    table = [
        {
            "id": row.pk,
            "day": row.business_date.isoformat(),
            "firm": row.firm.name,
            "outcome": row.outcome,
            "class": row.risk_class,
            "amount_fen": row.amount_fen,
            "rate_ppm": row.rate_ppm,
            "authority": row.authority,
        }
        for row in rows
    ]
    support.print_result(table, as_json)
