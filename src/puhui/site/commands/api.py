"""`puhui api`: the keys of programs, and the document of the interface."""

from __future__ import annotations

from typing import Any

import typer

from puhui.site.commands import support

app = typer.Typer(help="The interface for other programs: keys and document.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The interface for other programs: keys and document."""


@app.command("create-key")
def create_key(
    user: str = typer.Argument(..., metavar="USER", help="In whose name the program acts: it may do what this user may."),
    name: str = typer.Option(..., "--name", help="Which program it is, for people."),
    days: int = typer.Option(90, "--days", help="For how many days it holds, at most 366."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """Make a key for a program. It is shown this once: only a digest of it is kept.

    Example: puhui api create-key officer --name "invoice platform" --days 90
    """
    support.start_django()
    from puhui.api import keys
    from puhui.calculations.faults import Fault
    from puhui.parties.models import User

    found = User.objects.select_related("institution").filter(username=user).first()
    if found is None:
        support.fail(Fault("user", user, "the name of a user"))
    key, text = keys.create_key(found, name, days, actor)
    if as_json:
        support.print_result({"key": text, "prefix": key.prefix, "expires_at": key.expires_at}, as_json=True)
        return
    print(f"{text}\nholds until {key.expires_at:%Y-%m-%d}; keep it now, it is not shown again")


@app.command("keys")
def list_keys(
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document instead of text."),
) -> None:
    """The keys there are, the newest first: for whom, until when, last used.

    Example: puhui api keys
    """
    support.start_django()
    from django.utils import timezone

    from puhui.api import keys

    rows: list[dict[str, Any]] = [
        {
            "prefix": each.prefix, "user": each.user.username, "name": each.name, "expires_at": each.expires_at,
            "last_used_on": each.last_used_on, "revoked_at": each.revoked_at,
            "holds": each.revoked_at is None and each.expires_at > timezone.now() and each.user.is_active,
        }
        for each in keys.keys(support.institution(institution))
    ]  # fmt: skip
    if as_json:
        support.print_result(rows, as_json=True)
        return
    for row in rows:
        state = f"until {row['expires_at']:%Y-%m-%d}" if row["holds"] else "ended"
        print(f"{row['prefix']}  {row['user']:16} {row['name']:30} {state}, last used {row['last_used_on'] or 'never'}")
    print(f"{len(rows)} keys")


@app.command("revoke-key")
def revoke_key(
    prefix: str = typer.Argument(..., metavar="PREFIX", help="The twelve characters after puhui_, as `puhui api keys` shows them."),
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
) -> None:
    """End a key at once; ending it twice changes nothing.

    Example: puhui api revoke-key 0f3a9c5d7e21
    """
    support.start_django()
    from puhui.api import keys

    key = keys.revoke_key(support.institution(institution), prefix, actor)
    print(f"{key.prefix} of {key.user.username} ({key.name}) has ended")


@app.command("document")
def document() -> None:
    """The interface as an OpenAPI document, for programs that make clients from it.

    Example: puhui api document
    """
    support.start_django(migrate=False)
    from puhui.api.interface import interface

    support.print_result(interface.get_openapi_schema(path_prefix="/api/v1/"), as_json=True)
