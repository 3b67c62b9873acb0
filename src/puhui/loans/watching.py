"""What of running loans is to be looked at soon, or should have been: one list for rates that follow something and for security.

* look: a review date of a linked rate that passed without a look, or comes within days (`linking`);
* unproved: the last look found no fact, or lacks the evidence that the link asks for, so it brings no discount;
* cover: the security of a contract is worth a smaller share of what is owed than its product asks;
* valuation: a security that was never valued, or is due to be valued anew (`security-kinds`, `revalued_months`);
* registration, insurance: they end before the last loan of the contract falls due, and within days, or have ended.

How many days ahead: the dated table `watch-days`. Pure reads, the same few statements for any number of loans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F

from puhui.calculations.calendar import add_months
from puhui.calculations.linkage import review_dates
from puhui.loans.credit_models import LinkReview, Security, SecurityValue
from puhui.loans.links import may_be_linked
from puhui.loans.models import Loan
from puhui.loans.repricing import RUNNING
from puhui.parties.models import User
from puhui.parties.queries import limit_to_user
from puhui.products.parameters import Row, table
from puhui.products.queries import products_by_digest, versions
from puhui.products.terms import Linkage, Product

__all__ = ["KINDS", "Watched", "watched"]

KINDS = ("look", "unproved", "cover", "valuation", "registration", "insurance")


@dataclass(frozen=True)
class Watched:
    """One thing to look at. `day`: when it is due, or since when it stands; `figures`: what the kind tells, by name.

    look, unproved: `texts` of the link; unproved `review_date`, `missing` (classes of evidence, empty where the fact is not known). cover:
    `cover_ppm`, `wanted_ppm`. valuation: `provider`, `valued_on` (None: never). registration, insurance: `provider`.
    """

    kind: str
    day: date
    loan_id: int
    loan_number: str
    firm_id: int
    firm_name: str
    contract_id: int
    code: str  # of the link, or the number of the security
    figures: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, int, str]:
        """What tells it from others: kind, loan, code."""
        return self.kind, self.loan_id, self.code


@dataclass(frozen=True)
class _Note:
    """A running loan as far as the list needs it."""

    pk: int
    number: str
    firm_id: int
    firm_name: str
    contract_id: int
    product_code: str
    digest: str | None
    decided_on: date
    start: date
    maturity: date
    owed_fen: int


_FIELDS = ("pk", "number", "firm_id", "firm__name", "contract_id", "product_code", "digest", "decided_on", "start", "maturity", "owed_fen")
_DIGEST = F("contract__decision__product_digest")
_OWED = F("lent_fen") - F("principal_repaid_fen") - F("principal_waived_fen")


def watched(user: User, day: date, kind: str = "", contracts: Collection[int] | None = None) -> list[Watched]:
    """All that is to be looked at among the loans that a user may see, what is due first; of one kind where it is named.

    `contracts`: those of these contracts alone.
    """
    running = limit_to_user(Loan.objects.filter(status__in=RUNNING), user, firm="firm_id")
    if contracts is not None:
        running = running.filter(contract__in=contracts)
    ahead = {row["what"]: timedelta(days=int(row["days"])) for row in table("watch-days", settings.PUHUI_CATALOGUE).valid_on(day)}
    found: list[Watched] = []
    if kind in ("", "look", "unproved"):
        found += _links(running, day, ahead)
    if kind not in ("look", "unproved"):
        found += _securities(running, day, ahead)
    wanted = (one for one in found if one.kind == kind or not kind)
    return sorted(wanted, key=lambda one: (one.day, KINDS.index(one.kind), one.loan_id, one.code))


def _notes(loans: Any) -> list[_Note]:
    dated = loans.annotate(digest=_DIGEST, decided_on=F("contract__decision__business_date"), owed_fen=_OWED)
    return [_Note(*row) for row in dated.order_by("pk").values_list(*_FIELDS)]


def _products(notes: Iterable[_Note]) -> dict[int, Product]:
    """Loan → its product as it was decided by; where the decision names none, the file that was valid then. Each is looked for once."""
    notes = list(notes)
    stored = products_by_digest({(note.product_code, note.digest) for note in notes if note.digest})
    files = {code: versions(code) for code in {note.product_code for note in notes if note.digest not in stored}}
    valid: dict[tuple[str, date], Product | None] = {}
    found: dict[int, Product | None] = {}
    for note in notes:
        if note.digest in stored:
            found[note.pk] = stored[note.digest]
            continue
        key = note.product_code, note.decided_on
        if key not in valid:
            valid[key] = next((one for one in files[note.product_code] if one.valid_from <= note.decided_on), None)
        found[note.pk] = valid[key]
    return {pk: product for pk, product in found.items() if product is not None}


# ---------------------------------------------------------------------------------------------------------------- rates that follow


def _links(running: Any, day: date, ahead: Mapping[str, timedelta]) -> Iterator[Watched]:
    codes = [code for code in running.values_list("product_code", flat=True).distinct().order_by() if may_be_linked(code)]
    notes = _notes(running.filter(product_code__in=codes)) if codes else []
    products = _products(notes)
    reviews: dict[tuple[int, str], list[LinkReview]] = defaultdict(list)
    if notes:
        for row in LinkReview.objects.filter(loan__in=[note.pk for note in notes]).order_by("review_date", "pk"):
            reviews[row.loan_id, row.code].append(row)
    for note in notes:
        for link in products[note.pk].linkage if note.pk in products else ():
            yield from _link(note, link, reviews[note.pk, link.code], day, day + ahead["look"])


def _link(note: _Note, link: Linkage, reviews: Sequence[LinkReview], day: date, until: date) -> Iterator[Watched]:
    seen = {row.review_date for row in reviews}
    dates = [each for each in review_dates(note.start, note.maturity, link.measured_months) if each <= until and each not in seen]
    last = reviews[-1] if reviews else None
    dates = [each for each in dates if last is None or each > last.review_date]  # an older one can no longer be looked at
    if dates:
        yield _item("look", dates[0], note, link.code, {"texts": link.texts, "count": len(dates)})
    missing = sorted(set(link.evidence) - set(last.evidence)) if last else []
    if last is not None and (missing or last.value is None):
        yield _item("unproved", last.review_date, note, link.code, {"texts": link.texts, "missing": missing})


def _item(kind: str, day: date, note: _Note, code: str, figures: Mapping[str, Any]) -> Watched:
    return Watched(kind, day, note.pk, note.number, note.firm_id, note.firm_name, note.contract_id, code, figures)


# ------------------------------------------------------------------------------------------------------------------------- security


def _securities(running: Any, day: date, ahead: Mapping[str, timedelta]) -> Iterator[Watched]:
    secured = running.filter(contract__securities__isnull=False, contract__securities__release=None).distinct()
    notes: dict[int, list[_Note]] = defaultdict(list)
    for note in _notes(secured):
        notes[note.contract_id].append(note)
    if not notes:
        return
    held: dict[int, list[Security]] = defaultdict(list)
    for row in Security.objects.filter(contract__in=notes, release=None).order_by("pk"):
        held[row.contract_id].append(row)
    newest = SecurityValue.objects.filter(security__contract__in=notes, day__lte=day).order_by("security", "-day", "-pk")
    values = {row.security_id: row for row in newest.distinct("security")}
    products = _products(each[0] for each in notes.values())
    rules = {row["kind"]: row for row in table("security-kinds", settings.PUHUI_CATALOGUE).valid_on(day)}
    for contract, of_contract in notes.items():
        note, maturity = of_contract[0], max(each.maturity for each in of_contract)
        owed, worth = sum(each.owed_fen for each in of_contract), [values[one.pk] for one in held[contract] if one.pk in values]
        yield from _cover(note, products.get(note.pk), worth, owed)
        for security in held[contract]:
            yield from _security(note, security, values.get(security.pk), rules, day, maturity, ahead)


def _cover(note: _Note, product: Product | None, worth: Sequence[SecurityValue], owed_fen: int) -> Iterator[Watched]:
    wanted_ppm = product.security.cover_ppm if product else 0
    cover_ppm = sum(one.value_fen for one in worth) * 1_000_000 // owed_fen if owed_fen > 0 else wanted_ppm
    if cover_ppm < wanted_ppm:
        since = max((one.day for one in worth), default=note.start)
        yield _item("cover", since, note, "", {"cover_ppm": cover_ppm, "wanted_ppm": wanted_ppm})


def _security(
    note: _Note, security: Security, value: SecurityValue | None, rules: Mapping[str, Row], day: date, maturity: date,
    ahead: Mapping[str, timedelta],
) -> Iterator[Watched]:  # fmt: skip
    code, told = str(security.pk), {"provider": security.provider}
    months = rules.get(value.item_kind, {}).get("revalued_months") if value else None
    again = add_months(value.day, int(months)) if value and months else None if value else note.start
    if again is not None and again <= day + ahead["valuation"]:
        yield _item("valuation", again, note, code, {**told, "valued_on": value.day if value else None})
    insured_until = value.insured_until if value and rules.get(value.item_kind, {}).get("insured") else None
    for kind, until in (("registration", security.registered_until), ("insurance", insured_until)):
        if until is not None and until < maturity and until <= day + ahead[kind]:
            yield _item(kind, until, note, code, told)
