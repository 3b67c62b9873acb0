"""`puhui decide`: one firm, one product, one decision, told with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import typer

from puhui.decisions.texts import reason_text
from puhui.site.commands import support

if TYPE_CHECKING:
    from puhui.products.terms import Product

app = typer.Typer()

LANGUAGES = ("en", "zh-hans", "zh-hant")


@app.command()
def decide(
    firm: str = typer.Argument(..., metavar="FIRM", help="An identifier of the firm, or its exact name."),
    product: str = typer.Argument(..., metavar="PRODUCT", help="Code of the product: invoice-working-capital."),
    amount: str = typer.Option("", "--amount", help="Yuan asked for; default: the product's highest amount."),
    term: int = typer.Option(0, "--term", help="Months; default: the product's longest term."),
    purpose: str = typer.Option("working_capital", "--purpose", help="What the money is for."),
    fact: list[str] = typer.Option([], "--fact", help="A fact of the form, NAME=VALUE, that the product asks for; may be repeated."),
    as_of: str = typer.Option("", "--as-of", help="What would have been decided on that day (YYYY-MM-DD); nothing is kept."),
    preview: bool = typer.Option(False, "--preview", help="Tell the decision and keep nothing."),
    key: str = typer.Option("", "--key", help="Key of the application: the same key again gives the same decision."),
    language: str = typer.Option("en", "--language", help=f"Of the reasons: {', '.join(LANGUAGES)}."),
    institution: str = typer.Option("", "--institution", help="Code of the institution; may be left out where there is only one."),
    actor: str = typer.Option("system", "--as", help="In whose name, for the audit trail."),
    as_json: bool = typer.Option(False, "--json", help="The whole record as one JSON document."),
) -> None:
    """Apply for a firm and decide: rules, score, class, limit, price, authority, with reasons for and against.

    Example: puhui decide 91330106MA2CFJQ25K invoice-working-capital --amount 300000 --term 12
    """
    if language not in LANGUAGES:
        support.fail(f"--language: found {language!r}, expected one of {', '.join(LANGUAGES)}")
    day = _day(as_of)
    facts = facts_of(fact)
    support.start_django()
    from puhui.decisions import actions
    from puhui.decisions.preview import preview as previewed
    from puhui.decisions.queries import part_decisions
    from puhui.evidence.queries import firm_named
    from puhui.products.queries import product as product_of

    lender = support.institution(institution)
    found = firm_named(lender, firm)
    terms = product_of(product, day or lender.business_date)
    amount_fen = _amount_fen(amount, terms)
    months = term or terms.maximum_months
    if day or preview:
        record = previewed(lender, found, product, amount_fen, months, purpose, day or lender.business_date, facts)
    else:
        named = key or f"command-{uuid4()}"
        application = actions.submit(
            lender, found, product, amount_fen, months, purpose, channel="command", key=named, actor=actor, facts=facts
        )
        decision = actions.decide(application, actor)
        record = decision.record | {"decision": decision.pk, "digest": decision.digest}
        record |= {"parts": parts} if (parts := part_decisions(application.pk)) else {}
    if as_json:
        support.print_result(record, True)
    else:
        print("\n".join(told(record, language)))


def facts_of(texts: Sequence[str]) -> dict[str, Any]:
    """Name → value of `NAME=VALUE`: figures, true and false, `null`, and texts otherwise."""
    plain = {"true": True, "false": False, "null": None}
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or name.strip() in found:
            support.fail(f"--fact: found {text!r}, expected NAME=VALUE, each name once")
        try:
            found[name.strip()] = plain[value] if value in plain else float(value.replace("_", ""))
        except ValueError:
            found[name.strip()] = value
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        support.fail(f"--as-of: found {text!r}, expected a day such as 2026-01-31")


def _amount_fen(text: str, product: Product) -> int:
    if not text:
        return product.maximum_fen
    try:
        fen = Decimal(text.replace(",", "")) * 100
        if fen == fen.to_integral_value() and fen > 0:
            return int(fen)
    except InvalidOperation:
        pass
    support.fail(f"--amount: found {text!r}, expected yuan such as 300000 or 300000.00")


def told(record: dict[str, Any], language: str = "en") -> list[str]:
    """The record for people: result, bounds of the limit, build-up of the price, reasons."""
    result, stages = record["result"], record["stages"]
    lines = [
        f"outcome      {result['outcome']}" + (f" ({result['authority']})" if result["authority"] else ""),
        f"class        {result['risk_class']}, probability of default {_percent(result['probability_ppm'])}"
        + (f", {result['points']} points" if result["points"] is not None else ""),
        f"amount       {_yuan(result['amount_fen'])} of {_yuan(record['request']['amount_fen'])} asked, "
        f"limit {_yuan(result['limit_fen'])}, {record['request']['term_months']} months",
    ]
    if result["rate_ppm"] is not None:
        lines.append(f"rate         {_percent(result['rate_ppm'])} a year, effective annual cost {_percent(result['annual_cost_ppm'])}")
    lines += ["", "limit"]
    for bound in stages["limit"]["candidates"]:
        mark = "<- least" if bound["id"] == stages["limit"]["bound"] else ""
        value = "not known" if bound["amount_fen"] is None else _yuan(bound["amount_fen"])
        lines.append(f"  {value:>16}  {bound['text'][language]} {mark}".rstrip())
    lines.append(f"  {_yuan(stages['limit']['already_owed_fen']):>16}  - owed or promised already")
    if stages["price"]["parts"]:
        lines += ["", "price"]
        lines += [f"  {_percent(part['rate_ppm']):>16}  {part['text'][language]}" for part in stages["price"]["parts"]]
        for name, method in stages["price"].get("methods", {}).items():
            lines.append(f"  {_percent(method['rate_ppm']):>16}  by {name}{' (in use)' if name == stages['price']['method'] else ''}")
    lines += _parts(record, language)
    for side in ("for", "against"):
        lines += ["", side]
        lines += [f"  {_reason(one, record, language)}" for one in record["reasons"] if one["side"] == side] or ["  nothing"]
    lines += ["", "not known from this evidence"]
    lines += [f"  {one['text'][language]}: {one['handling'][language]}" for one in stages["facts"]["unknowns"]]
    if "decision" in record:
        lines += ["", f"decision {record['decision']}, digest {record['digest'][:16]}"]
    return lines


def _parts(record: dict[str, Any], language: str) -> list[str]:
    """Of a combined product: the most that each loan may take and, where it was decided, what became of each."""
    if "parts" not in record["stages"]:
        return []
    lines = ["", "loans"]
    for share in record["stages"]["parts"]["order"]:
        lines.append(f"  {_yuan(share['most_fen']):>16}  at most: {share['text'][language]} ({share['product']})")
    for part in record.get("parts", ()):
        rate = f" at {_percent(part['rate_ppm'])}" if part["rate_ppm"] is not None else ""
        lines.append(f"  {_yuan(part['amount_fen']):>16}  {part['outcome']} of {_yuan(part['asked_fen'])} asked{rate}: {part['product']}")
    return lines


def _reason(reason: dict[str, Any], record: dict[str, Any], language: str) -> str:
    text = reason_text(reason, record).get(language, reason["code"])
    if reason["stage"] == "score":
        return f"{text} ({_value(reason['value'])}): {reason['points']:+d} points"
    return f"{text} [{reason['severity']}]" if reason["side"] == "against" else text


def _value(value: object) -> str:
    """The value of a variable; of a fraction as many digits as somebody compares."""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.2f}" if abs(value) >= 100 else f"{value:.4g}"
    return "not known" if value is None else str(value)


def _percent(rate_ppm: int) -> str:
    return f"{Decimal(rate_ppm) / 10_000:.2f}%"


def _yuan(amount_fen: int) -> str:
    return f"{Decimal(amount_fen) / 100:,.2f}"
