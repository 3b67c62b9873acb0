"""The pages of the lab: comparing, writing a draft, putting it in force by two persons from a day; decisions replay all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.console import lab_scenario

from puhui.calculations.faults import FaultsError

CODE = lab_scenario.CODE


def test_a_comparison_is_made_on_its_page(scenario: Any, client_of: Any) -> None:
    """Two policies, kept under a number, with charts, who changes and why, and as files; one policy alone is refused."""
    from puhui.products.strategy_models import Comparison

    client = client_of("risk")
    draft = f"draft:{scenario.lab.version.draft_id}.1"
    made = client.post("/lab/", {"first_policy": CODE, "second_policy": draft, "threshold": "rules.sales_months"})
    assert made.status_code == 302
    row = Comparison.objects.latest("pk")
    assert made["Location"] == f"/lab/{row.pk}/" and row.found["frontier"]["threshold"] == "rules.sales_months"
    page = client.get(made["Location"]).content.decode()
    assert page.count('<figure class="chart"') == 4 and "Sales in fewer than nine" in page and "Propose to a second person" in page
    assert page.index(f'<th scope="row">{CODE}</th>') < page.index(f'<th scope="row">{draft}</th>')
    assert b"<svg" in client.get(f"/lab/{row.pk}/file.html").content and client.get(f"/lab/{row.pk}/file.xlsx").content[:2] == b"PK"
    assert client.get(f"/lab/{row.pk}/file.exe").status_code == 404
    alone = client.post("/lab/", {"first_policy": CODE}).content.decode()
    assert "Nothing was done" in alone and Comparison.objects.latest("pk").pk == row.pk


def test_the_best_use_of_a_budget_is_found_on_its_page(scenario: Any, client_of: Any) -> None:
    """Kept beside the comparisons and not among them, with what each bound is worth, and as files; everything that is wrong is named."""
    from puhui.products.strategy_models import Comparison

    client, before = client_of("risk"), Comparison.objects.count()
    typed = {"act": "optimum", "policy": CODE, "budget": "100,000", "capital": "9万", "class": "A: 60000，B: 60000", "steps": "50, 100"}
    made = client.post("/lab/", typed)
    row = Comparison.objects.latest("pk")
    assert made.status_code == 302 and made["Location"] == f"/lab/optima/{row.pk}/" and Comparison.objects.count() == before + 1
    assert row.asked["kind"] == "optimum" and row.asked["steps"] == [0.5, 1.0]
    names = [each["name"] for each in row.found["bounds"]]
    assert names == ["budget", "capital", "class:A", "class:B"] and row.found["lent_fen"] <= 10_000_001
    assert all(each["step"] in (0.5, 1.0) for each in row.found["offers"]) and row.found["offers"]
    page = client.get(made["Location"]).content.decode()
    assert "Funding budget, yuan" in page and "the policy&#x27;s own rates" in page and "Worth of one more" in page
    assert client.get(f"/lab/optima/{row.pk}/file.xlsx").content[:2] == b"PK"
    assert client.get(f"/lab/optima/{row.pk}/file.json").json()["tables"]["bounds"]
    assert client.get(f"/lab/optima/{row.pk}/file.exe").status_code == 404
    assert client.get(f"/lab/{row.pk}/").status_code == 404  # it compares nothing
    listed = client.get("/lab/").content.decode()
    assert f'href="/lab/optima/{row.pk}/"' in listed and f'href="/lab/{row.pk}/"' not in listed
    wrong = {"act": "optimum", "policy": CODE, "budget": "much", "class": "A", "least": "B: some", "steps": "half"}
    told = client.post("/lab/", wrong).content.decode()
    assert all(part in told for part in ("much", "some", "half")) and Comparison.objects.count() == before + 1
    assert client_of("auditor").post("/lab/", typed).status_code == 403


def test_a_draft_is_checked_while_it_is_written(scenario: Any, client_of: Any) -> None:
    """Line and column of what is wrong, the product in words where nothing is; nothing is kept by checking."""
    from puhui.products.strategy_models import DraftVersion

    version = scenario.lab.version
    client, before = client_of("risk"), DraftVersion.objects.count()
    address = f"/lab/drafts/{version.draft_id}/check/"
    wrong = client.post(address, {"text": version.text.replace(lab_scenario.NEW, "inv_out_active_months_12m >= twelve")}).content.decode()
    line = next(number for number, each in enumerate(version.text.split("\n"), 1) if lab_scenario.NEW in each)
    assert f'data-line="{line}"' in wrong and "twelve" in wrong and "draft.toml" not in wrong
    broken = client.post(address, {"text": "[product\n"}).content.decode()
    assert 'data-line="1"' in broken
    sound = client.post(address, {"text": version.text}).content.decode()
    assert "Nothing is wrong" in sound and version.digest[:16] in sound and "<section" in sound
    assert DraftVersion.objects.count() == before


def test_versions_of_a_draft_only_grow(scenario: Any, client_of: Any) -> None:
    """Kept by whom and when; who did not see the last version is told; a text that is no product is kept and cannot be compared."""
    draft = scenario.lab.version.draft
    address = f"/lab/drafts/{draft.pk}/"
    client = client_of("risk")
    assert client.post(address, {"text": "# half\n", "based_on": "1", "note": "half done"}).status_code == 302
    assert [(each.number, each.saved_by.username, bool(each.digest)) for each in draft.versions.order_by("number")] == [
        (1, "risk", True),
        (2, "risk", False),
    ]
    assert client.post(address, {"text": "# half\n", "based_on": "2"}).status_code == 302  # the same again
    late = client.post(address, {"text": "# other\n", "based_on": "1"}).content.decode()
    assert "kept by risk meanwhile" in late and "# other" in late
    failed = client.post(address, {"text": "# third\n", "based_on": "2", "act": "compare"}, follow=True).content.decode()
    assert "is kept, but it could not be compared" in failed
    assert draft.versions.count() == 3
    assert client_of("approver").post(address, {"text": "x", "based_on": "3"}).status_code == 403


def test_two_persons_put_a_draft_in_force_from_a_day(scenario: Any, client_of: Any) -> None:
    """Not by one alone, not from a day that has begun; from the day on it decides, before and after everything replays."""
    from puhui.decisions.models import Decision
    from puhui.decisions.replaying import replay
    from puhui.parties.models import AuditRecord, Institution
    from puhui.products.queries import product

    lender, row = scenario.institution, scenario.lab.promotion
    address = f"/lab/promotions/{row.pk}/"
    own = client_of("risk").post(address, {"act": "agree"}).content.decode()
    assert "somebody else" in own
    assert client_of("officer").post(address, {"act": "agree"}).status_code == 403
    assert client_of("approver").post(address, {"act": "agree", "reason": "seen"}).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.answered_by.username) == ("agreed", "approver")
    before, after = product(CODE, row.in_force_from - timedelta(days=1), lender), product(CODE, row.in_force_from, lender)
    assert before.digest != after.digest == row.digest and after.valid_from == row.in_force_from
    assert product(CODE, row.in_force_from).digest == before.digest  # the files alone
    acts = AuditRecord.objects.filter(act__startswith="promotion.", subject_id=str(row.pk))
    assert list(acts.order_by("pk").values_list("act", "actor")) == [("promotion.propose", "risk"), ("promotion.agree", "approver")]
    Institution.objects.filter(pk=lender.pk).update(business_date=row.in_force_from)
    late = client_of("risk").post(address, {"act": "withdraw", "reason": "too late"}).content.decode()
    assert "a day after the one that is open" in late
    decision = Decision.objects.filter(institution=lender, record__has_key="facts").first()
    assert replay(decision) == []
    assert "in use" in client_of("risk").get(f"/products/{CODE}/").content.decode()


def test_a_promotion_is_taken_back_before_its_day(scenario: Any, client_of: Any) -> None:
    from puhui.products.queries import product

    row = scenario.lab.promotion
    client_of("approver").post(f"/lab/promotions/{row.pk}/", {"act": "agree"})
    assert (
        client_of("approver").post(f"/lab/promotions/{row.pk}/", {"act": "withdraw", "reason": "figures to be looked at"}).status_code
        == 302
    )
    row.refresh_from_db()
    assert (row.status, row.withdrawn_by.username) == ("withdrawn", "approver")
    assert product(CODE, row.in_force_from, scenario.institution).digest == product(CODE, row.in_force_from).digest


def test_nothing_is_put_in_force_unseen(scenario: Any) -> None:
    """Without a comparison of this very text against what is in force; a text that fails the check; a second one for the same day."""
    lab = scenario.lab
    other = lab_scenario.draft(scenario, new="inv_out_active_months_12m >= 11")
    with pytest.raises(FaultsError, match="Compare this version first"):
        lab_scenario.propose(scenario, other, lab.comparison)
    with pytest.raises(FaultsError, match="another one of invoice-working-capital"):
        lab_scenario.propose(scenario, lab.version, lab.comparison)
    with pytest.raises(FaultsError, match="a day after the one that is open"):
        lab_scenario.propose(scenario, lab.version, lab.comparison, scenario.institution.business_date)
    unlawful = lab_scenario.draft(scenario, old="grace_days = 0 }", new="grace_days = 0 }\nadvance_interest = true")
    with pytest.raises(FaultsError):
        lab_scenario.compare(scenario, unlawful)


def test_another_lender_sees_nothing_of_it(scenario: Any, client_of: Any) -> None:
    from datetime import date

    from puhui.parties.actions import create_institution, create_user

    other = create_institution("OTHER2", "另一家银行", "bank", date(2026, 1, 1))
    create_user(other, "stranger2", "secret-secret", "risk_manager")
    client, lab = client_of("stranger2"), scenario.lab
    for address in (f"/lab/{lab.comparison.pk}/", f"/lab/promotions/{lab.promotion.pk}/", f"/lab/drafts/{lab.version.draft_id}/"):
        assert client.get(address).status_code == 404, address
    assert "Twelve months of sales" not in client.get("/lab/drafts/").content.decode()
