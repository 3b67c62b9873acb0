"""`puhui score promote`: which model decides from a day on, proposed by one person and agreed to by another."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from puhui.site.commands import support

if TYPE_CHECKING:
    from puhui.parties.models import Institution, User
    from puhui.scoring.models import ModelPromotion, RegisteredModel
    from puhui.scoring.promoting import Challenger

promotions = typer.Typer(
    help="Which model decides from a day on: one person proposes it, another agrees.\n\nExample: puhui score promote list",
    no_args_is_help=True,
)

Who = Annotated[str, typer.Option("--as", help="In whose name: a risk manager or an approver of the institution.")]
Code = Annotated[str, typer.Option("--institution", help="Code of the institution; default: the only one.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in a sentence.")]
Number = Annotated[int, typer.Argument(help="Number of the promotion, as `puhui score promote list` shows it.", metavar="NUMBER")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@promotions.command()
def propose(
    model: Annotated[str, typer.Argument(help="A registered model: its number, the start of its digest, or its name for the newest.")],
    who: Who,
    first_day: Annotated[str, typer.Option("--from", help="From the start of which day (YYYY-MM-DD); a day that has not begun.")],
    reason: Why,
    name: Annotated[str, typer.Option("--name", help="The name that products ask for; default: the model's own.")] = "",
    challenger: Annotated[
        list[str] | None,
        typer.Option("--challenger", help="MODEL=SHARE or MODEL=SHARE:decides, as 3f2a=20%: tried beside it; may be repeated."),
    ] = None,
    institution: Code = "",
    as_json: AsJson = False,
) -> None:
    """Propose that a model decides from a day on. A model without figures on unseen cases, search for leaks or card is refused.

    Example: puhui score promote propose 3f2a9c --as risk --from 2026-12-01 --reason "orders better" --challenger 77b1=10%
    """
    lender, user = _acting(institution, who)
    from puhui.scoring import promoting

    tried = [_challenger(lender, text) for text in challenger or []]
    row = promoting.propose(_model(lender, model), user, _day(first_day), reason, name.strip(), tried)
    support.print_result(_told(row), as_json)


@promotions.command()
def agree(number: Number, who: Who, reason: Annotated[str, typer.Option("--reason", help="A remark.")] = "", institution: Code = "",
          as_json: AsJson = False) -> None:  # fmt: skip
    """Agree to a promotion, as another person than proposed it, before its day.

    Example: puhui score promote agree 4 --as approver
    """
    _answered("agree", number, who, reason, institution, as_json)


@promotions.command()
def refuse(number: Number, who: Who, reason: Why, institution: Code = "", as_json: AsJson = False) -> None:
    """Refuse a promotion, as another person than proposed it.

    Example: puhui score promote refuse 4 --as approver --reason "the card tells of too few cases"
    """
    _answered("refuse", number, who, reason, institution, as_json)


@promotions.command()
def withdraw(number: Number, who: Who, reason: Why, institution: Code = "", as_json: AsJson = False) -> None:
    """Take a promotion back before its day, whether agreed to or not.

    Example: puhui score promote withdraw 4 --as risk --reason "a leak was found"
    """
    _answered("withdraw", number, who, reason, institution, as_json)


@promotions.command("list")
def listed(institution: Code = "", as_json: AsJson = False) -> None:
    """Registered models with the names under which they decide today, and all promotions, the newest first.

    Example: puhui score promote list --json
    """
    support.start_django()
    lender = support.institution(institution)
    from puhui.scoring import queries

    used = {pk: name for name, pk in queries.in_use(lender, lender.business_date).items()}
    rows = queries.models(lender).defer("body", "card", "plots")
    models = [
        {"model": one.pk, "name": one.name, "digest": one.digest[:16], "decides_under": used.get(one.pk, ""), "by": one.registered_by}
        for one in rows
    ]
    promotions = [_told(each) for each in queries.promotions(lender)]
    if as_json:
        support.print_result({"models": models, "promotions": promotions}, True)
        return
    support.print_result(models or [{"models": "none registered"}], False)
    typer.echo("")
    support.print_result(promotions or [{"promotions": "none"}], False)


def _answered(act: str, number: int, who: str, reason: str, institution: str, as_json: bool) -> None:
    lender, user = _acting(institution, who)
    from puhui.parties import promotion
    from puhui.scoring import queries

    row = queries.promotions(lender).filter(pk=number).first()
    if row is None:
        support.fail(f"promotion {number}: found none of {lender.code}, expected one of `puhui score promote list`")
    acts: dict[str, Any] = {"agree": promotion.agree, "refuse": promotion.refuse, "withdraw": promotion.withdraw}
    support.print_result(_told(acts[act](row, user, reason)), as_json)


def _acting(institution: str, who: str) -> tuple[Institution, User]:
    """The lender and the person, who must be one that may put models in use."""
    support.start_django()
    lender = support.institution(institution)
    from puhui.parties.models import User
    from puhui.parties.roles import ACTORS, may_act

    user = User.objects.filter(institution=lender, username=who).first()
    if user is None or not may_act(user, "model"):
        able = User.objects.filter(institution=lender, role__in=ACTORS["model"], is_active=True).values_list("username", flat=True)
        found = who if user is None else f"{who}, {user.role}"
        support.fail(f"--as: found {found}, expected a risk manager or an approver: {', '.join(able[:20]) or 'there is none'}")
    return lender, user


def _model(lender: Institution, text: str) -> RegisteredModel:
    """By number, by the start of its digest, or the newest of a name."""
    from puhui.scoring import queries

    rows = queries.models(lender)
    is_number = text.isascii() and text.isdecimal() and len(text) < 12
    found = list(rows.filter(pk=int(text))) if is_number else []
    found = found or list(rows.filter(digest__startswith=text.lower())[:2] if len(text) >= 4 else [])
    found = found or list(rows.filter(name=text)[:1])
    if len(found) != 1:
        known = ", ".join(f"{each.pk} {each.name} {each.digest[:12]}" for each in rows.defer("body", "card", "plots")[:10])
        support.fail(f"model: found {'several' if found else 'none'} for {text!r}, expected one of {known or 'none, none is registered'}")
    return found[0]


def _challenger(lender: Institution, text: str) -> Challenger:
    from puhui.scoring.promoting import Challenger

    model, _equals, rest = text.rpartition("=")
    share, _colon, word = rest.partition(":")
    try:
        part = float(share.rstrip("%")) / (100 if share.endswith("%") else 1)
    except ValueError:
        part = -1.0
    if not model or not 0 < part <= 1 or word not in ("", "decides"):
        support.fail(f"--challenger: found {text!r}, expected MODEL=SHARE or MODEL=SHARE:decides, such as 3f2a=20% or 3f2a=0.2:decides")
    return Challenger(_model(lender, model), round(part * 1_000_000), word == "decides")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        support.fail(f"--from: found {text!r}, expected a day such as 2026-12-01")


def _told(row: ModelPromotion) -> dict[str, Any]:
    return {
        "promotion": row.pk,
        "name": row.code,
        "model": row.model_id,
        "digest": row.model.digest[:16],
        "from": row.in_force_from,
        "status": row.status,
        "proposed_by": row.proposed_by.username,
        "answered_by": row.answered_by.username if row.answered_by else None,
        "challengers": row.challengers,
        "reason": row.reason,
    }
