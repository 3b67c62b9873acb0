"""The facts that a loan's class rests on, read for many loans at once, and the articles and clocks of the day.

Findings of persons, restructurings under observation, what share of a non-retail debtor's debts here is bad: a fixed number of
queries for any number of loans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

from django.conf import settings
from django.db.models import F, Q, Sum

from puhui.calculations.classification_articles import Article, Clock, Facts, is_non_performing
from puhui.loans.class_models import Finding, LoanClass
from puhui.loans.credit_models import Restructuring
from puhui.loans.models import Loan
from puhui.products.parameters import Row, table

ONE = 1_000_000
NOT_CLASSIFIED = ("closed", "undrawn", "written_off")


@dataclass(frozen=True)
class Rules:
    """Articles and clocks in force on a day, and which products' loans are not retail."""

    articles: tuple[Article, ...]
    texts: Mapping[str, Mapping[str, str]]  # code of an article → language → words
    clocks: Mapping[str, Clock]
    non_retail_products: frozenset[str]
    retail_else: bool

    @property
    def technical(self) -> Clock:
        return self.clocks["technical"]

    def is_retail(self, product_code: str) -> bool:
        return self.retail_else and product_code not in self.non_retail_products


@lru_cache(maxsize=16)
def rules_on(day: date) -> Rules:
    """The rules of the dated tables. Raises FaultsError where a table cannot be read."""
    folder = settings.PUHUI_CATALOGUE
    articles = table("classification-articles", folder).valid_on(day)
    clocks = table("classification-clocks", folder).valid_on(day)
    exposures = table("exposure-classes", folder).valid_on(day)
    return Rules(
        tuple(_article(row) for row in articles),
        {row["code"]: {"en": row["name_en"], "zh-hans": row["name_zh_hans"], "zh-hant": row["name_zh_hant"]} for row in articles},
        {row["clock"]: Clock(int(row.get("days", 0)), int(row.get("months", 0)), int(row.get("instalments", 0))) for row in clocks},
        frozenset(row["product_code"] for row in exposures if row.get("product_code") and not row["retail"]),
        next((bool(row["retail"]) for row in exposures if not row.get("product_code")), True),
    )


def _article(row: Row) -> Article:
    days = row.get("days_more_than")
    return Article(
        code=row["code"],
        article=row["article"],
        at_least=row["at_least"],
        applies_to=row["applies_to"],
        days_more_than=None if days is None else int(days),
        finding=row.get("finding"),
        bank_share_more_than=_ppm(row, "bank_share_more_than"),
        share_more_than=_ppm(row, "share_more_than"),
        expected_loss_from=_ppm(row, "expected_loss_from"),
    )


def _ppm(row: Row, name: str) -> int | None:
    value = row.get(name)
    return None if value is None else round(value * ONE)


def facts_of(
    loans: Sequence[Loan], day: date, rules: Rules, held: Mapping[int, str], under: Mapping[int, list[Restructuring]] | None = None
) -> dict[int, Facts]:
    """Loan → what is known of it on `day`, by what is known now. `held`: the classes of these loans, for the debtor's share; `under`: their
    restructurings, where the caller has read them."""
    findings = findings_on(loans, day)
    under = observations_on([loan.pk for loan in loans], day) if under is None else under
    retail = {loan.pk: rules.is_retail(loan.product_code) and "non_retail" not in findings[loan.pk] for loan in loans}
    shares = bank_shares({loan.firm_id for loan in loans if not retail[loan.pk]}, held)
    facts = {}
    for loan in loans:
        found = dict(findings[loan.pk])
        found |= _observed(loan, under.get(loan.pk, ()), day, rules)
        share = shares.get(loan.firm_id, 0)
        facts[loan.pk] = Facts(loan.overdue_since, retail[loan.pk], found, share, found.get("credit_impaired"))
    return facts


def findings_on(loans: Sequence[Loan], day: date) -> dict[int, dict[str, int | None]]:
    """Loan → code → share, of the findings that hold on `day` for the loan or its whole debtor."""
    own: dict[int | None, list[Finding]] = defaultdict(list)
    of_firm: dict[int, list[Finding]] = defaultdict(list)
    rows = Finding.objects.filter(firm_id__in={loan.firm_id for loan in loans}, since__lte=day)
    for row in rows.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day)).order_by("pk"):
        if row.loan_id is None:
            of_firm[row.firm_id].append(row)
        else:
            own[row.loan_id].append(row)
    return {loan.pk: {row.code: row.share_ppm for row in (*of_firm[loan.firm_id], *own[loan.pk])} for loan in loans}


def observations_on(loan_ids: Iterable[int], day: date) -> dict[int, list[Restructuring]]:
    """Loan → its restructurings up to `day`, oldest first."""
    found: dict[int, list[Restructuring]] = defaultdict(list)
    for row in Restructuring.objects.filter(loan_id__in=list(loan_ids), day__lte=day).order_by("loan_id", "pk"):
        found[row.loan_id].append(row)
    return found


def _observed(loan: Loan, rows: Sequence[Restructuring], day: date, rules: Rules) -> dict[str, None]:
    """Under observation after the last restructuring; failed where it came within an earlier one's, or there are arrears again."""
    if not rows or day > rows[-1].observed_until:
        return {}
    found: dict[str, None] = {"under_observation": None}
    again = any(later.day <= earlier.observed_until for earlier, later in pairwise(rows))
    late = (day - loan.overdue_since).days if loan.overdue_since and loan.overdue_since >= rows[-1].day else 0
    if again or late > rules.clocks["failure"].days:
        found["failed_under_observation"] = None
    return found


def bank_shares(firm_ids: Iterable[int], changed: Mapping[int, str]) -> dict[int, int]:
    """Firm → how much of what it owes here is non-performing, in millionths; `changed`: classes of loans that are not stored yet."""
    ids = set(firm_ids)
    if not ids:
        return {}
    owed = (
        F("lent_fen") - F("principal_repaid_fen") - F("principal_waived_fen")
        + F("interest_due_fen") - F("interest_paid_fen") - F("interest_waived_fen")
        + F("penalty_earned_fen") - F("penalty_paid_fen") - F("penalty_waived_fen")
    )  # fmt: skip
    loans = Loan.objects.filter(firm_id__in=ids).exclude(status__in=NOT_CLASSIFIED)
    rows = list(loans.values("pk", "firm_id").annotate(owed=Sum(owed)))
    held = dict(LoanClass.objects.filter(loan_id__in=[row["pk"] for row in rows]).values_list("loan_id", "risk_class"))
    bad: dict[int, int] = defaultdict(int)
    whole: dict[int, int] = defaultdict(int)
    for row in rows:
        whole[row["firm_id"]] += row["owed"]
        if is_non_performing(changed.get(row["pk"]) or held.get(row["pk"], "normal")):
            bad[row["firm_id"]] += row["owed"]
    return {firm: bad[firm] * ONE // whole[firm] if whole[firm] > 0 else 0 for firm in ids}
