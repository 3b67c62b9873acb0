"""The month end of credit risk: expected credit loss of every loan, posted; the five-class floor beside it; the general reserve.

One statement reckons all loans of an institution and keeps a row for each; the books get the difference between what the rows come to
and what the allowance accounts hold, by branch, product and stage. So a write-off or a recovery during the month, which moves the
allowance, is made good by the next month end. Only expected credit loss is posted as allowance, undrawn commitments included; the shares
by class are a floor to compare with, and what the allowance lacks of it at a year's end is appropriated to the general reserve.
Sources: domain/practice.md 11, CAS 22; docs/algorithms/books.md.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from puhui.books.actions import EntryDraft, open_day, post_many
from puhui.books.chart import chart
from puhui.books.queries import trial_balance
from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.loss_stages import Bucket, allowance_moves, floor_shares
from puhui.calculations.posting import SUB_LEDGER, ledger_signs
from puhui.loans.loss_models import LossDetail, LossRun
from puhui.loans.loss_rules import Policy, policy_on
from puhui.loans.models import Loan
from puhui.parties.actions import head_branch, record_audit
from puhui.parties.models import Branch, Institution

__all__ = ["buckets_of", "provision_month_end", "reckon"]

ALLOWANCES = {1: "loss_allowance_stage_1", 2: "loss_allowance_stage_2", 3: "loss_allowance"}
COMMITMENT = "commitment_provision"
EXPENSE = "impairment_loss"
HELD_BACK = "interest_held_back"
YEAR_END_MONTH = 12
# What the nights since a loan's state add to its counters (sql/loss_detail.sql).
_NIGHTS = {
    "interest_earned": "interest_run",
    "penalty_earned": "penalty_run",
    "accrued_interest_suspended": "interest_suspended_run",
    "penalty_suspended": "penalty_suspended_run",
}


@transaction.atomic
def provision_month_end(institution: Institution, day: date, actor: str) -> dict[str, Any]:
    """Reckon and post expected credit loss as of `day`, the open day, once; returns the run's figures (fen).

    Call it when the day's events are in and before its books close. A day that was done returns the figures there are. On the last
    day of a year the general reserve is brought to what the five-class shares ask.

    Raises:
        FaultsError: `day` is not the open day; a table of policy lacks a row.
    """
    done = LossRun.objects.filter(institution=institution, date=day).first()
    if done is not None:
        figures: dict[str, Any] = done.figures
        return figures
    if open_day(institution) != day:
        raise FaultsError([Fault("date", str(day), f"the open day {institution.business_date}")])
    policy = policy_on(day)
    reckon(institution, day, policy)
    held_back = post_many(institution, _held_back_drafts(institution, day), recorded_by=actor)
    drafts = _allowance_drafts(institution, day)
    floor = _floor(institution, day, policy)
    if day.month == YEAR_END_MONTH and day.day == 31:
        drafts += _reserve_drafts(institution, day, floor["lacking_fen"])
    entry_ids = held_back + post_many(institution, drafts, recorded_by=actor)
    figures = {"stages": _stage_figures(institution, day), "floor": floor, "entries": len(entry_ids)}
    LossRun.objects.create(
        institution=institution, date=day, rules=policy.as_json(), figures=figures, entry_ids=entry_ids, recorded_by=actor
    )
    record_audit(institution, actor, "losses.provisioned", "institution", institution.pk, {"date": day.isoformat()})
    return figures


def reckon(institution: Institution, day: date, policy: Policy) -> int:
    """Write a row of `LossDetail` for every open loan, and for every line that can be drawn on; returns how many. One statement."""
    before = LossRun.objects.filter(institution=institution, date__lt=day).order_by("-date").values_list("date", flat=True).first()
    rules = policy.rules
    values: dict[str, Any] = {
        "institution": institution.pk,
        "head": head_branch(institution).pk,
        "day": day,
        "before": before,
        "scenarios": json.dumps([each._asdict() for each in rules.scenarios]),
        "losses_given": json.dumps([{"security": name, "lgd_ppm": ppm} for name, ppm in policy.losses_given.items()]),
        "classes_by_days": json.dumps([{"risk_class": name, "more_than": days} for name, days in policy.classes_by_days.items()]),
        "probabilities": json.dumps([{"days_from": days, "probability_ppm": ppm} for days, ppm in policy.probabilities.items()]),
        "not_scored_ppm": policy.not_scored_ppm,
        "stage_2_days": rules.stage_2_days,
        "stage_3_days": rules.stage_3_days,
        "stage_2_classes": list(rules.stage_2_classes),
        "stage_3_classes": list(rules.stage_3_classes),
        "probation_days": [0, rules.probation_days[2], rules.probation_days[3]],
        "shortest_life_days": rules.shortest_life_days,
        "conversion_ppm": rules.conversion_ppm,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(), values)
        return int(cursor.rowcount)


def _statement() -> str:
    text = files("puhui.loans").joinpath("sql/loss_detail.sql").read_text(encoding="utf-8")
    branch = "coalesce(loan.branch_id, %(head)s)" if any(each.name == "branch" for each in Loan._meta.get_fields()) else "%(head)s::bigint"
    return text.replace("{columns}", "The columns").format(
        branch=branch,
        exposure=_balance((*SUB_LEDGER, "unamortised_fees")),
        principal=_balance(("principal",)),
        earned="(loan.interest_earned_fen + interest_run + loan.penalty_earned_fen + penalty_run)",
        unpaid=_balance(("accrued_interest", "interest_receivable", "penalty_receivable")),
    )


def _balance(roles: Iterable[str]) -> str:
    """A loan's balance over some roles as a sum of its columns, the nights since its state included."""
    signs: dict[str, int] = defaultdict(int)
    for role in roles:
        for counter, sign in ledger_signs(role).items():
            signs[counter] += sign
    parts = []
    for counter, sign in signs.items():
        night = f" + {_NIGHTS[counter]}" if counter in _NIGHTS else ""
        if sign:
            parts.append(f"{'+' if sign > 0 else '-'} (loan.{counter}_fen{night})")
    return f"(0 {' '.join(parts)})"


def _allowance_drafts(institution: Institution, day: date) -> list[EntryDraft]:
    """Entries that bring each branch's and product's allowances to what its loans' rows come to."""
    cells: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    details = LossDetail.objects.filter(institution=institution, run_date=day)
    for branch, product, stage, loss in details.values_list("branch_id", "product_code", "stage").annotate(fen=Sum("loss_fen")):
        cells[branch, product][ALLOWANCES[stage]] = int(loss)
    for branch, product, loss in details.values_list("branch_id", "product_code").annotate(fen=Sum("commitment_loss_fen")):
        cells[branch, product][COMMITMENT] = int(loss)
    held = _credit_balances(institution, day, (*ALLOWANCES.values(), COMMITMENT))
    drafts = []
    for branch, product in sorted({*cells, *held}):
        targets, now = cells[branch, product], held[branch, product]
        loans = {role: fen for role, fen in targets.items() if role != COMMITMENT}
        moves = [
            *allowance_moves(loans, {role: fen for role, fen in now.items() if role != COMMITMENT}, EXPENSE),
            *allowance_moves({COMMITMENT: targets.get(COMMITMENT, 0)}, {COMMITMENT: now.get(COMMITMENT, 0)}, EXPENSE),
        ]
        if moves:
            reference = f"expected credit loss of {day}"
            drafts.append(EntryDraft("expected_loss", day, moves, reference=reference, branch_id=branch, product_code=product))
    return drafts


def _credit_balances(institution: Institution, day: date, wanted: Iterable[str]) -> dict[tuple[int, str], dict[str, int]]:
    """What each branch's and product's accounts of some roles hold on the credit side."""
    held: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    roles = {code: role for role, code in chart(institution.kind, day).roles.items() if role in set(wanted)}
    branches = dict(Branch.objects.filter(institution=institution).values_list("code", "pk"))
    for row in trial_balance(institution, day, by_branch=True, by_product=True):
        if row.code in roles and row.balance_fen:
            held[branches[row.branch_code or ""], row.product_code or ""][roles[row.code]] = -row.balance_fen
    return held


def _held_back_drafts(institution: Institution, day: date) -> list[EntryDraft]:
    """Entries that bring the interest held back, and its memo account, to what the rows come to.

    Of a loan written off since the last run, what was held back was never income: it goes to the allowance, which the write-off charged
    with all that was owed.
    """
    rows = LossDetail.objects.filter(institution=institution, held_back_fen__gt=0)
    cells = rows.filter(run_date=day).values_list("branch_id", "product_code").annotate(fen=Sum("held_back_fen"))
    targets = {(branch, product): int(fen) for branch, product, fen in cells}
    before = LossRun.objects.filter(institution=institution, date__lt=day).order_by("-date").values_list("date", flat=True).first()
    gone = Loan.objects.filter(institution=institution, status="written_off").values("pk")
    cells = (
        rows.filter(run_date=before or date.min, loan_id__in=gone)
        .values_list("branch_id", "product_code")
        .annotate(fen=Sum("held_back_fen"))
    )
    written_off = {(branch, product): int(fen) for branch, product, fen in cells}
    held = _credit_balances(institution, day, (HELD_BACK,))
    drafts = []
    for cell in sorted({*targets, *held}):
        change = targets.get(cell, 0) - held[cell].get(HELD_BACK, 0)
        written = min(written_off.get(cell, 0), max(-change, 0))
        parts = [(HELD_BACK, "loss_allowance", written), _either_way("interest_income", HELD_BACK, change + written)]
        parts.append(_either_way("memo_interest", "memo_counterpart", change))
        if moves := [part for part in parts if part[2]]:
            reference = f"interest of stage 3 at {day}"
            drafts.append(EntryDraft("held_back", day, moves, reference=reference, branch_id=cell[0], product_code=cell[1]))
    return drafts


def _either_way(debit: str, credit: str, amount: int) -> tuple[str, str, int]:
    return (debit, credit, amount) if amount >= 0 else (credit, debit, -amount)


def _floor(institution: Institution, day: date, policy: Policy) -> dict[str, Any]:
    """The five-class floor on principal, and what the allowances lack of it."""
    details = LossDetail.objects.filter(institution=institution, run_date=day)
    principal = {name: int(fen) for name, fen in details.values_list("risk_class").annotate(fen=Sum("principal_fen"))}
    required = floor_shares(principal, policy.reserve_shares)
    allowance = int(details.aggregate(fen=Sum("loss_fen"))["fen"] or 0)
    return {
        "principal_fen": principal,
        "required_fen": required,
        "allowance_fen": allowance,
        "lacking_fen": max(required - allowance, 0),
    }


def _reserve_drafts(institution: Institution, day: date, lacking_fen: int) -> list[EntryDraft]:
    """The appropriation that brings the general reserve to what is lacking. It is not taken back when less is."""
    code = chart(institution.kind, day).roles["general_reserve"]
    reserve = -sum(row.balance_fen for row in trial_balance(institution, day) if row.code == code)
    if lacking_fen <= reserve:
        return []
    moved = [("general_reserve_appropriation", "general_reserve", lacking_fen - reserve)]
    return [EntryDraft("reserve_appropriation", day, moved, reference=f"general reserve of {day.year}")]


def _stage_figures(institution: Institution, day: date) -> dict[str, dict[str, int]]:
    details = LossDetail.objects.filter(institution=institution, run_date=day).values("stage")
    sums = details.annotate(
        loans=Count("pk", filter=Q(loan_id__gt=0)),
        exposure_fen=Sum("exposure_fen"),
        loss_fen=Sum("loss_fen"),
        commitment_loss_fen=Sum("commitment_loss_fen"),
    )
    names = ("loans", "exposure_fen", "loss_fen", "commitment_loss_fen")
    return {
        str(stage): dict(zip(names, map(int, figures), strict=True))
        for stage, *figures in sums.order_by("stage").values_list("stage", *names)
    }


def buckets_of(
    rows: Iterable[tuple[date, int]], day: date, lent: int, principal: int, exposure: int, shortest_life_days: int = 0
) -> tuple[Bucket, ...]:
    """The exposure ahead of a loan by its schedule: `rows` are due dates and the principal outstanding after each, in order.

    What is lent, the principal and the gross carrying amount of the day are in smallest units; see sql/loss_detail.sql.
    `shortest_life_days`: the least that the last span lasts, where the loan is past due.
    """
    buckets: list[Bucket] = []
    before, start, late = lent, 0.0, 0
    for due, balance in rows:
        if due > day:
            end = (due - day).days / 365
            if not buckets:
                late = max(principal - before, 0)
                buckets.append(Bucket(start, end, exposure))
            else:
                buckets.append(Bucket(start, end, min(exposure, exposure - principal + late + before)))
            start = end
        before = balance
    if buckets:
        buckets[-1] = buckets[-1]._replace(end=max(buckets[-1].end, shortest_life_days / 365))
    return tuple(buckets)
