"""What persons do with classes: record a finding, end it, downgrade at once, upgrade by workflow.

A finding counts for the loan or for its whole debtor, and takes effect on the class in the same act. An upgrade is waited for: all
arrears paid, two instalments or six months in order (the longer), no impaired debt of that debtor here, and never above what the
articles allow (practice.md 17).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from puhui.calculations.classification import CLASSES
from puhui.calculations.classification_articles import Facts, floor_class, holding, is_non_performing, later_of
from puhui.calculations.faults import Fault, check
from puhui.loans.act_arguments import amount, choice, day, text
from puhui.loans.acts import Act, Done, Work, state_fault
from puhui.loans.class_facts import NOT_CLASSIFIED, Rules, facts_of, rules_on
from puhui.loans.class_models import ClassChange, Finding, LoanClass
from puhui.loans.classifying import classify_loans, set_class
from puhui.loans.keeping import events_of, fold_loan
from puhui.loans.models import Loan

FINDINGS = (
    "purpose_changed", "refinanced", "non_performing_elsewhere", "overdue_elsewhere", "credit_impaired", "external_rating_fell", "evasion",
    "bankruptcy", "technical_overdue", "non_retail",
)  # fmt: skip
EXCUSES = ("technical_overdue",)  # findings that make a class better, not worse


def _record_finding(work: Work) -> Done:
    loan, arguments = work.target, work.arguments
    finding = add_finding(work, loan, arguments["code"], arguments["evidence"], arguments["of"] == "debtor", arguments["share_ppm"])
    return Done({"loan": loan.pk, "finding": finding.pk, "class": _reclassify(work, loan, finding)}, finding)


def add_finding(work: Work, loan: Loan, code: str, evidence: str, of_debtor: bool = False, share_ppm: int | None = None) -> Finding:
    """Record a finding that holds from the act's day of effect, inside the act's transaction."""
    return Finding.objects.create(
        institution=work.institution, firm_id=loan.firm_id, loan=None if of_debtor else loan, code=code, share_ppm=share_ppm,
        since=work.when, known_on=work.day, evidence=evidence, recorded_by=work.actor,
    )  # fmt: skip


def _reclassify(work: Work, loan: Loan, finding: Finding) -> str:
    """The loan's class after a finding came or went; of a debtor's finding every loan is tried."""
    loans = [loan.pk] if finding.loan_id else list(Loan.objects.filter(firm_id=loan.firm_id).values_list("pk", flat=True))
    done = classify_loans(work.institution, work.day, loans, actor=work.actor)
    return next((each.after for each in done if each.loan.pk == loan.pk), "normal")


RECORD_FINDING = Act(
    "record_finding",
    "loan",
    _record_finding,
    (
        choice("code", *FINDINGS),
        choice("of", "loan", "debtor"),
        amount("share_ppm", required=False),
        text("evidence", "what shows it"),
        day(),
    ),
    restore=lambda answer: Finding.objects.get(pk=answer["finding"]),
)


def _end_finding(work: Work) -> Done:
    loan: Loan = work.target
    finding = Finding.objects.select_for_update().filter(pk=work.arguments["finding"], firm_id=loan.firm_id).first()
    if finding is None or finding.ended_on is not None or finding.loan_id not in (None, loan.pk):
        raise state_fault("finding", str(work.arguments["finding"]), f"a finding of loan {loan.number} or its debtor that has not ended")
    finding.ended_on, finding.ended_known_on, finding.ended_by = max(work.when, finding.since), work.day, work.actor
    finding.ended_evidence = work.arguments["evidence"]
    finding.save(update_fields=["ended_on", "ended_known_on", "ended_by", "ended_evidence"])
    return Done({"loan": loan.pk, "finding": finding.pk, "class": _reclassify(work, loan, finding)}, finding)


END_FINDING = Act(
    "end_finding",
    "loan",
    _end_finding,
    (amount("finding"), text("evidence", "what shows that it no longer holds"), day()),
    restore=lambda answer: Finding.objects.get(pk=answer["finding"]),
)


def _held(loan: Loan) -> str:
    row = LoanClass.objects.filter(loan=loan).first()
    return row.risk_class if row else "normal"


def _change_faults(loan: Loan, to: str, better: bool) -> Iterator[Fault]:
    held = _held(loan)
    if loan.status in NOT_CLASSIFIED:
        yield Fault(f"loan {loan.number}", loan.status, "a loan that is open")
    if (CLASSES.index(to) < CLASSES.index(held)) != better or to == held:
        yield Fault("class", to, f"one {'better' if better else 'worse'} than {held}, which it holds")


def _downgrade(work: Work) -> Done:
    loan, to = work.target, work.arguments["to"]
    check(_change_faults(loan, to, better=False))
    holds = holding(_facts(loan, work.day), work.day, rules_on(work.day).articles, rules_on(work.day).technical)
    set_class(work.institution, work.day, loan, to, ClassChange.Source.PERSON, work.arguments["reason"], holds, work.actor)
    return Done({"loan": loan.pk, "class": to}, loan)


def _loan_of(answer: object) -> Loan:
    assert isinstance(answer, dict)
    return Loan.objects.get(pk=answer["loan"])


DOWNGRADE = Act(
    "downgrade",
    "loan",
    _downgrade,
    (choice("to", *CLASSES[1:]), text("reason", "what the worse class rests on")),
    restore=_loan_of,
)


def _upgrade(work: Work) -> Done:
    loan, to = work.target, work.arguments["to"]
    check([*_change_faults(loan, to, better=True), *upgrade_faults(loan, to, work.day)])
    rules = rules_on(work.day)
    holds = holding(_facts(loan, work.day), work.day, rules.articles, rules.technical)
    set_class(work.institution, work.day, loan, to, ClassChange.Source.WORKFLOW, work.arguments["evidence"], holds, work.actor)
    return Done({"loan": loan.pk, "class": to}, loan)


UPGRADE = Act("upgrade", "loan", _upgrade, (choice("to", *CLASSES[:-1]), text("evidence", "what shows that it can rise")), restore=_loan_of)


def _facts(loan: Loan, on: date) -> Facts:
    return facts_of([loan], on, rules_on(on), {})[loan.pk]


def upgrade_faults(loan: Loan, to: str, on: date) -> Iterator[Fault]:
    """What keeps a loan from rising to a class on a day."""
    rules = rules_on(on)
    holds = holding(_facts(loan, on), on, rules.articles, rules.technical)
    floor = floor_class(holds)
    if CLASSES.index(to) < CLASSES.index(floor):
        codes = ", ".join(each.article.code for each in holds if each.article.at_least == floor)
        yield Fault("class", to, f"{floor} or worse, while {codes} holds")
    if is_non_performing(_held(loan)) and not is_non_performing(to):
        yield from _cure_faults(loan, on, rules)


def _cure_faults(loan: Loan, on: date, rules: Rules) -> Iterator[Fault]:
    if loan.overdue_since is not None and loan.overdue_since < on:
        yield Fault("arrears", f"unpaid since {loan.overdue_since}", "all arrears paid")
        return
    ends = cured_on(loan, on, rules)
    if on < ends:
        clock = rules.clocks["cure"]
        expected = f"{ends} or later: {clock.months} months and {clock.instalments} instalments in order"
        yield Fault("performance", f"{on}, in order since {clean_since(loan, on)}", expected)
    others = LoanClass.objects.filter(loan__firm_id=loan.firm_id, risk_class__in=[each for each in CLASSES if is_non_performing(each)])
    others = others.exclude(loan=loan).exclude(loan__status__in=NOT_CLASSIFIED)
    impaired = Finding.objects.filter(firm_id=loan.firm_id, code="credit_impaired", ended_on__isnull=True)
    if others.exists() or impaired.exists():
        yield Fault("debtor", "another debt here that is non-performing or impaired", "none")


def cured_on(loan: Loan, on: date, rules: Rules) -> date:
    """The day on which the cure clock has run, if all goes on in order."""
    start = clean_since(loan, on)
    dues = list(loan.instalments.filter(due__gt=start).order_by("due").values_list("due", flat=True))
    return later_of(rules.clocks["cure"], start, dues)


def clean_since(loan: Loan, on: date) -> date:
    """Since when a loan without arrears has had none: the day of the payment or waiver that cleared the last ones, else its start."""
    events = events_of([loan.pk])[loan.pk]
    undone = {each.detail.get("of") for each in events if each.type == "reversal"}
    cleared = {each.date for each in events if each.type in ("repayment", "waiver", "reschedule") and str(each.number) not in undone}
    for paid in sorted((each for each in cleared if loan.start < each <= on), reverse=True):
        since = fold_loan(loan, [each for each in events if each.date < paid], paid).overdue_since
        if since is not None and since < paid:
            return paid
    return loan.start
