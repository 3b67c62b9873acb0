"""The rate of a running loan follows what the firm does: jobs kept, carbon saved, targets met (`calculations.linkage`).

The links are those of the product that the loan was decided by. On each review date the fact is looked at with the evidence that shows it,
and the rate steps from that day on; a fact without its evidence brings no discount. Steps do not add up: each review starts again from the
rate without any link. When a fact turns out to have been another, the correction sets the rate right from the day on which it is entered
and charges what was saved until then, where the link has the clause. Each is an act with maker and checker, like any change of rate.

Where the rate follows an index as well, a look is an entry of the dated list of spreads over it (`linked_rates`): the step counts from the
review date on whatever the index is set to later. A look that is entered late sets right what the index brought since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from puhui.calculations.faults import Fault, check
from puhui.calculations.linkage import Link, Observation, Reviewed, clawback_fen, linked_rate, review, review_dates
from puhui.calculations.money import round_quotient
from puhui.calculations.term_records import RATE_SCALE
from puhui.loans.act_arguments import Argument, day, record, text
from puhui.loans.acts import Act, Done, Work, loan_faults
from puhui.loans.credit_models import LinkReview
from puhui.loans.keeping import NewEvent, events_of
from puhui.loans.linked_rates import E8_OF_PPM, Course, last_set, looks_of
from puhui.loans.links import Linked, linked_by
from puhui.loans.models import Event, Loan
from puhui.loans.rate_setting import new_rates, rate_before, set_rates
from puhui.loans.repricing import RUNNING
from puhui.parties.actions import record_audit
from puhui.products.terms import Linkage

__all__ = ["CORRECT_LINK", "REVIEW_LINK"]


def _calculated(one: Linkage) -> Link:
    return Link(one.code, None if one.formula else one.steps, one.measured_months, one.evidence, one.clawback)


def _review(work: Work) -> Done:
    """The look at a fact on a review date: a row, and an event where the rate is another from that day on."""
    loan, given, when = work.target, work.arguments, work.when
    linked = linked_by(loan)
    check([*loan_faults(loan, when, work.day, RUNNING), *_review_faults(loan, linked, given, when)])
    seen = _observation(linked, given, when)
    row = _row(work, seen, when, LinkReview.Kind.REVIEW, _looked(work, linked, seen, when, when))
    return _step(work, linked, row, when, {})


def _correct(work: Work) -> Done:
    """The fact of an earlier review was another: what it saved is charged, and the rate is right from today on."""
    loan, given = work.target, work.arguments
    linked, reviewed = linked_by(loan), given["review_date"]
    check([*loan_faults(loan, work.day, work.day, RUNNING), *_correction_faults(linked, given)])
    before = next(row for row in reversed(linked.reviews) if row.code == given["code"] and row.review_date == reviewed)
    seen = _observation(linked, given, reviewed)
    looked = _looked(work, linked, seen, reviewed, reviewed)
    owed = _owed_fen(work, linked, before, seen, looked)
    is_latest = not any(row.code == before.code and row.review_date > reviewed for row in linked.reviews)
    if is_latest:
        looked = _looked(work, linked, seen, reviewed, work.day)
    row = _row(work, seen, reviewed, LinkReview.Kind.CORRECTION, looked, owed)
    told = {"clawback_fen": owed}
    if owed:
        event = NewEvent("fee", work.day, work.event_key(1), owed, {"kind": "cost"})
        told["charged"] = work.happen("fee", event, particulars={"reason": given["reason"]}).answer["event"]
    return _step(work, linked, row, work.day, told) if is_latest else Done({"loan": loan.pk, "review": row.pk, **told}, row)


def _owed_fen(work: Work, linked: Linked, before: LinkReview, seen: Observation, looked: tuple[int, Reviewed]) -> int:
    """What the facts that were told have saved against the true one, where the link has the clause: no more than the caps let it cost, and
    less what earlier corrections of the same review have charged."""
    same = [row for row in linked.reviews if (row.code, row.review_date) == (before.code, before.review_date)]
    until, told = _governed_until(linked.reviews, before, work.day), looks_of(linked.reviews)
    days = [*(look.since for look in told), *(linked.course.days(until) if linked.course else ())]
    nights = nights_of(work.target, before.review_date, until, days)
    actual = linked.rates_by(told, looked[0])
    right = linked.rates_by(linked.looks_as_if(before, dict(looked[1].changes)[before.code]), looked[0])
    brought = _difference_fen([right(day) - actual(day) for day, _, _ in nights], nights)
    link, stretches = _calculated(linked.links[before.code]), [night[1:] for night in nights]
    saved = max(clawback_fen(link, _number(row.value), _number(seen.value), stretches) for row in same)
    return max(0, min(saved, brought) - sum(row.clawback_fen for row in same))


def _number(value: float | None) -> float:
    """A fact that is not known reaches no step."""
    return float("-inf") if value is None else value


def _difference_fen(differences_e8: Sequence[int], nights: Sequence[tuple[date, int, int]]) -> int:
    """What a higher rate would have brought over some nights, in fen, rounded half up; a stretch on which it is not higher brings none."""
    brought = sum(max(0, rate) * principal * count for rate, (_, principal, count) in zip(differences_e8, nights, strict=True))
    return round_quotient(brought, RATE_SCALE * 360)


def _looked(work: Work, linked: Linked, seen: Observation, reviewed: date, when: date) -> tuple[int, Reviewed]:
    """The rate on a day without links, and what comes of a look: every link with its latest observation, this one with the new."""
    loan = work.target
    known = {row.code: _seen(row) for row in linked.reviews if row.review_date <= when} | {seen.code: seen}
    base_ppm = _base_ppm(loan, linked, when if linked.course else reviewed)
    price = linked.product.price
    limits = {"lowest_ppm": price.minimum_ppm, "highest_ppm": price.maximum_ppm}
    links = [_calculated(one) for one in linked.links.values()]
    return base_ppm, review(base_ppm, links, known.values(), max(when, work.day), **limits)


def _row(work: Work, seen: Observation, when: date, kind: str, looked: tuple[int, Reviewed], owed_fen: int = 0) -> LinkReview:
    base_ppm, found = looked
    given = work.arguments
    return LinkReview.objects.create(
        institution=work.institution, loan=work.target, kind=kind, code=seen.code, review_date=when, value=seen.value, as_of=seen.as_of,
        facts=given["facts"] or {}, evidence=given["evidence"] or {}, change_ppm=dict(found.changes)[seen.code], base_ppm=base_ppm,
        rate_ppm=found.rate_ppm, clawback_fen=owed_fen, day=work.day, recorded_by=work.actor,
    )  # fmt: skip


def _step(work: Work, linked: Linked, row: LinkReview, from_day: date, told: dict[str, Any]) -> Done:
    """The new rate as an event of the loan, where it differs from the one that holds."""
    loan = work.target
    answer = {
        "loan": loan.pk, "number": loan.number, "review": row.pk, "code": row.code, "review_date": row.review_date.isoformat(),
        "change_ppm": row.change_ppm, "rate_ppm": row.rate_ppm, **told,
    }  # fmt: skip
    record_audit(work.institution, work.actor, f"loan.link_{row.kind}", "loan", loan.pk, answer)
    events = events_of([loan.pk])[loan.pk]
    if linked.course is None:
        wanted = {each.date: int(each.detail["rate_e8"]) for each in new_rates(events) if each.date > from_day}
        wanted[from_day] = row.rate_ppm * E8_OF_PPM
    else:
        wanted = _indexed_rates(linked.course, linked.with_look(row), loan, events, from_day, work.day)
    if numbers := set_rates(work, events, wanted, {"note_link": row.code}):
        answer["event"] = Event.objects.get(loan=loan, number=numbers[-1]).pk
    return Done(answer, row)


def _indexed_rates(before: Course, after: Course, loan: Loan, events: Sequence[Event], since: date, until: date) -> dict[date, int]:
    """Day → rate from a look on, where the rate follows an index too: a person's own change of it holds until the index is set anew."""
    standing = {each.date for each in new_rates(events)}
    wanted = {}
    for on in sorted({since, *(each for each in (*after.days(until), *standing) if since < each <= until)}):
        old, held = before.rate_e8(on), rate_before(loan, events, on + timedelta(days=1))
        if on not in standing and last_set(after.link, loan.start, on) == on:
            held = old  # the index is set anew by the end of this day
        change = after.rate_e8(on) - old
        wanted[on] = linked_rate(held, change, after.lowest_e8, after.highest_e8)
    return wanted


def _observation(linked: Linked, given: Mapping[str, Any], when: date) -> Observation:
    """What was seen: one value, or for a formula the change that its facts give."""
    code, value, as_of = given["code"], given["value"], given["as_of"] or when
    value = linked.value(code, given["facts"] or {}) if linked.links[code].formula else value
    return Observation(code, None if value is None else float(value), as_of, max(as_of, when), tuple(given["evidence"] or ()))


def _seen(row: LinkReview) -> Observation:
    return Observation(row.code, row.value, row.as_of, max(row.as_of, row.review_date), tuple(row.evidence))


def _base_ppm(loan: Loan, linked: Linked, when: date) -> int:
    """The rate without any link: by the index, or what holds before the day, less what the latest review before it had changed."""
    if linked.course is not None:
        return round_quotient(linked.course.base_e8(when), E8_OF_PPM)
    now_ppm = rate_before(loan, events_of([loan.pk])[loan.pk], when) // E8_OF_PPM
    last = max((row for row in linked.reviews if row.review_date < when), key=lambda row: (row.review_date, row.pk), default=None)
    return now_ppm if last is None else now_ppm - (last.rate_ppm - last.base_ppm)


def _governed_until(reviews: Sequence[LinkReview], before: LinkReview, today: date) -> date:
    """Until when an observation set the rate: the next review of its link, or today."""
    later = [row.review_date for row in reviews if row.code == before.code and row.review_date > before.review_date]
    return min([*later, today])


def nights_of(loan: Loan, since: date, until: date, days: Iterable[date] = ()) -> list[tuple[date, int, int]]:
    """(first day, principal owed, number of nights) of each stretch between two days, by the loan's own events, split at `days` too."""
    from puhui.loans.queries import dossier  # at the end of the loan's modules, which acts stand below

    history = events_of([loan.pk])[loan.pk]
    between = {each for each in (*days, *(row.date for row in history)) if since < each < until}
    stretches = pairwise(sorted({since, until, *between}))
    return [(first, dossier(loan, first, events=history).owed.principal_fen, (last - first).days) for first, last in stretches]


def _review_faults(loan: Loan, linked: Linked, given: Mapping[str, Any], when: date) -> Iterator[Fault]:
    yield from _link_faults(linked.links, given)
    link, reviews = linked.links.get(given["code"]), linked.reviews
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


def _correction_faults(linked: Linked, given: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _link_faults(linked.links, given)
    dates = [row.review_date for row in linked.reviews if row.code == given["code"]]
    if given["review_date"] not in dates:
        told = ", ".join(str(each) for each in sorted(set(dates))) or "none was looked at yet"
        yield Fault("review_date", str(given["review_date"]), f"a review date that was looked at: {told}")


def _link_faults(links: Mapping[str, Linkage], given: Mapping[str, Any]) -> Iterator[Fault]:
    link = links.get(given["code"])
    if link is None:
        yield Fault("code", given["code"], " or ".join(links) or "none: the rate of this product follows nothing")
        return
    if strange := sorted(set(given["evidence"] or ()) - set(link.evidence)):
        yield Fault("evidence", ", ".join(strange), ", ".join(link.evidence))
    if link.formula and given["value"] is not None:
        yield Fault("value", str(given["value"]), f"nothing: {link.code} is reckoned from facts", "Give facts: " + ", ".join(link.observed))
    if strange := sorted(set(given["facts"] or ()) - set(link.observed)):
        expected = ", ".join(link.observed) or f"nothing: {link.code} looks at one value"
        yield Fault("facts", ", ".join(strange), expected)


def _value(typed: Any) -> Decimal:
    found = Decimal(str(typed))
    if isinstance(typed, bool) or not found.is_finite() or abs(found) > 10**12:
        raise ValueError(typed)
    return found


def _facts(typed: Any) -> dict[str, float]:
    if not isinstance(typed, Mapping):
        raise ValueError(typed)
    return {str(name): float(_value(value)) for name, value in typed.items() if value is not None}


_SEEN = (
    text("code", "a link of the loan's product", length=40),
    Argument("value", "a number as the link measures it; nothing where it is not known", _value, required=False),
    Argument("facts", "a number for each fact of the link's formula that is known", _facts, required=False, kind="record"),
    day("as_of"),
    record("evidence", "a document for each class of evidence that the link asks for", required=False),
)


def _restore(answer: Mapping[str, Any]) -> LinkReview:
    return LinkReview.objects.get(pk=answer["review"])


REVIEW_LINK = Act("review_link", "loan", _review, (*_SEEN, day(required=True)), restore=_restore)
CORRECT_LINK = Act(
    "correct_link", "loan", _correct, (*_SEEN, day("review_date", required=True), text("reason", "how it became known")), restore=_restore
)
