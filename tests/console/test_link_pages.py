"""The pages of a loan and of its contract tell how the rate is made: index, spread, steps, from which day and why, in three languages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from tests.loans.test_linked_index import LATER, LOOK, act, bank, drawn, people
from tests.loans.test_linking import SHOWN, fresh
from tests.loans.test_repricing import run_until

__all__ = ["act", "bank", "drawn", "people"]

MOST_QUERIES = 12
FORMULA = {
    "code": "jobs", "measured": "every 1 month", "evidence": ["C08"], "clawback": True, "source": "test",
    "fact": None, "steps": None, "change": "0 - 0.05 * (insured_now - si_headcount_now) / si_headcount_now",
    "observed": {"insured_now": "persons"},
    "observed_texts": {"insured_now": {"en": "Insured people", "zh-hans": "季末参保人数", "zh-hant": "季末參保人數"}},
    "texts": {"en": "Less for each job", "zh-hans": "按新增岗位下浮", "zh-hant": "按新增崗位下浮"},
}  # fmt: skip


def opened(username: str, address: str, language: str = "en", most: int = MOST_QUERIES) -> str:
    """A page as somebody sees it, without tags, in at most so many questions to the database."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from puhui.parties.models import User

    client = Client(SERVER_NAME="localhost")
    client.cookies["django_language"] = language
    client.force_login(User.objects.get(username=username))
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(address)
    assert response.status_code == 200
    queries = [query["sql"] for query in asked.captured_queries]
    assert len(queries) <= most, queries
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_index_spread_and_steps_are_told_with_their_reasons(bank: Any, drawn: Any, act: Any) -> None:
    loan, formula = drawn("0.002"), drawn(**FORMULA)
    assert "加20个基点" in loan.contract.text and "不使利率低于 2.90% 或高于 4.00%" in loan.contract.text
    assert "利率挂钩：利率变动幅度：0 − 5% × （季末参保人数 − 参保人数） ÷ 参保人数。" in formula.contract.text
    run_until(bank, LOOK - timedelta(days=1))
    act("review_link", loan, value="0.2", on=LOOK.isoformat())
    act("review_link", formula, facts={"insured_now": 22}, on=LOOK.isoformat())
    run_until(bank, LATER - timedelta(days=1))
    act("correct_link", loan, value="0.06", review_date=LOOK.isoformat(), reason="another list")
    page = opened("officer", f"/loans/{loan.pk}/")
    panel = page[page.index("What the rate follows") :]
    for told in (
        "One-year prime rate (LPR) +20 basis points, set anew every month from the payout on",
        "3.10% 0.20% – 3.30% the contract",
        "3.10% 0.20% -0.50% 2.90% the index is set anew, a look at what the rate follows, held at the lowest rate of the product",
        "3.00% 0.20% -0.30% 2.90% the look of 2025-05-15 is corrected",
    ):
        assert told in panel.replace("−", "-"), (told, panel[:900])
    assert "一年期贷款市场报价利率（LPR）+20个基点，每1个月重定价，自放款日起" in opened("officer", f"/loans/{loan.pk}/", "zh-hans")
    assert "一年期貸款市場報價利率（LPR）+20個基點，每1個月重定價，自放款日起" in opened("officer", f"/loans/{loan.pk}/", "zh-hant")
    page = opened("officer", f"/loans/{formula.pk}/")
    assert "Insured people: 22" in page and "People insured, when it was decided 20" in page
    form = opened("officer", f"/acts/loan/{formula.pk}/review_link/")
    assert "Insured people" in form and "as the link measures it" not in form
    contract = opened("officer", f"/payouts/{loan.contract_id}/")
    assert "+20 basis points" in contract and "3.30%" in contract
    told = asked_by_program(bank, formula)
    assert (told["index"], told["every"]) == ("LPR1Y", "1 month") and told["spreads"] == [["2025-04-15", "0.006"], ["2025-05-15", "0.001"]]
    boss(formula.firm)
    waits = waiting(formula)  # carried out and rolled back for whoever is to agree
    for told in ("What was seen Insured people: 21", "Changes the rate by -0.25%", "Rate after it 3.35%", "Paid back 42.50"):
        assert told in opened("risk", f"/acts/{waits}/", most=200).replace("−", "-"), told
    phone = opened("boss", f"/my/loans/{formula.pk}/", "zh-hans")
    assert "季末参保人数: 22" in phone and "全部盯防事项" not in phone


def asked_by_program(bank: Any, loan: Any) -> Any:
    """The index and the spreads of a loan as its own quote takes them."""
    from django.test import Client

    from puhui.api.keys import create_key
    from puhui.parties.models import User

    _, text = create_key(User.objects.get(username="officer", institution=bank), "core system", 1, "test")
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {text}"})
    return client.get(f"/api/v1/loans/{loan.pk}").json()["rate_link"]


def waiting(loan: Any) -> int:
    """A correction that an officer has asked for: 21 people, not 22. 0.25 points for 51 nights on 120,000 are 42.50."""
    from puhui.loans.commands import perform
    from puhui.parties.models import User

    asked = {"code": "jobs", "facts": {"insured_now": 21}, "review_date": LOOK.isoformat(), "evidence": SHOWN, "reason": "a second list"}
    return int(perform(User.objects.get(username="officer"), "correct_link", fresh(loan), asked, "corrected").command_id)


def boss(firm: Any) -> None:
    """The owner of a firm, who has an account to sign in with."""
    from puhui.parties.actions import create_user, link_person, register_person

    person = register_person(firm.institution, "王小云", "330802199003072346", actor="test")
    link_person(firm, person, "owner", actor="test")
    create_user(firm.institution, "boss", "secret-secret", "borrower", person=person)
