"""The made-up county lives on with its loans: money comes as business allows, lives go their way, nights pass."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import numpy as np

from puhui.county import economy as economies
from puhui.county import fortune
from puhui.county.plan import County, Teller
from puhui.county.year import OWED_FEN, Year
from puhui.decisions.concentration import recount
from puhui.loans import actions as loans
from puhui.loans import day_end
from puhui.loans.models import DebitAccount, Instalment, Loan
from puhui.parties.models import Institution


def live_on(county: County, year: Year, teller: Teller) -> None:
    """Day after day until the last: money comes to the accounts as the firms' business allows, what the lives hold happens, nights pass."""
    plan = county.plan
    capacity = fortune.capacity(county.economy)
    followed = {note.firm.pk for note in year.notes}
    numbers = {firm.pk: number for number, firm in enumerate(county.firms) if firm.pk not in followed}
    generator = np.random.default_rng(plan.seed + 3)
    days = (plan.last_day - plan.decision_day).days
    with teller("a year of days", total=days) as stage:
        for offset in range(days):
            day = plan.decision_day + timedelta(days=offset)
            if day.day == 8:
                bring_money(county, day, capacity, numbers, generator)
            if day.day == 20 and offset > 60:
                some_pay_early(county, day, followed, generator)
            year.morning()
            day_end.run_day(county.institution, "night run")
            stage.advance()
        recount(county.institution)  # as a night run does when its last day is closed


def bring_money(county: County, day: date, capacity: economies.Floats, numbers: dict[int, int], generator: np.random.Generator) -> None:
    """Before the dues of the month each firm of `numbers` puts on its account what it owes by then, as far as its business allows; a few
    forget. `numbers`: firm → its number in the county."""
    month = (day.year - county.plan.first_month.year) * 12 + day.month - county.plan.first_month.month
    wanted = dues_by(county.institution, day + timedelta(days=20))
    brought = {}
    for firm_id, due_fen in sorted(wanted.items()):
        if firm_id not in numbers:
            continue
        have_fen = int(capacity[numbers[firm_id], month - 1] * 100)
        forgets = generator.random() < 0.015
        if not forgets and min(due_fen, have_fen) > 0:
            brought[firm_id] = min(due_fen, have_fen)
    loans.deposit_many(county.institution.pk, brought)


def dues_by(institution: Institution, day: date) -> dict[int, int]:
    """Firm → what it owes by a day beyond what is on its account, fen."""
    held = dict(DebitAccount.objects.filter(institution=institution).values_list("firm_id", "balance_fen"))
    due = Instalment.objects.filter(loan__institution=institution, loan__next_action_date__isnull=False, due__lte=day)
    wanted = dict(due.values("loan__firm_id").annotate(owed_fen=OWED_FEN).values_list("loan__firm_id", "owed_fen"))
    return {firm_id: owed - held.get(firm_id, 0) for firm_id, owed in wanted.items() if owed > held.get(firm_id, 0)}


def some_pay_early(county: County, day: date, followed: Collection[int], generator: np.random.Generator) -> None:
    """One or two firms a month, none of those `followed`, repay a part early, or close their loan."""
    performing = Loan.objects.filter(institution=county.institution, status="performing", overdue_since__isnull=True)
    sound = list(performing.exclude(firm_id__in=followed).order_by("pk"))
    for index in generator.permutation(len(sound))[:2]:
        loan = sound[index]
        if generator.random() < 0.3:
            loans.pay_off(loan, f"early:{loan.pk}:{day}", "borrower")
        else:
            part = (loan.lent_fen - loan.principal_repaid_fen) // 4 // 10_000 * 10_000
            if part:
                loans.repay(loan, part, f"early:{loan.pk}:{day}", "borrower")
