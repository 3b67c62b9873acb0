"""What a product says beside its rules: what the form asks, which security it takes, what the rate follows, who shares the loss."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from puhui.products.fields import Fields
from puhui.products.terms import ApplicationFact, InterestShare, Linkage, Security, Support

__all__ = ["APPLICATION_UNITS", "read_application", "read_linkage", "read_security", "read_support"]

APPLICATION_UNITS = (
    "CNY",
    "flag",
    "n",
    "days",
    "months",
    "years",
    "ratio",
    "points",
    "text",
    "boolean",
    "mu",
    "1-5",
    "CNY/month",
    "persons",
)
SAID_BY = ("borrower", "lender")
_MEASURED = re.compile(r"every (?:(\d+) )?months?")


def read_application(root: Fields) -> dict[str, ApplicationFact]:
    """The facts under [application] with their texts under [application_texts.NAME]; [application_by] names those of the lender."""
    asked = root.table("application", required=False)
    texts = root.table("application_texts", required=False)
    said_by = root.table("application_by", required=False)
    found = {}
    for name in asked.body:
        unit = asked.text(name, choices=APPLICATION_UNITS)
        if not name.isidentifier():
            asked.fault(name, name, "a name of letters, digits and _", "Rename it.")
        by = said_by.text(name, choices=SAID_BY) if name in said_by.body else "borrower"
        found[name] = ApplicationFact(unit, texts.texts(name), by)
    texts.finish()
    said_by.finish()
    return found


def read_security(root: Fields) -> Security:
    """[security]; without it the product takes none and asks none."""
    if "security" not in root.body:
        return Security()
    fields = root.table("security")
    security = Security(fields.strings("kinds"), fields.rate_ppm("cover", 0.0, 5.0, 0))
    if not security.kinds:
        fields.fault("kinds", None, 'kinds of security, or ["none"]')
    if "none" in security.kinds and security.cover_ppm:
        fields.fault("cover", security.cover_ppm / 1e6, "no share to be covered where a loan without security is allowed")
    fields.take("source", "")
    fields.finish()
    return security


def read_linkage(root: Fields, names: Mapping[str, object]) -> tuple[Linkage, ...]:
    """[[linkage]]; `names` are the facts that a rate may follow."""
    found: list[Linkage] = []
    for row in root.rows("linkage", required=False):
        code, fact = row.text("code"), row.text("fact")
        if fact and fact not in names:
            likely = difflib.get_close_matches(fact, list(names), n=1)
            row.fault(
                "fact",
                fact,
                "a declared variable, a fact of the application or a definition",
                f"Did you mean {likely[0]}?" if likely else "",
            )
        if code in {one.code for one in found}:
            row.fault("code", code, "each code once")
        steps = []
        for step in row.rows("steps"):
            steps.append((step.number("from", -1e12, 1e12), step.rate_ppm("change", low=-0.2, high=0.2)))
            step.finish()
            if sum(least == steps[-1][0] for least, _ in steps) > 1:
                step.fault("from", steps[-1][0], "each threshold once", "The step cannot be reached.")
        row.take("source", "")
        months = _months(row)
        found.append(
            Linkage(
                code,
                fact,
                tuple(sorted(steps)),
                months,
                row.strings("evidence", ()),
                row.boolean("clawback", False),
                row.texts("texts", None),
            )
        )
        row.finish()
    return tuple(found)


def _months(row: Fields) -> int:
    text = row.text("measured")
    match = _MEASURED.fullmatch(text)
    if text and not match:
        row.fault("measured", text, 'how often, such as "every 6 months"')
    return int(match[1] or 1) if match else 1


def read_support(root: Fields) -> Support:
    """[support]: shares of the loss, which add up to one, and shares of the interest."""
    fields = root.table("support", required=False)
    losses: dict[str, int] = {}
    for row in fields.rows("loss_shares", required=False):
        party = row.text("party")
        if party in losses:
            row.fault("party", party, "each party once")
        losses[party] = row.rate_ppm("share")
        row.take("source", "")
        row.finish()
    if losses and sum(losses.values()) != 1_000_000:
        fields.fault("loss_shares", sum(losses.values()) / 1e6, "shares that add up to 1")
    interest = []
    for row in fields.rows("interest_shares", required=False):
        share = InterestShare(
            row.text("party"), row.rate_ppm("rate", default=None), row.rate_ppm("share_of_rate", default=None), row.whole("months", 1, 120)
        )
        if (share.rate_ppm is None) == (share.share_ppm is None):
            row.fault("rate", row.body.get("rate"), "either rate or share_of_rate")
        row.take("source", "")
        row.finish()
        interest.append(share)
    fields.take("source", "")
    fields.finish()
    return Support(losses, tuple(interest))
