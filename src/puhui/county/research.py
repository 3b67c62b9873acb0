"""The same journey on real invoices: the 425 anonymised firms of the 2020 contest, 123 of them with a record of default.

What is real: invoices, the 123 outcomes, and the curve of borrowers lost at a rate. What is not: repayment. The data does not tell
how a loan would have gone, so each loan's default is drawn from the probability that the scorecard gave the firm, with a seed; every
table that shows repayment says so. The rating in the data tells the outcome and is not used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from django.conf import settings

from puhui.books.actions import open_books
from puhui.calculations.expected_loss import expected_loss
from puhui.county.desk import sign_contracts
from puhui.county.lending import speak
from puhui.county.plan import PRODUCT, USERS, Teller
from puhui.decisions import actions as decisions
from puhui.decisions.models import Application, Decision, Offer
from puhui.evidence.actions import import_invoices
from puhui.features import actions as features
from puhui.features.queries import frame as snapshot_frame
from puhui.loans import actions as loans
from puhui.loans import day_end
from puhui.loans.models import Loan
from puhui.loans.queries import standings
from puhui.parties import actions as parties
from puhui.parties.models import Firm, Institution, User
from puhui.products.churn import write_churn_curve
from puhui.products.documents import CATALOGUE
from puhui.products.parameters import table as parameter_table
from puhui.scoring import actions as scoring
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.training import TrainingFigures, train

CODE = "CUMCM2020"
# The last month that every table has whole is December 2019: what could be known at its end decides (the voids of December could not).
# The files were drawn when the latest invoice, of 21 February 2020, was in them.
OBSERVED = date(2019, 12, 31)
OPENED = date(2020, 2, 1)
DRAWN = date(2020, 2, 22)
NIGHTS = 366
BUDGET_FEN = 100_000_000_00
ASKED_FEN = 1_000_000_00  # the contest's terms: 100,000 to 1,000,000 yuan for a year
TERM_MONTHS = 12
RESULT_FILE = "research-result.json"
FILES = ("a1_output", "a1_input", "a2_output", "a2_input")
SIMULATED = (
    "Repayment is simulated: each default is drawn from the firm's own probability (seed {seed}); the data does not tell how loans went."
)


@dataclass(frozen=True)
class Result:
    """What the run ends in: a row per class, the scorecard's figures, and every firm."""

    classes: list[dict[str, Any]]
    scorecard: dict[str, Any]
    firms: list[dict[str, Any]]
    book: dict[str, Any]
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


def run(data: Path, home: Path, teller: Teller, seed: int = 2020) -> Result:
    """The whole journey on an institution of its own; `home` keeps the measured churn curve and the result."""
    catalogue = home / "research-catalogue"
    write_churn_curve(data / "cumcm2020c_rate_churn.parquet", catalogue)
    settings.PUHUI_CATALOGUE = catalogue
    firms = pl.read_parquet(data / "cumcm2020c_firms.parquet", columns=["firm_id", "attachment", "firm_name", "defaulted"])
    with teller("registering the lender and 425 firms"):
        institution, known = register(firms)
    take_evidence(institution, data, teller)
    with teller("variables of 425 firms"):
        features.refresh(institution, OBSERVED, actor="risk")
    figures = learn(institution, firms, known, teller)
    decide(institution, firms, known, teller)
    with teller("contracts and payouts within the budget"):
        drawn, over = pay_out(institution)
    keep_a_year(institution, drawn, seed, teller)
    result = summarise(institution, figures, over, seed)
    (home / RESULT_FILE).write_text(json.dumps(result.as_dict(), ensure_ascii=False, indent=2, default=str), encoding="utf-8")
    return result


def register(firms: pl.DataFrame) -> tuple[Institution, dict[str, Firm]]:
    """An institution, its people, and the firms under their number in the data; consents as the contest's setting implies them."""
    institution = parties.create_institution(CODE, "公开发票数据研究（CUMCM 2020）", Institution.Kind.BANK, OPENED)
    for username, role, name in USERS:
        parties.create_user(institution, f"research-{username}", _password(), role, name=name)
    open_books(institution, "system")
    rows = [
        {"name": f"{name}（{number}）", "identifiers": {"cumcm": number}}
        for number, name in firms.select("firm_id", "firm_name").iter_rows()
    ]
    registered = parties.register_firms(institution, rows, "officer")
    parties.grant_consents(
        institution,
        registered,
        purpose="credit_decision",
        classes=["C07"],
        expires_on=OPENED + timedelta(days=2 * NIGHTS),
        text_version="research",
        text="Anonymised public data, published for research on credit decisions.",
        channel="research",
        granted_by="publisher of the data",
    )
    return institution, dict(zip(firms["firm_id"], registered, strict=True))


def _password() -> str:
    """Nobody signs in here unless an administrator sets a password."""
    import secrets

    return secrets.token_urlsafe(24)


def take_evidence(institution: Institution, data: Path, teller: Teller) -> None:
    with teller("importing 1.1 million invoices", total=len(FILES)) as stage:
        for name in FILES:
            mapping = CATALOGUE / "mappings" / f"cumcm2020-{name.split('_')[1]}.toml"
            import_invoices(institution, data / f"cumcm2020c_{name}_invoices.parquet", mapping, actor="officer", business_date=DRAWN)
            stage.advance()


def learn(institution: Institution, firms: pl.DataFrame, known: dict[str, Firm], teller: Teller) -> TrainingFigures:
    """The scorecard of the 123 firms with a record, from invoices only."""
    labels = firms.filter(pl.col("defaulted").is_not_null()).select(
        pl.col("firm_id").replace_strict({number: firm.pk for number, firm in known.items()}).alias("firm_id"),
        (pl.col("defaulted") == "是").cast(pl.Int64).alias("defaulted"),
    )
    labelled = snapshot_frame(institution, OBSERVED).join(labels, on="firm_id")
    configuration = read_configuration(CATALOGUE / "scores" / "invoice-scorecard.toml")
    with teller("training on 123 firms, out of fold", total=configuration.split.folds * configuration.split.repeats + 1) as stage:
        trained = train(labelled, configuration, stage.advance)
    scoring.register(institution, trained, "risk")
    return trained.figures


def decide(institution: Institution, firms: pl.DataFrame, known: dict[str, Firm], teller: Teller) -> None:
    """The 302 firms without a record ask for the most that the terms allow; officers say yes to what the engine proposes to them."""
    asking = firms.filter(pl.col("attachment") == 2)["firm_id"]
    rows = [
        {
            "firm": known[number],
            "product_code": PRODUCT,
            "amount_fen": ASKED_FEN,
            "term_months": TERM_MONTHS,
            "purpose": "inventory",
            "channel": "research",
            "key": f"research:{number}",
        }
        for number in asking
    ]
    applications = decisions.submit_many(institution, rows, "research")
    with teller("deciding on 302 firms", total=len(applications)) as stage:
        decisions.decide_many(institution, applications, "system", stage.advance)
    people = {user.username: user for user in User.objects.filter(institution=institution)}
    voices = [people[f"research-{name}"] for name in ("officer", "approver", "risk")]
    referred = Application.objects.filter(institution=institution, status=Application.Status.REFERRED).order_by("pk")
    for application in referred:
        decision = Decision.objects.filter(application=application).latest("pk")
        doubts = [reason for reason in decision.record["reasons"] if reason.get("severity") == "refer"]
        outcome = "refuse" if doubts or decision.amount_fen <= 0 else "approve"
        speak(voices, decision, outcome, "Research run: referred for its amount only" if outcome == "approve" else "Research run")


def pay_out(institution: Institution) -> tuple[list[Loan], int]:
    """Money goes to the offers of least expected loss per yuan first, as long as the yearly budget lasts. Loans, and offers left over."""
    checker = User.objects.get(institution=institution, username="research-accountant")
    offers = list(
        Offer.objects.filter(institution=institution, status=Offer.Status.OPEN).select_related("decision", "institution", "application")
    )
    offers.sort(key=lambda offer: (offer.decision.probability_ppm or 0, offer.pk))
    left, accepted, over = BUDGET_FEN, list[Offer](), 0
    for offer in offers:
        if offer.amount_fen > left:
            over += 1
            continue
        left -= offer.amount_fen
        accepted.append(decisions.answer_offer(offer, True, "borrower"))
    contracts = loans.clear_contracts(sign_contracts(institution, [(offer, None, "") for offer in accepted]), checker)
    return loans.draw_down_many(institution, [(contract, f"payout:{contract.pk}") for contract in contracts], "accountant"), over


def keep_a_year(institution: Institution, drawn: Sequence[Loan], seed: int, teller: Teller) -> None:
    """A year of nights. Who defaults, and when, is drawn; the others pay each due in time."""
    generator = np.random.default_rng(seed)
    stops: dict[int, date] = {}
    for loan in drawn:
        if generator.random() < loan.probability_ppm / 1_000_000:
            stops[loan.pk] = loan.start + timedelta(days=int(generator.integers(20, 300)))
    rows = [(loan, row) for loan in drawn for row in loan.instalments.all()]
    due_fen = {(loan.pk, row.due): row.principal_fen + row.interest_fen + row.fee_fen for loan, row in rows}
    dues = sorted(((row.due, loan) for loan, row in rows), key=lambda pair: pair[0])
    with teller("a year of nights", total=NIGHTS) as stage:
        position = 0
        for _ in range(NIGHTS):
            day = institution.business_date
            brought: dict[int, int] = {}
            while position < len(dues) and dues[position][0] == day:
                loan = dues[position][1]
                position += 1
                if day < stops.get(loan.pk, date.max):
                    brought[loan.firm_id] = due_fen[loan.pk, day]
            loans.deposit_many(institution.pk, brought)
            day_end.run_day(institution, "night run")
            stage.advance()


def summarise(institution: Institution, figures: TrainingFigures, over: int, seed: int) -> Result:
    """A row per class: firms, approved, mean limit and rate, expected loss and profit, and what the simulated year brought."""
    day = institution.business_date - timedelta(days=1)
    costs = parameter_table("lending-costs", settings.PUHUI_CATALOGUE).row(OPENED, lender_kind=institution.kind, security="unsecured")
    loss_given_default_ppm = round(float(costs["loss_given_default"]) * 1_000_000)
    yearly_cost = float(costs["funding"]) + float(costs["operations"])
    newest = Decision.objects.filter(institution=institution).select_related("firm", "application__offer", "snapshot").order_by("pk")
    by_decision = {each.loan.contract.decision_id: each for each in standings(institution, day)}
    firms: list[dict[str, Any]] = []
    for decision in newest:
        standing = by_decision.get(decision.pk)
        offer = getattr(decision.application, "offer", None)
        amount_fen, rate_ppm = (offer.amount_fen, offer.rate_ppm) if offer else (0, decision.rate_ppm)
        loss = expected_loss(amount_fen, decision.probability_ppm or 0, loss_given_default_ppm)
        firms.append(
            {
                "firm": decision.firm.identifiers.get(scheme="cumcm").value,
                "class": decision.risk_class or "–",
                "points": decision.points,
                "probability_ppm": decision.probability_ppm,
                "outcome": decision.outcome,
                "approved": offer is not None,
                "limit_fen": decision.limit_fen,
                "binding": decision.record["stages"]["limit"]["bound"],
                "amount_fen": amount_fen,
                "rate_ppm": rate_ppm,
                "expected_loss_fen": loss,
                "expected_profit_fen": _expected_profit(amount_fen, rate_ppm or 0, loss, yearly_cost, offer),
                "paid_out": standing is not None,
                "principal_left_fen": standing.principal_fen if standing else 0,
                "interest_earned_fen": standing.counters.interest_earned if standing else 0,
                "days_past_due": standing.days_past_due if standing else 0,
            }
        )
    book = {
        "as_of": day.isoformat(),
        "paid_out_fen": sum(row["amount_fen"] for row in firms if row["paid_out"]),
        "budget_fen": BUDGET_FEN,
        "offers_beyond_budget": over,
        "defaulted_loans": sum(row["days_past_due"] > 90 for row in firms),
    }
    notes = [
        SIMULATED.format(seed=seed),
        f"The scorecard rests on {figures.events} defaults among {figures.n} firms; see the spread of its figures.",
    ]
    return Result(_by_class(firms), figures.as_dict(), firms, book, notes)


def _expected_profit(amount_fen: int, rate_ppm: int, loss_fen: int, yearly_cost: float, offer: Offer | None) -> int:
    """Interest of the year on the mean balance of equal instalments, less cost of money and work on the same balance, less loss."""
    if offer is None:
        return 0
    mean_balance = amount_fen * (TERM_MONTHS + 1) / (2 * TERM_MONTHS)
    return round(mean_balance * (rate_ppm / 1_000_000 - yearly_cost)) - loss_fen


def _by_class(firms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for name in sorted({row["class"] for row in firms}):
        of_class = [row for row in firms if row["class"] == name]
        approved = [row for row in of_class if row["approved"]]
        lent = sum(row["amount_fen"] for row in approved)
        rows.append(
            {
                "class": name,
                "firms": len(of_class),
                "approved": len(approved),
                "paid_out": sum(row["paid_out"] for row in of_class),
                "mean_limit_fen": round(sum(row["limit_fen"] for row in approved) / len(approved)) if approved else None,
                "mean_rate_ppm": round(sum(row["amount_fen"] * row["rate_ppm"] for row in approved) / lent) if lent else None,
                "expected_loss_fen": sum(row["expected_loss_fen"] for row in approved),
                "expected_profit_fen": sum(row["expected_profit_fen"] for row in approved),
                "defaulted_in_simulation": sum(row["days_past_due"] > 90 for row in of_class),
            }
        )
    return rows


def rows_for_people(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The table of classes in yuan and percent."""

    def yuan(fen: int | None) -> str:
        return "–" if fen is None else f"{fen / 100:,.0f}"

    return [
        {
            "class": row["class"],
            "firms": row["firms"],
            "approved": row["approved"],
            "paid out": row["paid_out"],
            "mean limit (yuan)": yuan(row["mean_limit_fen"]),
            "mean rate": "–" if row["mean_rate_ppm"] is None else f"{row['mean_rate_ppm'] / 10_000:.2f}%",
            "expected loss (yuan)": yuan(row["expected_loss_fen"]),
            "expected profit (yuan)": yuan(row["expected_profit_fen"]),
            "defaulted (simulated)": row["defaulted_in_simulation"],
        }
        for row in result["classes"]
    ]
