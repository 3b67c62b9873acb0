"""The links of a loan: what its product lets the rate follow, the looks at it so far, and which looks are due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from puhui.calculations.linkage import Look, changes_of, linked_rate, review_dates
from puhui.calculations.rates import in_force
from puhui.calculations.rules_python import Value
from puhui.loans.credit_models import LinkReview
from puhui.loans.linked_rates import E8_OF_PPM, Course, course, looks_of, product_decided
from puhui.loans.models import Loan
from puhui.products.linkages import change_of_rate
from puhui.products.queries import versions
from puhui.products.terms import Linkage, Product

__all__ = ["Linked", "Standing", "linked_by", "links_of", "may_be_linked", "rate_link_of", "standing"]


def links_of(loan: Loan) -> dict[str, Linkage]:
    """Code → link of the loan's product."""
    return {one.code: one for one in product_decided(loan.product_code, loan.contract.decision, loan.institution).linkage}


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


@dataclass(frozen=True)
class Linked:
    """What the rate of a loan rests on: its product's links, the looks so far in their order, and where it follows an index the course."""

    product: Product
    links: Mapping[str, Linkage]
    reviews: Sequence[LinkReview]
    loan: Loan
    course: Course | None
    decided: Mapping[str, Value]  # the facts as they were when the loan was decided

    def value(self, code: str, observed: Mapping[str, Value]) -> float | None:
        """What the formula of a link gives for the facts that were looked at; None where one that it needs is not known."""
        return change_of_rate(self.links[code], self.product, self.decided, observed)

    def with_look(self, row: LinkReview) -> Course:
        """The course with one more look."""
        reviews = sorted([*self.reviews, row], key=lambda each: (each.review_date, each.pk))
        return self._course(looks_of(reviews))

    def looks_as_if(self, before: LinkReview, change_ppm: int) -> list[Look]:
        """The looks as if all at one link on one review date had been a single one that changed the rate by so much."""
        others = [row for row in self.reviews if (row.code, row.review_date) != (before.code, before.review_date)]
        looks = [*looks_of(others), Look(before.code, before.review_date, before.review_date, change_ppm)]
        return sorted(looks, key=lambda look: look.review_date)

    def rates_by(self, looks: Sequence[Look], base_ppm: int) -> Callable[[date], int]:
        """The rate of a day by some looks, in hundred-millionths; `base_ppm`: without any link, where it follows no index."""
        if self.course is not None:
            return self._course(looks).rate_e8
        changes, price = ((date.min, 0), *changes_of(looks)), self.product.price
        return lambda day: linked_rate(base_ppm, in_force(changes, day), price.minimum_ppm, price.maximum_ppm) * E8_OF_PPM

    def _course(self, looks: Sequence[Look]) -> Course:
        assert self.course is not None
        return course(self.loan, self.course.link, looks, self.product)


def linked_by(loan: Loan) -> Linked:
    """What the rate of a loan rests on; two or three statements, fewer where contract and decision were read with the loan."""
    decision = loan.contract.decision
    of = product_decided(loan.product_code, decision, loan.institution)
    reviews = list(LinkReview.objects.filter(loan=loan).order_by("review_date", "pk"))
    link = getattr(loan.contract, "rate_link", None)
    follows = None if link is None else course(loan, link, looks_of(reviews), of)
    return Linked(of, {one.code: one for one in of.linkage}, reviews, loan, follows, _decided(decision.record))


def rate_link_of(loan: Loan, until: date) -> dict[str, Any] | None:
    """The index and the spreads of a loan's rate up to a day, as `rate_link` of a quote; None where it follows no index."""
    if getattr(loan.contract, "rate_link", None) is None:
        return None
    follows = linked_by(loan).course
    assert follows is not None
    return follows.quoted(until)


def _decided(record: Mapping[str, Any]) -> dict[str, Value]:
    """Every fact that a decision rested on, by name; none where its record keeps none (a loan taken over from elsewhere)."""
    stage = record.get("stages", {}).get("facts", {})
    named = {one["id"]: one["value"] for one in stage.get("derived", ())}
    return {**stage.get("inputs", {}), **record.get("facts", {}).get("variables", {}), **named}
