"""Reads of expected credit loss: the runs of the month ends, and each loan in them with what its loss follows from."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from puhui.loans.credit_models import CreditLine
from puhui.loans.loss_models import LossDetail, LossRun
from puhui.loans.models import Loan
from puhui.parties.models import Institution, User
from puhui.parties.queries import limit_to_user

__all__ = ["lines_of_details", "loans_of_details", "loss_details", "loss_runs"]


def loss_runs(institution: Institution) -> QuerySet[LossRun]:
    """The runs of an institution, newest first."""
    return LossRun.objects.filter(institution=institution).order_by("-date")


def loss_details(institution: Institution, day: date, stage: int | None = None, reason: str = "") -> QuerySet[LossDetail]:
    """The loans of a run, the largest loss first; of one stage, for one reason."""
    rows = LossDetail.objects.filter(institution=institution, run_date=day)
    rows = rows.filter(stage=stage) if stage else rows
    rows = rows.filter(reason=reason) if reason else rows
    return rows.order_by("-loss_fen", "loan_id")


def loans_of_details(user: User, details: list[LossDetail]) -> dict[int, Loan]:
    """The loans of some rows with their firms, as far as the user may see them."""
    return limit_to_user(Loan.objects.select_related("firm"), user, firm="firm_id").in_bulk([each.loan_id for each in details])


def lines_of_details(user: User, details: list[LossDetail]) -> dict[int, CreditLine]:
    """By `loan_id`, the lines of those rows that tell of one, as far as the user may see them."""
    numbers = [-each.loan_id for each in details if each.loan_id < 0]
    rows = limit_to_user(CreditLine.objects.select_related("firm", "contract"), user, firm="firm_id")
    return {-number: line for number, line in rows.in_bulk(numbers, field_name="contract_id").items()} if numbers else {}
