"""Classes of loans: what the day end works out for those whose class can get worse that day, and what persons do.

A loan falls by the articles at once, in the night or in the act that brings the fact. It rises only when a person asks for it and a
second person agrees, and only as far as the articles allow. Each change is a row with the articles and figures it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from django.db import connection, transaction

from puhui.calculations.classification import CLASSES, worst_class
from puhui.calculations.classification_articles import Facts, Held, classified, holding, is_non_performing, next_class_date
from puhui.loans.class_facts import NOT_CLASSIFIED, Rules, bank_shares, facts_of, rules_on
from puhui.loans.class_models import ClassChange, Finding, LoanClass
from puhui.loans.models import Loan
from puhui.loans.workers import collector_at_rest, spread
from puhui.parties.actions import record_audits
from puhui.parties.models import Institution

CHUNK = 2_000
LEAST_CHUNK = 200

CANDIDATES = """
    SELECT loan.id
      FROM loans_loan AS loan
      LEFT JOIN loans_loanclass AS held ON held.loan_id = loan.id
     WHERE loan.institution_id = %(institution)s AND loan.overdue_since IS NOT NULL AND loan.overdue_since < %(day)s
       AND loan.status <> ALL (%(not_classified)s)
       AND (held.loan_id IS NULL OR held.next_class_date <= %(day)s OR held.overdue_since IS DISTINCT FROM loan.overdue_since)
     UNION
    SELECT held.loan_id FROM loans_loanclass AS held
     WHERE held.institution_id = %(institution)s AND held.next_class_date <= %(day)s
     ORDER BY 1
"""


@dataclass(frozen=True)
class Reclassified:
    """A loan whose class was looked at: what held before, what holds now, and why."""

    loan: Loan
    before: str
    after: str
    holds: tuple[Held, ...]
    facts: Facts


def classify(institution: Institution, day: date, actor: str = "day end", workers: int = 1) -> dict[str, int]:
    """Classify the loans whose class can get worse on `day`, as they stand at its end; figures: looked_at, changed, contagion.

    Only loans on which a clock strikes: newly past due, a threshold of days reached, arrears of another date than when last looked at;
    and the other loans of non-retail debtors with non-performing debts. Runs again without effect. A transaction for each chunk, the
    chunks shared among the workers.
    """
    rules = rules_on(day)
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"institution": institution.pk, "day": day, "not_classified": list(NOT_CLASSIFIED)})
        ids = [row[0] for row in cursor.fetchall()]
    size = min(CHUNK, max(-(-len(ids) // workers), LEAST_CHUNK))
    chunks = [ids[start : start + size] for start in range(0, len(ids), size)]
    done = spread(partial(_classify_chunk, institution, day, actor), chunks, workers)
    with transaction.atomic():
        taken_along = classify_loans(institution, day, _exposed_to_contagion(institution, rules), rules, actor)
    return {
        "looked_at": sum(looked_at for looked_at, _ in done),
        "changed": sum(changed for _, changed in done),
        "contagion": sum(each.before != each.after for each in taken_along),
    }


@transaction.atomic
def _classify_chunk(institution: Institution, day: date, actor: str, loan_ids: Sequence[int]) -> tuple[int, int]:
    """How many loans of a chunk were looked at, and how many changed."""
    with collector_at_rest():
        done = classify_loans(institution, day, loan_ids, actor=actor)
    return len(done), sum(each.before != each.after for each in done)


def _exposed_to_contagion(institution: Institution, rules: Rules) -> list[int]:
    """Loans of non-retail debtors that owe this bank something non-performing."""
    flagged = Finding.objects.filter(institution=institution, code="non_retail", ended_on__isnull=True)
    firms = set(flagged.values_list("firm_id", flat=True))
    loans = Loan.objects.filter(institution=institution).exclude(status__in=NOT_CLASSIFIED)
    if not rules.retail_else:
        chosen = loans
    else:
        chosen = loans.filter(firm_id__in=firms) | loans.filter(product_code__in=rules.non_retail_products)
    bad = [each for each in CLASSES if is_non_performing(each)]
    debtors = set(chosen.filter(held_class__risk_class__in=bad).values_list("firm_id", flat=True))
    return list(loans.filter(firm_id__in=debtors).values_list("pk", flat=True)) if debtors else []


def classify_loans(
    institution: Institution, day: date, loan_ids: Iterable[int], rules: Rules | None = None, actor: str = "day end", source: str = ""
) -> list[Reclassified]:
    """Try the articles on some loans and keep what changes, inside the caller's transaction; the loans are locked by it."""
    rules = rules or rules_on(day)
    needed = Loan.objects.only("institution_id", "firm_id", "product_code", "status", "overdue_since")
    locked = needed.select_for_update(no_key=True).filter(pk__in=list(loan_ids)).order_by("pk")
    loans = [loan for loan in locked if loan.institution_id == institution.pk]
    if not loans:
        return []
    stored = LoanClass.objects.in_bulk([loan.pk for loan in loans])
    held = {pk: row.risk_class for pk, row in stored.items()}
    facts = facts_of(loans, day, rules, held)
    done = [_reclassified(loan, held.get(loan.pk, "normal"), facts[loan.pk], day, rules) for loan in loans]
    done = _spread(done, day, rules)
    _store(institution, day, done, stored, rules, actor, source)
    return done


def _reclassified(loan: Loan, before: str, facts: Facts, day: date, rules: Rules) -> Reclassified:
    if loan.status in NOT_CLASSIFIED:
        return Reclassified(loan, before, before, (), replace(facts, overdue_since=None))
    holds = holding(facts, day, rules.articles, rules.technical)
    return Reclassified(loan, before, classified(before, holds), holds, facts)


def _spread(done: Sequence[Reclassified], day: date, rules: Rules) -> list[Reclassified]:
    """Once more with what has just become non-performing, for non-retail debtors: one loan's fall may take the others along."""
    fell = {
        each.loan.firm_id for each in done if not each.facts.retail and is_non_performing(each.after) and not is_non_performing(each.before)
    }
    if not fell:
        return list(done)
    shares = bank_shares(fell, {each.loan.pk: each.after for each in done})
    again = []
    for each in done:
        if each.loan.firm_id in fell:
            each = _reclassified(each.loan, each.before, replace(each.facts, bank_share=shares[each.loan.firm_id]), day, rules)
        again.append(each)
    return again


def _store(
    institution: Institution,
    day: date,
    done: Sequence[Reclassified],
    stored: Mapping[int, LoanClass],
    rules: Rules,
    actor: str,
    source: str,
) -> None:
    changed = [each for each in done if each.before != each.after]
    ClassChange.objects.bulk_create([_change(institution, day, each, rules, actor, source) for each in changed])
    rows = []
    for each in done:
        kept = stored.get(each.loan.pk)
        closed = each.loan.status in NOT_CLASSIFIED
        rows.append(
            LoanClass(
                loan=each.loan,
                institution=institution,
                risk_class=each.after,
                since=kept.since if kept and each.before == each.after else day,
                articles=[hold.article.code for hold in each.holds],
                overdue_since=each.facts.overdue_since,
                next_class_date=None if closed else next_class_date(each.facts, day, rules.articles, rules.technical),
            )
        )
    columns = ["risk_class", "since", "articles", "overdue_since", "next_class_date"]
    LoanClass.objects.bulk_create(rows, update_conflicts=True, unique_fields=["loan"], update_fields=columns)
    details = [(each.loan.pk, {"before": each.before, "after": each.after}) for each in changed]
    record_audits(institution, actor, "loan.classified", "loan", details)


def _change(institution: Institution, day: date, each: Reclassified, rules: Rules, actor: str, source: str) -> ClassChange:
    decisive = [hold for hold in each.holds if hold.article.at_least == each.after]
    taken_along = bool(decisive) and all(hold.article.bank_share_more_than is not None for hold in decisive)
    return ClassChange(
        institution=institution,
        loan=each.loan,
        day=day,
        before=each.before,
        after=each.after,
        source=source or (ClassChange.Source.CONTAGION if taken_along else ClassChange.Source.ARTICLES),
        articles=told(each.holds),
        recorded_by=actor,
    )


def told(holds: Iterable[Held]) -> list[dict[str, Any]]:
    """Articles that hold as they are kept: code, number, class, the figure each rests on."""
    return [
        {"code": each.article.code, "article": each.article.article, "at_least": each.article.at_least, "fact": each.fact} for each in holds
    ]


def set_class(
    institution: Institution, day: date, loan: Loan, after: str, source: str, reason: str, holds: Sequence[Held], actor: str
) -> None:
    """Keep a class that a person gave, inside the caller's transaction, the loan locked by it."""
    kept = LoanClass.objects.filter(loan=loan).first()
    before = kept.risk_class if kept else "normal"
    ClassChange.objects.create(
        institution=institution, loan=loan, day=day, before=before, after=after, source=source, articles=told(holds), reason=reason,
        recorded_by=actor,
    )  # fmt: skip
    # A new row has no clock yet, and no arrears as last looked at: the coming night looks at a loan that has any, and sets it.
    values = {"institution": institution, "risk_class": after, "since": day, "articles": [each.article.code for each in holds]}
    LoanClass.objects.update_or_create(loan=loan, defaults=values)
    record_audits(institution, actor, "loan.classified", "loan", [(loan.pk, {"before": before, "after": after, "reason": reason})])


def worst_held(loan_ids: Iterable[int]) -> str:
    """The worst class that some loans hold."""
    return worst_class("normal", *LoanClass.objects.filter(loan_id__in=list(loan_ids)).values_list("risk_class", flat=True))
