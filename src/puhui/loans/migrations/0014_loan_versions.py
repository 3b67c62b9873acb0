"""Versions of the loans that acts change, kept until the night adds them up (`loans/sql/standing_versions.sql`)."""

from importlib import resources

from django.db import migrations

# What loans/sql/standing.sql reads of a loan.
COLUMNS = (
    "institution_id", "branch_id", "product_code", "status", "non_accrual_profile", "state_date", "next_action_date",
    "run_shape", "run_offset", "run_product", "run_denominator", "interest_path", "penalty_path",
    "lent_fen", "principal_repaid_fen", "principal_waived_fen", "principal_written_off_fen", "interest_earned_fen", "interest_due_fen",
    "interest_paid_fen", "interest_waived_fen", "interest_suspended_fen", "interest_written_off_fen", "accrued_interest_suspended_fen",
    "penalty_earned_fen", "penalty_paid_fen", "penalty_waived_fen", "penalty_suspended_fen", "penalty_written_off_fen",
    "fee_due_fen", "fee_paid_fen", "fee_waived_fen", "fee_written_off_fen",
)  # fmt: skip


def _text(name: str) -> str:
    return resources.files("puhui.loans").joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


def _statements() -> str:
    changed = _text("standing").replace("{versions}", "(SELECT -1 AS sign, before.* FROM before UNION ALL SELECT 1, after.* FROM after)")
    return _text("standing_versions").replace("{columns}", ", ".join(COLUMNS)).replace("{standing}", changed)


class Migration(migrations.Migration):
    dependencies = [("loans", "0013_repay_once")]

    operations = [migrations.RunSQL(_statements(), migrations.RunSQL.noop)]
