"""The terms of a product in plain words: how long, at what rate, secured by what, who bears a loss, who pays interest, who approves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from puhui.products.parameters import Table
from puhui.products.terms import FIXED, Season
from puhui.products.wording import Wording

__all__ = ["approval", "interest", "linkage", "loss", "rate", "security", "term", "time"]


def term(words: Wording) -> Iterator[str]:
    """Months, how it is repaid, what being late costs."""
    product = words.product
    low, high = product.minimum_months, product.maximum_months
    yield words.say("month" if low == high == 1 else "months", low=low, high=high, method=words.term(str(product.terms.get("method", ""))))
    if product.season is not None:
        yield _season(words, product.season)
    if product.days_fact:
        yield words.say("days_wanted", name=product.application[product.days_fact].texts[words.language])
    if penalty := product.terms.get("penalty"):
        overdue, misuse = (words.share(float(penalty[key])) for key in ("markup_overdue", "markup_misuse"))
        yield words.say("late", overdue=overdue, misuse=misuse)
        if penalty.get("grace_days"):
            yield words.say("grace", days=penalty["grace_days"])


def _season(words: Wording, season: Season) -> str:
    """On which days the principal falls due."""
    parts = [(month, words.share(ppm / 1e6)) for month, ppm in season.shares]
    if not season.harvest:
        listed = (words.say("season_month", month=month, share=share) for month, share in parts)
        return words.say("season_calendar", day=season.day, earliest=season.earliest_months, list=words.joined(listed))
    listed = (
        words.say("season_after", months=month, share=share) if month else words.say("season_at", share=share) for month, share in parts
    )
    return words.say("season_harvest", list=words.joined(listed), fact=words.product.application[season.harvest].texts[words.language])


def rate(words: Wording) -> Iterator[str]:
    """The method in use and the range."""
    price = words.product.price
    if price.method == "churn_aware":
        yield words.say("churn")
    elif price.tier_base == FIXED:
        rates = ((code, words.share(ppm / 1e6)) for code, ppm in price.tier_spread_ppm.items())
        yield words.say("tiers_fixed", list=words.listed(words.say("fixed_class", **{"class": code, "rate": rate}) for code, rate in rates))
    else:
        spreads = [(code, f"{ppm / 10_000:+.4f}".rstrip("0").rstrip(".").replace("-", "−")) for code, ppm in price.tier_spread_ppm.items()]
        listed = words.listed(words.say("points_up", **{"class": code, "points": points}) for code, points in spreads)
        yield words.say("tiers" if price.tier_base == "LPR1Y" else "tiers_five", list=listed)
    for step in price.steps:
        daily = words.share(step.add_ppm / 1e6 / 360)
        yield words.say("step", days=step.after_days, points=f"{step.add_ppm / 10_000:g}", daily=daily)
    yield words.say("band", low=words.share(price.minimum_ppm / 1e6), high=words.share(price.maximum_ppm / 1e6))


def linkage(words: Wording) -> Iterator[str]:
    """What the rate follows, by which formula, and whether what was saved is paid back."""
    for one in words.product.linkage:
        text = one.texts[words.language] if one.texts else words.name(one.fact) if one.fact else one.code
        yield words.say("follows", text=text, months=one.measured_months)
        if one.formula is not None:
            yield words.say("changes_by", formula=words.formula(one.formula.expression.tree))
            yield words.say("looked_at", list=words.listed(fact.texts[words.language] for fact in one.observed.values()))
        if one.clawback:
            yield words.say("clawback")


def security(words: Wording) -> Iterator[str]:
    """The kinds of security taken, and how much they must cover."""
    asked = words.product.security
    if asked.kinds == ("none",):
        yield words.say("none")
        return
    yield words.say("kinds_of", list=words.terms(asked.kinds))
    if asked.cover_ppm:
        yield words.say("cover", share=words.share(asked.cover_ppm / 1e6))


def loss(words: Wording) -> Iterator[str]:
    """Who bears which share of a loss."""
    shares = words.product.support.loss_shares_ppm
    if set(shares) <= {"bank"}:
        yield words.say("bank_alone")
        return
    parts = (words.say("party_share", party=words.term(party), share=words.share(ppm / 1e6)) for party, ppm in shares.items())
    yield words.say("shares", list=words.joined(parts))


def interest(words: Wording) -> Iterator[str]:
    """Who pays interest beside the borrower."""
    shares = words.product.support.interest_shares
    if not shares:
        yield words.say("borrower_alone")
    for one in shares:
        party = words.term(one.party)
        party = party if words.chinese else party[:1].upper() + party[1:]
        if one.rate_ppm is not None:
            yield words.say("pays_rate", party=party, share=f"{one.rate_ppm / 10_000:g}", months=one.months)
        else:
            yield words.say("pays_share", party=party, share=words.share((one.share_ppm or 0) / 1e6), months=one.months)


def approval(words: Wording, authority: Table, day: date) -> Iterator[str]:
    """The levels of authority from the least on, with the highest amount that each may grant by class."""
    lent = [one.code for one in words.product.classes if one.is_lent]
    highest = words.product.maximum_fen // 100
    for row in authority.valid_on(day):
        amounts = {code: min(int(row.get(code, 0)), highest) for code in lent}
        told = [words.say("level_amount", **{"class": code, "amount": words.amount(amount)}) for code, amount in amounts.items() if amount]
        if told:
            yield words.say("level", level=words.term(str(row["level"])), list=words.listed(told))
        if all(amounts[code] >= highest for code in lent):
            break
    yield words.say("referred")


def time(words: Wording) -> Iterator[str]:
    """Within how many working days the answer comes, and how long an offer stands."""
    days = words.product.decision_days
    if days is not None:
        yield words.say("answer_one") if days == 1 else words.say("answer", days=days)
    yield words.say("stands", days=words.product.offer_days)
