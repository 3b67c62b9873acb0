"""Notes closed by a new one without cash: renewal without principal (无还本续贷), other refinancing, consolidation of several notes.

The new note is a contract of its own, decided, signed and cleared before the old one matures. In one transaction it is drawn, the old
notes' interest is paid in cash, and their principal is closed by it: Dr principal of the new / Cr principal of the old, through a
clearing account that is empty again at once. As a renewal it needs every condition of the table, the knowledge of new guarantors and
mortgages that stand; then the new note may stay normal. Anything else is repaid by new borrowing: at least special mention.
Sources: products.md §4, practice.md 18.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from puhui.calculations.classification import worst_class
from puhui.calculations.classification_articles import is_non_performing
from puhui.calculations.faults import Fault, check
from puhui.loans.act_arguments import choice, numbers, record, text
from puhui.loans.acts import Act, Done, Work, lock_loans
from puhui.loans.class_acts import add_finding
from puhui.loans.class_models import ClassChange, Finding, LoanClass
from puhui.loans.classifying import classify_loans, set_class, worst_held
from puhui.loans.credit_models import Refinancing
from puhui.loans.drawing import loan_of_answer, pay_out
from puhui.loans.keeping import Change, Kept, NewEvent
from puhui.loans.models import Contract, Loan
from puhui.loans.paying import payoff_amount_on
from puhui.loans.restructuring import begin_observation
from puhui.loans.securing import refinancing_faults
from puhui.parties.actions import record_audit
from puhui.products.parameters import Row, table

BAD_CREDIT = ("purpose_changed", "evasion", "bankruptcy")


def conditions_on(on: date) -> tuple[Row, ...]:
    """The conditions of a renewal in force on a day, each with code and words in three languages."""
    return table("renewal-conditions", settings.PUHUI_CATALOGUE).valid_on(on)


def _renew(work: Work) -> Done:
    contract: Contract = work.target
    arguments = work.arguments
    old = list(lock_loans(arguments["loans"]).values())
    consents, evidence = arguments["consents"] or {}, arguments["conditions"] or {}
    check(_closing_faults(contract, old, work))
    as_renewal = arguments["kind"] == Refinancing.Kind.RENEWAL
    found = condition_findings(old, evidence, work.day)
    if as_renewal:
        check(
            Fault(f"condition {code}", why, "met, with evidence", "Or refinance it: then at least special mention.") for code, why in found
        )
    owed = {loan.pk: payoff_amount_on(loan, work.day) for loan in old}
    (new,) = pay_out(work, [(contract, work.key)], act="renewal", through="refinancing")
    old_contracts = [loan.contract for loan in old]
    check(refinancing_faults(old_contracts, contract, consents, new.maturity))
    changes = [
        Change(loan, "renewal", NewEvent("payoff", work.day, work.event_key(place), owed[loan.pk]), through="refinancing")
        for place, loan in enumerate(old, start=1)
    ]
    closed = work.keep(changes)
    _record(work, new, closed, dict(evidence), dict(found))
    risk_class = _classify(work, new, old, as_renewal)
    principal = {each.loan.number: work.before[each.loan.pk].counters.principal for each in closed}
    detail = {"kind": arguments["kind"], "closed": principal, "class": risk_class}
    record_audit(work.institution, work.actor, "loan.renewed", "loan", new.pk, detail)
    return Done({"loan": new.pk, "number": new.number, "amount_fen": new.amount_fen, **detail}, new)


def _closing_faults(contract: Contract, old: list[Loan], work: Work) -> Iterator[Fault]:
    """What keeps the new note from closing the old ones."""
    missing = set(work.arguments["loans"]) - {loan.pk for loan in old}
    yield from (Fault("loans", str(each), "a loan of this lender") for each in sorted(missing))
    for loan in old:
        what = f"loan {loan.number}"
        if loan.firm_id != contract.firm_id or loan.institution_id != contract.institution_id:
            yield Fault(what, "another borrower's", f"a loan of {contract.firm}")
        if loan.status in ("closed", "undrawn", "written_off"):
            yield Fault(what, loan.status, "a loan that is open")
        if loan.contract.revolves:
            yield Fault(what, "a draw on a line", "a note of its own", "Close the line first.")
        if work.day > loan.maturity and work.arguments["kind"] == Refinancing.Kind.RENEWAL:
            yield Fault(
                what, f"matured on {loan.maturity}", "a note that has not matured", "The new contract comes before the old one ends."
            )
    principal = sum(loan.principal_fen for loan in old)
    if old and contract.amount_fen != principal:
        found, expected = f"{contract.amount_fen / 100:.2f}", f"{principal / 100:.2f}, the principal of the old notes"
        yield Fault(f"amount of contract {contract.number}", found, expected, "Repay the difference first, or make a new contract.")


def condition_findings(old: list[Loan], evidence: Mapping[str, str], on: date) -> list[tuple[str, str]]:
    """(condition, why it does not hold): no evidence named, or the loans themselves tell otherwise. Empty where all hold."""
    checked: dict[str, list[str]] = {"good_credit": [], "lending_standards": []}
    standing = [each for hindrances in hindrances_of(old, on).values() for each in hindrances]
    for each in dict.fromkeys(standing):
        checked[each.condition].append(each.text)
    codes = [row["code"] for row in conditions_on(on)]
    found = [(code, "no evidence") for code in codes if code not in evidence]
    found += [(code, "; ".join(checked[code])) for code in codes if code in evidence and checked.get(code)]
    return found + [(code, "not a condition") for code in sorted(evidence.keys() - set(codes))]


@dataclass(frozen=True)
class Hindrance:
    """What speaks against a condition of renewal: `kind` is past_due, finding or class; `what` is the loan's number, finding or class."""

    condition: str
    kind: str
    what: str
    since: date | None = None

    @property
    def text(self) -> str:
        """In words."""
        if self.kind == "past_due":
            return f"loan {self.what} is past due since {self.since}"
        return f"{self.what} since {self.since}" if self.kind == "finding" else f"an old note is {self.what}"


def hindrances_of(loans: Sequence[Loan], on: date) -> dict[int, list[Hindrance]]:
    """Loan → what the loans themselves tell against the conditions of renewal, for many loans with two queries."""
    of_firm: dict[int, list[Hindrance]] = {}
    rows = Finding.objects.filter(firm_id__in={loan.firm_id for loan in loans}, code__in=BAD_CREDIT, ended_on__isnull=True).order_by("pk")
    for row in rows:
        of_firm.setdefault(row.firm_id, []).append(Hindrance("good_credit", "finding", row.code, row.since))
    held = dict(LoanClass.objects.filter(loan_id__in=[loan.pk for loan in loans]).values_list("loan_id", "risk_class"))
    found: dict[int, list[Hindrance]] = {}
    for loan in loans:
        late = loan.overdue_since is not None and loan.overdue_since < on
        own = [Hindrance("good_credit", "past_due", loan.number, loan.overdue_since)] if late else []
        own += of_firm.get(loan.firm_id, [])
        if (risk_class := held.get(loan.pk, "normal")) != "normal":
            own.append(Hindrance("lending_standards", "class", risk_class))
        found[loan.pk] = own
    return found


def _record(work: Work, new: Loan, closed: list[Kept], evidence: dict[str, str], failed: dict[str, str]) -> None:
    """A row for each note that was closed, with the conditions as they were found."""
    generations = dict(Refinancing.objects.filter(new_loan__in=[each.loan for each in closed]).values_list("new_loan_id", "generation"))
    conditions = {
        row["code"]: {"met": row["code"] not in failed, "evidence": evidence.get(row["code"], ""), "why_not": failed.get(row["code"], "")}
        for row in conditions_on(work.day)
    }
    kind = work.arguments["kind"]
    rows = []
    for each in closed:
        assert each.event is not None
        principal = work.before[each.loan.pk].counters.principal
        rows.append(
            Refinancing(
                institution=work.institution, kind=kind, old_loan=each.loan, new_loan=new, day=work.day, principal_fen=principal,
                interest_fen=(each.event.amount_fen or 0) - principal, generation=generations.get(each.loan.pk, 0) + 1,
                conditions=conditions, recorded_by=work.actor,
            )
        )  # fmt: skip
    Refinancing.objects.bulk_create(rows)


def _classify(work: Work, new: Loan, old: list[Loan], as_renewal: bool) -> str:
    """The class of the new note: normal after a renewal; else at least special mention, and never better than the notes it repaid."""
    if as_renewal:
        return "normal"
    carried = worst_held(loan.pk for loan in old)
    add_finding(work, new, "refinanced", f"repaid {', '.join(loan.number for loan in old)}")
    if work.arguments["in_difficulty"] == "yes":
        dues = [row.due for row in next(kept for kept in work.kept if kept.loan.pk == new.pk).fold.position.rows]
        begin_observation(work, new, "refinancing", dues, is_non_performing(carried), {"closed": [loan.number for loan in old]})
    (done,) = classify_loans(work.institution, work.day, [new.pk], actor=work.actor)
    if worst_class(done.after, carried) != done.after:
        reason = "carried over from the notes that it repaid"
        set_class(work.institution, work.day, new, carried, ClassChange.Source.ARTICLES, reason, done.holds, work.actor)
        return carried
    return done.after


RENEW = Act(
    "renew",
    "contract",
    _renew,
    (
        numbers("loans", "the ids of the notes that the new one closes"),
        choice("kind", *Refinancing.Kind.values),
        record("conditions", "evidence of each condition: code → document", required=False),
        record("consents", "knowledge and consent: provider → document", required=False),
        choice("in_difficulty", "yes", "no"),
        text("reason", "why it is not repaid in cash"),
    ),
    lambda work: int(work.target.amount_fen),
    loan_of_answer,
)
