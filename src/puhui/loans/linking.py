"""The rate of a running loan follows what the firm does: jobs kept, carbon saved, targets met (`calculations.linkage`).

The links are those of the product that the loan was decided by. On each review date the fact is looked at with the evidence that shows it,
and the rate steps from that day on; a fact without its evidence brings no discount. Steps do not add up: each review starts again from the
rate without any link. When a fact turns out to have been another, the correction sets the rate right from the day on which it is entered
and charges what was saved until then, where the link has the clause. Each is an act with maker and checker, like any change of rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.calculations.linkage import Link, Observation, Reviewed, clawback_fen, review, review_dates
from puhui.calculations.money import round_quotient
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.act_arguments import Argument, day, record, text
from puhui.loans.acts import Act, Done, Work, loan_faults
from puhui.loans.credit_models import LinkReview, RateLink
from puhui.loans.keeping import NewEvent, events_of
from puhui.loans.models import Loan
from puhui.loans.repricing import RUNNING, rate_before
from puhui.parties.actions import record_audit
from puhui.products.queries import product, products_by_digest, versions
from puhui.products.terms import Linkage, Product

__all__ = ["CORRECT_LINK", "REVIEW_LINK", "Standing", "links_of", "may_be_linked", "standing"]

_E8_OF_PPM = RATE_SCALE // 1_000_000


def product_of(loan: Loan) -> Product:
    """The product as it was when the loan was decided; where the decision names none, as it was valid on that day."""
    decision = loan.contract.decision
    digest = decision.record.get("versions", {}).get("product", {}).get("digest")
    if digest:
        return products_by_digest([(loan.product_code, digest)])[digest]
    return product(loan.product_code, decision.business_date, loan.institution)


def links_of(loan: Loan) -> dict[str, Linkage]:
    """Code → link of the loan's product."""
    return {one.code: one for one in product_of(loan).linkage}


def _calculated(one: Linkage) -> Link:
    return Link(one.code, one.steps, one.measured_months, one.evidence, one.clawback)


def may_be_linked(product_code: str) -> bool:
    """Whether any version of a product has a rate that follows something; reads files alone."""
    return any(one.linkage for one in versions(product_code))


@dataclass(frozen=True)
class Standing:
    """One link of a loan on a day: what was seen last, the dates that passed without a look, and the next one."""

    link: Linkage
    last: LinkReview | None
    missed: tuple[date, ...]
    coming: date | None


def standing(loan: Loan, links: Mapping[str, Linkage], reviews: Sequence[LinkReview], on: date) -> list[Standing]:
    """Each link of a loan with its reviews, in the order of the product's file."""
    found = []
    for code, link in links.items():
        own = [row for row in reviews if row.code == code]
        dates = review_dates(loan.start, loan.maturity, link.measured_months)
        seen = {row.review_date for row in own}
        missed = tuple(each for each in dates if each <= on and each not in seen)
        found.append(Standing(link, own[-1] if own else None, missed, next((each for each in dates if each > on), None)))
    return found


def _review(work: Work) -> Done:
    """The look at a fact on a review date: a row, and an event where the rate is another from that day on."""
    loan, given, when = work.target, work.arguments, work.when
    links, reviews = links_of(loan), _reviews(loan)
    check([*loan_faults(loan, when, work.day, RUNNING), *_review_faults(loan, links, reviews, given, when)])
    seen = _observation(given["code"], given, when)
    row = _row(work, seen, when, LinkReview.Kind.REVIEW, _looked(work, links, reviews, seen, when))
    return _step(work, row, when, {})


def _correct(work: Work) -> Done:
    """The fact of an earlier review was another: what it saved is charged, and the rate is right from today on."""
    loan, given = work.target, work.arguments
    links, reviews, reviewed = links_of(loan), _reviews(loan), given["review_date"]
    check([*loan_faults(loan, work.day, work.day, RUNNING), *_correction_faults(links, reviews, given)])
    before = next(row for row in reversed(reviews) if row.code == given["code"] and row.review_date == reviewed)
    seen = _observation(given["code"], given, reviewed)
    looked = _looked(work, links, reviews, seen, reviewed)
    nights = _nights(loan, reviewed, _governed_until(reviews, before, work.day))
    owed = clawback_fen(_calculated(links[before.code]), _number(before.value), _number(seen.value), nights)
    owed = min(owed, _difference_fen(looked[1].rate_ppm - before.rate_ppm, nights))  # no more than the caps would have let it cost
    is_latest = not any(row.code == before.code and row.review_date > reviewed for row in reviews)
    row = _row(work, seen, reviewed, LinkReview.Kind.CORRECTION, looked, owed)
    told = {"clawback_fen": owed}
    if owed:
        event = NewEvent("fee", work.day, work.event_key(1), owed, {"kind": "cost"})
        told["charged"] = work.happen("fee", event, particulars={"reason": given["reason"]}).answer["event"]
    return _step(work, row, work.day, told) if is_latest else Done({"loan": loan.pk, "review": row.pk, **told}, row)


def _number(value: float | None) -> float:
    """A fact that is not known reaches no step."""
    return float("-inf") if value is None else value


def _difference_fen(difference_ppm: int, nights: Sequence[tuple[int, int]]) -> int:
    """What a higher rate would have brought over some nights, in fen, rounded half up; 0 where it is not higher."""
    return round_quotient(max(0, difference_ppm) * sum(principal * count for principal, count in nights), 1_000_000 * 360)


def _looked(work: Work, links: Mapping[str, Linkage], reviews: Sequence[LinkReview], seen: Observation, when: date) -> tuple[int, Reviewed]:
    """The rate without links and what comes of a look: every link with its latest observation, this one with the new."""
    loan = work.target
    known = {row.code: _seen(row) for row in reviews if row.review_date <= when} | {seen.code: seen}
    base_ppm = _base_ppm(loan, reviews, when)
    price = product_of(loan).price
    limits = {"lowest_ppm": min(price.minimum_ppm, base_ppm), "highest_ppm": max(price.maximum_ppm, base_ppm)}
    return base_ppm, review(base_ppm, [_calculated(one) for one in links.values()], known.values(), max(when, work.day), **limits)


def _row(work: Work, seen: Observation, when: date, kind: str, looked: tuple[int, Reviewed], owed_fen: int = 0) -> LinkReview:
    base_ppm, found = looked
    return LinkReview.objects.create(
        institution=work.institution, loan=work.target, kind=kind, code=seen.code, review_date=when, value=seen.value, as_of=seen.as_of,
        evidence=work.arguments["evidence"] or {}, change_ppm=dict(found.changes)[seen.code], base_ppm=base_ppm, rate_ppm=found.rate_ppm,
        clawback_fen=owed_fen, day=work.day, recorded_by=work.actor,
    )  # fmt: skip


def _step(work: Work, row: LinkReview, from_day: date, told: dict[str, Any]) -> Done:
    """The new rate as an event of the loan, where it differs from the one that holds."""
    loan = work.target
    answer = {
        "loan": loan.pk, "number": loan.number, "review": row.pk, "code": row.code, "review_date": row.review_date.isoformat(),
        "change_ppm": row.change_ppm, "rate_ppm": row.rate_ppm, **told,
    }  # fmt: skip
    record_audit(work.institution, work.actor, f"loan.link_{row.kind}", "loan", loan.pk, answer)
    rate_e8 = row.rate_ppm * _E8_OF_PPM
    if rate_e8 != rate_before(loan, events_of([loan.pk])[loan.pk], from_day):
        event = NewEvent("rate_change", from_day, work.key, None, {"rate_e8": rate_e8, "note_link": row.code})
        answer["event"] = work.happen("rate_change", event).answer["event"]
    return Done(answer, row)


def _reviews(loan: Loan) -> list[LinkReview]:
    return list(LinkReview.objects.filter(loan=loan).order_by("review_date", "pk"))


def _observation(code: str, given: Mapping[str, Any], when: date) -> Observation:
    value, as_of = given["value"], given["as_of"] or when
    return Observation(code, None if value is None else float(value), as_of, max(as_of, when), tuple(given["evidence"] or ()))


def _seen(row: LinkReview) -> Observation:
    return Observation(row.code, row.value, row.as_of, max(row.as_of, row.review_date), tuple(row.evidence))


def _base_ppm(loan: Loan, reviews: Sequence[LinkReview], when: date) -> int:
    """The rate without any link: what holds before the day, less what the latest review before it had changed."""
    now_ppm = rate_before(loan, events_of([loan.pk])[loan.pk], when) // _E8_OF_PPM
    last = max((row for row in reviews if row.review_date < when), key=lambda row: (row.review_date, row.pk), default=None)
    return now_ppm if last is None else now_ppm - (last.rate_ppm - last.base_ppm)


def _governed_until(reviews: Sequence[LinkReview], before: LinkReview, today: date) -> date:
    """Until when an observation set the rate: the next review of its link, or today."""
    later = [row.review_date for row in reviews if row.code == before.code and row.review_date > before.review_date]
    return min([*later, today])


def _nights(loan: Loan, since: date, until: date) -> list[tuple[int, int]]:
    """The principal owed and the number of nights of each stretch between two days, by the loan's own events."""
    from puhui.loans.queries import dossier  # at the end of the loan's modules, which acts stand below

    history = events_of([loan.pk])[loan.pk]
    days = sorted({since, until, *(row.date for row in history if since < row.date < until)})
    return [(dossier(loan, first, events=history).owed.principal_fen, (last - first).days) for first, last in pairwise(days)]


def _review_faults(
    loan: Loan, links: Mapping[str, Linkage], reviews: Sequence[LinkReview], given: Mapping[str, Any], when: date
) -> Iterator[Fault]:
    yield from _link_faults(links, given)
    link = links.get(given["code"])
    if link is None:
        return
    dates = review_dates(loan.start, loan.maturity, link.measured_months)
    if when not in dates:
        told = ", ".join(str(each) for each in dates) or "none before maturity"
        yield Fault("date", when.isoformat(), f"a review date of {link.code}: {told}")
    if any(row.code == link.code and row.review_date == when for row in reviews):
        yield Fault("date", f"{when}, looked at already", "a review date without a look", "Correct it instead.")
    if any(row.code == link.code and row.review_date > when for row in reviews):
        yield Fault("date", f"{when}, before the latest review", "a later review date", "Correct the later one instead.")
    if given["as_of"] is not None and given["as_of"] > when:
        yield Fault("as_of", str(given["as_of"]), f"a day up to {when}, the review date")
    if RateLink.objects.filter(contract=loan.contract_id).exists():
        yield Fault(f"loan {loan.number}", "a rate that follows an index", "a rate that follows the links of its product alone")


def _correction_faults(links: Mapping[str, Linkage], reviews: Sequence[LinkReview], given: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _link_faults(links, given)
    dates = [row.review_date for row in reviews if row.code == given["code"]]
    if given["review_date"] not in dates:
        told = ", ".join(str(each) for each in sorted(set(dates))) or "none was looked at yet"
        yield Fault("review_date", str(given["review_date"]), f"a review date that was looked at: {told}")


def _link_faults(links: Mapping[str, Linkage], given: Mapping[str, Any]) -> Iterator[Fault]:
    if given["code"] not in links:
        yield Fault("code", given["code"], " or ".join(links) or "none: the rate of this product follows nothing")
    elif strange := sorted(set(given["evidence"] or ()) - set(links[given["code"]].evidence)):
        yield Fault("evidence", ", ".join(strange), ", ".join(links[given["code"]].evidence))


def _value(typed: Any) -> Decimal:
    found = Decimal(str(typed))
    if isinstance(typed, bool) or not found.is_finite() or abs(found) > 10**12:
        raise ValueError(typed)
    return found


_SEEN = (
    text("code", "a link of the loan's product", length=40),
    Argument("value", "a number as the link measures it; nothing where it is not known", _value, required=False),
    day("as_of"),
    record("evidence", "a document for each class of evidence that the link asks for", required=False),
)


def _restore(answer: Mapping[str, Any]) -> LinkReview:
    return LinkReview.objects.get(pk=answer["review"])


REVIEW_LINK = Act("review_link", "loan", _review, (*_SEEN, day(required=True)), restore=_restore)
CORRECT_LINK = Act(
    "correct_link", "loan", _correct, (*_SEEN, day("review_date", required=True), text("reason", "how it became known")), restore=_restore
)
