"""`puhui lender`: a lender of one's own, its branches, and the accounts of those who work there."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from puhui.parties.models import Institution, Person, User

app = typer.Typer(help="A lender, its branches and the accounts of those who work there.", no_args_is_help=True)

LenderOption = Annotated[str, typer.Option("--institution", help="Code of the institution; may be left out where there is only one.")]
ActorOption = Annotated[str, typer.Option("--as", help="In whose name, for the audit trail.")]
SIGNERS = ("legal_representative", "head", "borrower")
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("open")
def open_lender(
    code: Annotated[str, typer.Argument(help="A short code of its own, which commands name it by.")],
    name: Annotated[str, typer.Argument(help="The name that contracts bear.")],
    kind: Annotated[str, typer.Option("--kind", help="bank or micro_lender: decides chart of accounts and limits of law.")] = "bank",
    currency: Annotated[str, typer.Option("--currency", help="ISO 4217.")] = "CNY",
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Its first business day; else today in China.")
    ] = None,
    actor: ActorOption = "system",
    as_json: JsonOption = False,
) -> None:
    """Enter a lender with its head office, and open its books at its first business day.

    Example: puhui lender open YUNHE "云河县农村商业银行" --date 2026-03-01
    """
    support.start_django()
    from django.db import transaction
    from django.utils import timezone

    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    with transaction.atomic():
        lender = create_institution(code, name, kind, day.date() if day else timezone.localdate(), currency, actor)
        accounts = open_books(lender, actor)
    support.print_result(_told(lender) | {"accounts": accounts}, as_json)


@app.command()
def show(institution: LenderOption = "", as_json: JsonOption = False) -> None:
    """A lender with its open day, its branches and its accounts.

    Example: puhui lender show
    """
    support.start_django()
    from puhui.parties.models import Branch, User

    lender = support.institution(institution)
    branches = [{"code": each.code, "name": each.name} for each in Branch.objects.filter(institution=lender).order_by("code")]
    users = [_account(each) for each in User.objects.filter(institution=lender).order_by("username")]
    if as_json:
        support.print_result(_told(lender) | {"branches": branches, "users": users}, as_json=True)
        return
    for part in (_told(lender), branches, users):
        support.print_result(part, as_json=False)
        print()


@app.command()
def branch(
    code: Annotated[str, typer.Argument(help="A code that no branch has.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    under: Annotated[str, typer.Option("--under", help="Code of the branch above it; else the head office.")] = "",
    institution: LenderOption = "",
    actor: ActorOption = "system",
    as_json: JsonOption = False,
) -> None:
    """Enter a branch under another, or under the head office.

    Example: puhui lender branch N01 城北支行
    """
    support.start_django()
    from puhui.calculations.faults import Fault
    from puhui.parties.actions import create_branch
    from puhui.parties.models import Branch

    lender = support.institution(institution)
    parent = Branch.objects.filter(institution=lender, code=under).first() if under else None
    if under and parent is None:
        codes = ", ".join(Branch.objects.filter(institution=lender).order_by("code").values_list("code", flat=True)[:20])
        support.fail(Fault("--under", under, f"a branch of {lender.code}: {codes}"))
    made = create_branch(lender, code, name, parent, actor=actor)
    support.print_result({"code": made.code, "name": made.name, "under": made.parent.code if made.parent else ""}, as_json)


@app.command()
def user(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[str, typer.Argument(help="officer, approver, risk_manager, accountant, collector, auditor, supervisor or borrower.")],
    name: Annotated[str, typer.Option("--name", help="The person's name, which pages and the trail show.")] = "",
    firm: Annotated[str, typer.Option("--firm", help="Of a borrower: the firm whose signer it is, by code or name.")] = "",
    language: Annotated[str, typer.Option("--language", help="Of the pages: zh-hans, zh-hant or en.")] = "zh-hans",
    institution: LenderOption = "",
    actor: ActorOption = "system",
    as_json: JsonOption = False,
) -> None:
    """Make an account for somebody who works there, or for a borrower. The password is asked for, or read from the input.

    Programs get a key (`puhui api`).

    Example: puhui lender user li.wei officer --name 李薇
    """
    support.start_django()
    from django.conf import settings

    from puhui.calculations.faults import Fault, check
    from puhui.parties.accounts import password_faults
    from puhui.parties.actions import create_user
    from puhui.parties.models import Role, User

    lender = support.institution(institution)
    roles = [each for each in Role.values if each != Role.SYSTEM]
    person = _signer(lender, firm) if role == Role.BORROWER else None
    languages = [each for each, _name in settings.LANGUAGES]
    faults = [] if role in roles else [Fault("role", role, ", ".join(roles))]
    faults += [] if language in languages else [Fault("--language", language, ", ".join(languages))]
    password = _password()
    check(faults + password_faults(password, User(username=username, first_name=name)))
    name = name or (person.name if person else "")
    made = create_user(lender, username, password, role, name=name, person=person, language=language, actor=actor)
    support.print_result(_account(made), as_json)


@app.command()
def password(
    username: Annotated[str, typer.Argument(help="Whose.")], institution: LenderOption = "", actor: ActorOption = "system"
) -> None:
    """Give an account a new password, asked for or read from the input; whoever is signed in with it is signed out.

    Example: puhui lender password li.wei
    """
    support.start_django()
    from puhui.parties.accounts import account_of, set_password

    account = account_of(support.institution(institution), username)
    set_password(account, _password(), actor)
    print(f"{username} has a new password")


@app.command()
def close(
    username: Annotated[str, typer.Argument(help="Who leaves.")], institution: LenderOption = "", actor: ActorOption = "system"
) -> None:
    """Close the account of somebody who leaves: it signs in no more. What they did stays in the trail; a new password opens it again.

    Example: puhui lender close li.wei
    """
    support.start_django()
    from puhui.parties.accounts import account_of, close_account

    close_account(account_of(support.institution(institution), username), actor)
    print(f"{username} can no longer sign in")


def _signer(lender: Institution, firm: str) -> Person:
    """Who signs for a firm: its legal representative, the head of the household, the person who borrows."""
    from puhui.calculations.faults import Fault
    from puhui.evidence.queries import firm_named
    from puhui.parties.models import FirmPerson

    if not firm:
        support.fail(Fault("--firm", "nothing", "the firm whose signer gets the account"))
    links = FirmPerson.objects.filter(firm=firm_named(lender, firm), role__in=SIGNERS, until=None).select_related("person")
    people = {link.person_id: link.person for link in links}
    if len(people) != 1:
        support.fail(Fault("--firm", f"{firm}, with {len(people)} who sign", "a firm with one who signs for it"))
    return next(iter(people.values()))


def _password() -> str:
    """From a terminal asked for twice and not shown; else the first line of the input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if getpass.getpass("again: ") != first:
        support.fail("password: found two that differ, expected the same twice")
    return first


def _told(lender: Institution) -> dict[str, Any]:
    names = ("code", "name", "kind", "currency", "business_date")
    return {each: getattr(lender, each) for each in names}


def _account(user: User) -> dict[str, Any]:
    return {"username": user.username, "role": user.role, "name": user.first_name, "language": user.language, "open": user.is_active}
