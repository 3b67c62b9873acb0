"""The rate of a loan over time where it follows an index, and with it what its product links the rate to.

On any day it is the index as it was last set, the spread that was agreed, and what the links change: the sum of the steps that their
latest looks reached, held within the product's lowest and highest rate. So the spread is a dated list, and the looks are its entries
(`LinkReview`, which only grows): a look counts from its review date, a correction from the day on which it is entered. The index keeps
its own days. `Course.quoted` writes the same as `rate_link` of `quote.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings

from puhui.calculations.calendar import add_months
from puhui.calculations.linkage import Look, changes_of, linked_rate
from puhui.calculations.rates import in_force
from puhui.calculations.term_records import RATE_SCALE
from puhui.decisions.models import Decision
from puhui.loans.credit_models import LinkReview, RateLink
from puhui.loans.models import Loan
from puhui.parties.models import Institution
from puhui.products.parameters import table
from puhui.products.queries import product, products_by_digest
from puhui.products.terms import Product

__all__ = ["E8_OF_PPM", "Course", "Link", "courses_of", "index_e8", "is_repriced_on", "last_set", "looks_of", "product_decided"]

E8_OF_PPM = RATE_SCALE // 1_000_000


@dataclass(frozen=True, slots=True)
class Link:
    """An index, the spread over it in hundred-millionths, and when the rate is set anew."""

    index: str
    spread_e8: int
    every_months: int
    on: str


@dataclass(frozen=True, slots=True)
class Course:
    """A rate that follows an index and links, from the payout on. Rates in hundred-millionths.

    `first_e8`: the rate of the contract, which holds until the index is first set anew; `changes`: (day, what the links change from then
    on), in rising order; `lowest_e8`, `highest_e8`: what the links may not carry the rate beyond.
    """

    link: Link | RateLink
    start: date
    first_e8: int
    changes: tuple[tuple[date, int], ...] = ()
    lowest_e8: int = 0
    highest_e8: int = RATE_SCALE

    def base_e8(self, day: date) -> int:
        """The rate without any link."""
        since = last_set(self.link, self.start, day)
        return self.first_e8 if since == self.start else index_e8(self.link.index, since) + self.link.spread_e8

    def rate_e8(self, day: date) -> int:
        return linked_rate(self.base_e8(day), self.change_e8(day), self.lowest_e8, self.highest_e8)

    def change_e8(self, day: date) -> int:
        """What the links ask for; the caps may hold it back."""
        return in_force(((date.min, 0), *self.changes), day)

    def days(self, until: date) -> list[date]:
        """The days from the payout up to `until` on which index or links may bring another rate."""
        found = {self.start, *(day for day, _ in self.changes if self.start < day <= until)}
        day = until
        while (day := last_set(self.link, self.start, day)) > self.start:
            found.add(day)
            day -= timedelta(days=1)
        return sorted(found)

    def spreads(self, until: date) -> list[tuple[date, int]]:
        """The dated list of spreads up to a day, as they count: where the caps hold a step back, the index moves the spread too."""
        found: list[tuple[date, int]] = []
        for day in self.days(until):
            spread = self.rate_e8(day) - index_e8(self.link.index, last_set(self.link, self.start, day))
            if not found or found[-1][1] != spread:
                found.append((day, spread))
        return found

    def quoted(self, until: date) -> dict[str, Any]:
        """What held up to a day as `rate_link` of a quote."""
        published = table("loan-prime-rate", settings.PUHUI_CATALOGUE).rows
        return {
            "index": self.link.index,
            "spreads": [[day.isoformat(), _decimal(spread)] for day, spread in self.spreads(until)],
            "every": f"{self.link.every_months} month",
            "on": str(self.link.on),
            "values": [[row["valid_from"], str(row[self.link.index])] for row in published if row["valid_from"] < until.isoformat()],
        }


def _decimal(rate_e8: int) -> str:
    return format(Decimal(rate_e8) / RATE_SCALE, "f")


def index_e8(index: str, day: date) -> int:
    """The value of an index that counts on `day`: the latest published on the day before. Raises FaultsError where none was."""
    row = table("loan-prime-rate", settings.PUHUI_CATALOGUE).row(day - timedelta(days=1))
    value: int = round(row[index] * RATE_SCALE)
    return value


def is_repriced_on(link: RateLink | Link, start: date, day: date) -> bool:
    """Whether `day` is one on which the rate of a loan from `start` is set anew."""
    return day > start and last_set(link, start, day) == day


def last_set(link: RateLink | Link, start: date, day: date) -> date:
    """The latest day up to `day` on which the index was set: a repricing day, or the payout where none came yet."""
    origin = start if link.on == RateLink.On.ANNIVERSARY else date(start.year, 1, 1)
    months = (day.year - origin.year) * 12 + day.month - origin.month
    months -= months % link.every_months
    if add_months(origin, months) > day:
        months -= link.every_months
    return max(add_months(origin, months), start)


def looks_of(reviews: Iterable[LinkReview]) -> list[Look]:
    """The looks at links, in their order, with the day from which each counts."""
    return [
        Look(row.code, row.review_date, row.day if row.kind == LinkReview.Kind.CORRECTION else row.review_date, row.change_ppm)
        for row in reviews
    ]


def courses_of(links: Mapping[Loan, Link | RateLink], products: Mapping[int, Product] | None = None) -> dict[int, Course]:
    """Loan → the course of its rate, for loans that follow an index. A few statements, however many loans there are.

    `products`: those of the loans, where they are known already.
    """
    reviews: dict[int, list[LinkReview]] = defaultdict(list)
    for row in LinkReview.objects.filter(loan__in=list(links)).order_by("review_date", "pk"):
        reviews[row.loan_id].append(row)
    if products is None:
        products = products_of([loan for loan in links if loan.pk in reviews])
    return {loan.pk: course(loan, link, looks_of(reviews[loan.pk]), products.get(loan.pk)) for loan, link in links.items()}


def course(loan: Loan, link: Link | RateLink, looks: Sequence[Look], of: Product | None) -> Course:
    """The course of one loan by some looks; without its product nothing is linked to."""
    first_e8 = round(Decimal(str(loan.terms["rate_annual"])) * RATE_SCALE)
    if of is None:
        return Course(link, loan.start, first_e8)
    changes = tuple((day, change_ppm * E8_OF_PPM) for day, change_ppm in changes_of(looks))
    return Course(link, loan.start, first_e8, changes, of.price.minimum_ppm * E8_OF_PPM, of.price.maximum_ppm * E8_OF_PPM)


def product_decided(code: str, decision: Decision, institution: Institution) -> Product:
    """The product as it was when it was decided; where the decision names none, as it was valid on that day."""
    digest = decision.record.get("versions", {}).get("product", {}).get("digest")
    return _by_digest(code, digest) if digest else product(code, decision.business_date, institution)


@lru_cache(maxsize=64)
def _by_digest(code: str, digest: str) -> Product:
    """A product that no longer has a file is read once: what has a digest never changes."""
    return products_by_digest([(code, digest)])[digest]


def products_of(loans: Sequence[Loan]) -> dict[int, Product]:
    """Loan → its product as `product_decided`; a statement or two, however many loans there are."""
    if not loans:
        return {}
    names = ("pk", "product_code", "contract__decision__record__versions__product__digest", "contract__decision__business_date")
    rows = Loan.objects.filter(pk__in=[loan.pk for loan in loans]).values_list(*names)
    stored = products_by_digest((code, digest) for _, code, digest, _ in rows if digest)
    lenders = {loan.pk: loan.institution for loan in loans}
    return {pk: stored[digest] if digest else product(code, day, lenders[pk]) for pk, code, digest, day in rows}
