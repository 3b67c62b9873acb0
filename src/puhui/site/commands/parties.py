"""`puhui parties`: people who borrow, which rows may be the same firm, and which firms belong together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from datetime import date

app = typer.Typer(help="People who borrow, firms that may be entered twice, and firms that belong together.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """People who borrow, firms that may be entered twice, and firms that belong together."""


@app.command()
def register(
    path: Path = typer.Argument(..., metavar="FILE", help="CSV in UTF-8, a line for each person: see the page on the interface."),
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Register persons and households who borrow from a list: all of them, or nobody and every fault with its lines.

    Columns: borrower, kind (person, household), part (borrower; head, spouse, member), name, identity_number, phone, household_number,
    industry_code, division_code. Lines of one borrower share the key in the column borrower.

    Example: puhui parties register village.csv --as officer
    """
    support.start_django()
    from puhui.parties.people_file import register_list

    if not path.is_file():
        support.fail(f"{path}: found nothing, expected a file")
    lender = support.institution(institution)
    firms = register_list(lender, path.read_bytes(), path.name, actor)
    rows = [{"firm": firm.pk, "name": firm.name, "kind": firm.kind} for firm in firms]
    if as_json:
        support.print_result({"borrowers": rows}, as_json=True)
        return
    for row in rows:
        print(f"{row['firm']:>8}  {row['kind']:9}  {row['name']}")
    print(f"{len(rows)} borrowers registered")


@app.command("register-firms")
def register_firms(
    path: Path = typer.Argument(..., metavar="FILE", help="CSV in UTF-8, a line for each firm."),
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Register firms from a list, each with who signs for it: all of them, or none and every fault with its line.

    Columns: name, unified_code; kind (enterprise, individual_business, cooperative), industry_code, division_code, founded_on,
    staff_count, representative, identity_number, phone where they are known. The consent of a firm is taken on its page.

    Example: puhui parties register-firms firms.csv --as officer
    """
    support.start_django()
    from puhui.parties.firms_file import register_firm_list

    if not path.is_file():
        support.fail(f"{path}: found nothing, expected a file")
    firms = register_firm_list(support.institution(institution), path.read_bytes(), path.name, actor)
    if as_json:
        support.print_result({"firms": [{"firm": firm.pk, "name": firm.name, "kind": firm.kind} for firm in firms]}, as_json=True)
        return
    for firm in firms:
        print(f"{firm.pk:>8}  {firm.kind:19}  {firm.name}")
    print(f"{len(firms)} firms registered")


@app.command()
def match(
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Compare all firms of an institution and put pairs that may be one firm into the queue of the page "Same firm?".

    Names that a firm bore before are compared too, where its consent lets its changes of registration (C01) be read.
    Nothing is merged: one officer asks for a merge, another agrees. A pair once judged is not put there again.

    Example: puhui parties match --json
    """
    support.start_django()
    from puhui.evidence.former_names import former_names
    from puhui.parties import merging
    from puhui.parties.models import Firm

    lender = support.institution(institution)
    levels, prior_share, propose_weight, review_weight = parameters(lender.business_date)
    found, new = merging.find(lender, levels, prior_share, review_weight, actor, former_names(lender, lender.business_date, reader=actor))
    names = dict(Firm.objects.filter(institution=lender).values_list("pk", "name"))
    rows: list[dict[str, Any]] = [
        {
            "first": pair.first, "second": pair.second, "first_name": names[pair.first], "second_name": names[pair.second],
            "weight": round(pair.weight, 2),
            "proposal": "merge" if pair.weight >= propose_weight else "review", "levels": dict(pair.levels),
        }
        for pair in found
    ]  # fmt: skip
    answer = {"firms": len(names), "pairs": rows, "new": new}
    if as_json:
        support.print_result(answer, as_json=True)
        return
    for row in rows:
        told = ", ".join(f"{name}: {level}" for name, level in row["levels"].items())
        print(f"{row['proposal']:6}  {row['weight']:7.2f}  {row['first_name']} | {row['second_name']}  ({told})")
    print(f"{len(rows)} pairs among {len(names)} firms, {new} new in the queue")


@app.command()
def link(
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Make firms of one group by the register of shareholders (C02) share one limit, for all evidence that is there.

    Holdings are linked as they are taken in; this is for those that came before, or with a consent that came later.

    Example: puhui parties link --json
    """
    support.start_django()
    from puhui.decisions.register_links import link_by_register
    from puhui.parties.models import Firm

    lender = support.institution(institution)
    made = link_by_register(lender, list(Firm.objects.filter(institution=lender).values_list("pk", flat=True)), actor)
    names = dict(Firm.objects.filter(pk__in={number for one in made for number in (one.firm_id, one.other_id)}).values_list("pk", "name"))
    rows = [{"firm": names[one.firm_id], "other": names[one.other_id]} for one in made if one.other_id]
    if as_json:
        support.print_result({"links": rows}, as_json=True)
        return
    for row in rows:
        print(f"{row['firm']} | {row['other']}")
    print(f"{len(rows)} new links")


@app.command("leave")
def leave(
    household: str = typer.Argument(..., metavar="HOUSEHOLD", help="As of a firm: its code, household number or name."),
    who: str = typer.Argument(..., metavar="WHO", help="Identity number of who leaves; - reads it from the input, out of the history."),
    day: str = typer.Option("", "--day", help="The first day of not belonging to it (YYYY-MM-DD); default: the business date."),
    reason: str = typer.Option("", "--reason", help="Why, in words."),
    successor: str = typer.Option("", "--successor", help="Identity number of the member who becomes the head, where the head leaves."),
    preview: bool = typer.Option(False, "--preview", help="Tell what would come of it, and change nothing."),
    redraft: bool = typer.Option(False, "--redraft", help="Also draft the contracts anew that name who left and that nobody has signed."),
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Record that somebody leaves a household: owing what was lent before, and nothing that is lent later.

    Told with it: the consents that end with the head's, and the drafted contracts that still name who left; these cannot be signed and must
    be drafted anew. Parts, day and reason stay in the trail.

    Example: puhui parties leave 17 110105194912310021 --day 2026-11-20 --reason 分户 --preview
    """
    support.start_django()
    from puhui.evidence.queries import firm_named
    from puhui.loans import leaving

    lender = support.institution(institution)
    number, following = (sys.stdin.readline().strip() if each == "-" else each for each in (who, successor))
    firm = firm_named(lender, household)
    asked = leaving.Leaving(firm, number, _day(day, lender.business_date), reason, following)
    told = leaving.leave(asked, actor, redraft=redraft, preview=preview)
    answer = {
        "preview": preview, "household": firm.name, "person": told.person, "parts": list(told.left.parts),
        "head": told.head, "consents_ended": told.left.consents_ended, "owed_fen": told.owed_fen, "stale_drafts": list(told.stale),
        "redrafted": list(told.redrafted),
    }  # fmt: skip
    if as_json:
        support.print_result(answer, as_json=True)
        return
    print("\n".join(_leaving_told(answer)))


def _leaving_told(answer: dict[str, Any]) -> list[str]:
    lines = [
        f"{answer['person']} {'would leave' if answer['preview'] else 'has left'} {answer['household']} ({', '.join(answer['parts'])})"
    ]
    lines += [f"head from then on: {answer['head']}"]
    lines += [f"owes with it still: {answer['owed_fen'] / 100:,.2f} yuan lent or promised before"] if answer["owed_fen"] else []
    lines += [f"consents to new decisions that end: {answer['consents_ended']}; ask the new head"] if answer["consents_ended"] else []
    lines += [f"contract {each} names who left: drafted anew" for each in answer["redrafted"]]
    lines += [f"contract {each} names who left and cannot be signed: draft it anew" for each in answer["stale_drafts"]]
    return lines


def _day(text: str, today: date) -> date:
    from datetime import date as calendar_day

    try:
        return calendar_day.fromisoformat(text) if text else today
    except ValueError:
        support.fail(f"--day: found {text!r}, expected a day such as 2026-01-31")


def parameters(day: date) -> tuple[dict[str, dict[str, tuple[float, float]]], float, float, float]:
    """Levels with their shares, the prior share, and the weights from which on a pair is proposed or shown, as of a day."""
    from puhui.products.parameters import table
    from puhui.site import configuration

    folder = configuration.load().catalogue
    levels: dict[str, dict[str, tuple[float, float]]] = {}
    for row in table("firm-matching-levels", folder).valid_on(day):
        levels.setdefault(row["comparison"], {})[row["level"]] = (float(row["same_share"]), float(row["other_share"]))
    limits = table("firm-matching", folder).row(day)
    return levels, float(limits["prior_share"]), float(limits["propose_weight"]), float(limits["review_weight"])
