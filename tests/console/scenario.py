"""A small lender with everything a page can show: firms of the made-up county, their invoices, decisions, loans some weeks old.

It goes through the platform's public actions. The score is a card of two variables made by hand, so that nothing has to be trained.
Three firms have not asked for anything: the borrowers whose way the browser walks. They have no consent yet.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FIRMS = 26
SEED = 7
FIRST_MONTH = date(2022, 11, 1)
MONTHS = 25
DECISION_DAY = date(2024, 12, 10)
USERS = {
    "officer": ("officer", "信贷员 林晓"),
    "approver": ("approver", "审批人 周敏"),
    "risk": ("risk_manager", "风险经理 陈立"),
    "accountant": ("accountant", "会计 王芳"),
    "auditor": ("auditor", "审计 赵诚"),
}
ASKING = 20
WEEKS = 6
PASSWORD = "puhui-demo"
LANGUAGES = ("zh-hans", "zh-hant", "en")


@dataclass
class Scenario:
    """What a test needs to know of it."""

    institution: Any
    users: dict[str, Any]
    borrowers: dict[str, Any] = field(default_factory=dict)  # language → user
    waiting: list[int] = field(default_factory=list)  # applications that wait for a person
    addresses: dict[str, tuple[str, str]] = field(default_factory=dict)  # page → (address, who opens it)
    contract: Any = None  # signed, its conditions met, not yet checked
    life: Any = None  # loans with a life: see loan_scenario
    lab: Any = None  # a draft, compared and proposed: see lab_scenario
    training: Any = None  # a table to train on, looked at


def build() -> Scenario:
    """Fills an empty database."""
    from tests.console import lab_scenario

    from puhui.county import economy as economies
    from puhui.county import trade

    economy = economies.build(FIRMS, FIRST_MONTH, MONTHS, SEED)
    institution = _lender()
    firms = _register(institution, economy)
    scenario = Scenario(institution, _users(institution))
    _model(institution)
    _evidence(institution, economy, trade.invoices(economy, SEED))
    _decide(institution, firms)
    _lend(institution, scenario, firms)
    scenario = _borrowers(institution, firms, scenario)
    scenario.lab = lab_scenario.prepare(scenario)
    scenario.training = _training(scenario)
    return scenario


def _training(scenario: Scenario) -> Any:
    """A table of 60 cases of which every third defaulted, and what the guard found in it."""
    import polars as pl

    from puhui.scoring import trainings

    frame = pl.DataFrame({"sales": [place * 37 % 60 for place in range(60)], "defaulted": [int(place % 3 == 0) for place in range(60)]})
    body = {"name": "sales-only", "target": "defaulted", "split": {"folds": 2, "repeats": 1}}
    return trainings.look(trainings.begin(scenario.users["risk"], frame, "sales.csv", body), body)


def _lender() -> Any:
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution, create_user

    institution = create_institution("YUNXI", "云溪县农村商业银行", "bank", DECISION_DAY)
    for username, (role, name) in USERS.items():
        create_user(institution, username, PASSWORD, role, name=name)
    open_books(institution, "system")
    return institution


def _register(institution: Any, economy: Any) -> list[Any]:
    """The county's firms with owner and consent; the consent is older than the oldest invoice."""
    from django.utils import timezone

    from puhui.parties import actions

    rows = [
        {
            "name": each.name, "kind": "individual_business" if each.individual else "enterprise", "industry_code": each.industry.code,
            "founded_on": each.founded_on, "staff_count": each.staff_count, "identifiers": {"uscc": each.unified_code},
        }
        for each in economy.firms
    ]  # fmt: skip
    firms = actions.register_firms(institution, rows, "officer")
    owners = [{"name": each.owner_name, "identity_number": each.owner_identity_number, "phone": each.owner_phone} for each in economy.firms]
    for firm, person in zip(firms, actions.register_people(institution, owners, "officer"), strict=True):
        actions.link_person(firm, person, "legal_representative", actor="officer")
    actions.grant_consents(
        institution, firms, purpose="credit_decision", classes=["C07"], expires_on=date(2030, 1, 1), text_version="1", text="同意",
        channel="counter", granted_by="owner", at=timezone.make_aware(timezone.datetime(2020, 1, 1)),
    )  # fmt: skip
    return firms


def _evidence(institution: Any, economy: Any, invoices: Any) -> None:
    from puhui.county import files
    from puhui.evidence.actions import import_invoices
    from puhui.features.actions import refresh

    with tempfile.TemporaryDirectory() as folder:
        paths = files.write_invoices(economy, invoices, Path(folder), DECISION_DAY.replace(day=1))
        for path, direction in zip(paths, ("out", "in"), strict=True):
            import_invoices(institution, path, files.mapping(direction), actor="officer", business_date=DECISION_DAY.replace(day=1))
    refresh(institution, DECISION_DAY.replace(day=1) - timedelta(days=1), actor="night run")


def _model(institution: Any) -> None:
    from tests.decisions.conftest import tiny_model_body

    from puhui.scoring.actions import register
    from puhui.scoring.model import Model

    card = "# Two variables\n\n| Bin | Points |\n|---|---:|\n| low | 10 |\n\n![Order](roc.svg)\n\n<script>alert(1)</script>\n"
    plots = {"roc.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><path d="M0 10L10 0"/></svg>'}
    register(institution, SimpleNamespace(model=Model.load(tiny_model_body()), card=card, plots=plots), "risk")


def _users(institution: Any) -> dict[str, Any]:
    from puhui.parties.models import User

    return {user.username: user for user in User.objects.filter(institution=institution)}


def _decide(institution: Any, firms: list[Any]) -> None:
    from puhui.decisions import actions

    rows = [
        {
            "firm": firm, "product_code": "invoice-working-capital", "amount_fen": (40_000 + 25_000 * number) * 100, "term_months": 12,
            "purpose": "stock", "channel": "phone", "key": f"scenario:{number}",
        }
        for number, firm in enumerate(firms[:ASKING])
    ]  # fmt: skip
    actions.decide_many(institution, actions.submit_many(institution, rows, "borrower"), "system")


def _lend(institution: Any, scenario: Scenario, firms: list[Any]) -> None:
    from tests.console.loan_scenario import enrich, prepare

    from puhui.decisions.models import Application, Offer
    from puhui.loans import actions, day_end

    offers = list(Offer.objects.filter(institution=institution, status="open").order_by("pk"))
    assert len(offers) > 3, "the engine should say yes to some"
    for number, offer in enumerate(offers[:-2]):
        contract = sign_contract(offer)
        if number:  # the first firm has no money when its dues come
            actions.deposit(offer.firm, offer.amount_fen)
        actions.clear(contract, scenario.users["accountant"])
        actions.draw_down(contract, f"payout:{contract.pk}", "accountant")
    scenario.contract = sign_contract(offers[-2])
    scenario.life = prepare(institution, firms, scenario.users)
    for _ in range(7 * WEEKS):
        day_end.run_day(institution, "night run")
    institution.refresh_from_db()
    enrich(institution, scenario.life, scenario.users)
    waiting = Application.objects.filter(institution=institution, status="referred").order_by("submitted_at", "pk")
    scenario.waiting = list(waiting.values_list("pk", flat=True))


def sign_contract(offer: Any) -> Any:
    """From an open offer to a signed contract with all conditions recorded by the officer, still to be checked."""
    from puhui.decisions.actions import answer_offer
    from puhui.loans import actions

    contract = actions.draft_contract(answer_offer(offer, True, "borrower"), "officer")
    actions.sign(contract, "borrower", "owner", "electronic", {}, "borrower")
    actions.sign(contract, "lender", "officer", "electronic", {}, "officer")
    for condition in contract.conditions.order_by("code"):
        actions.meet_condition(contract, condition.code, "seen", "officer")
    return contract


def _borrowers(institution: Any, firms: list[Any], scenario: Scenario) -> Scenario:
    """Of the firms that asked for nothing, three whom the engine would lend to without a person."""
    from puhui.decisions.preview import preview
    from puhui.features.actions import refresh
    from puhui.parties.actions import create_user, withdraw_consent
    from puhui.parties.models import Consent, Role

    refresh(institution, institution.business_date - timedelta(days=1), actor="night run")
    languages = list(LANGUAGES)
    for firm in firms[ASKING:]:
        record = preview(institution, firm, "invoice-working-capital", 3_000_000, 12, "stock", institution.business_date)
        if not languages or record["result"]["outcome"] != "approve":
            continue
        language = languages.pop(0)
        person = firm.people.get(role="legal_representative").person
        scenario.borrowers[language] = create_user(
            institution, f"borrower-{language}", PASSWORD, Role.BORROWER, name=person.name, person=person, language=language
        )
        for consent in Consent.objects.filter(firm=firm):
            withdraw_consent(consent, "scenario")
    assert not languages, "three firms should be lent to without a person"
    return scenario
