"""What a product says beside its rules: what the form asks, which security it takes, who shares the loss."""

from __future__ import annotations

from puhui.products.fields import Fields
from puhui.products.terms import ApplicationFact, InterestShare, Security, Support

__all__ = ["APPLICATION_UNITS", "read_application", "read_security", "read_support"]

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
