"""Acts from the pages: one form for each, a preview that changes nothing, keys that post once, and the second person."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

KEY = f"page-{'0a' * 12}"


def text_of(response: Any) -> str:
    return response.content.decode()


def performing(scenario: Any) -> Any:
    from puhui.loans.models import Loan

    return Loan.objects.filter(institution=scenario.institution, status="performing", contract__revolves=False).order_by("pk").first()


def address(kind: str, number: int, act: str) -> str:
    return f"/acts/{kind}/{number}/{act}/"


def test_every_act_has_its_words() -> None:
    """A new act cannot be forgotten: name, button, and a word for each argument and choice."""
    from puhui.console.act_words import ARGUMENTS, BUTTONS, CHOICES, NAMES
    from puhui.loans.act_registry import ACTS

    assert set(ACTS) <= set(NAMES) and set(ACTS) <= set(BUTTONS)
    arguments = [argument for act in ACTS.values() for argument in act.arguments]
    assert {argument.name for argument in arguments} <= set(ARGUMENTS)
    assert {code for argument in arguments for code in argument.choices} <= set(CHOICES)


def test_every_act_can_be_opened(scenario: Any, client_of: Any) -> None:
    """The generic form is there for each act on a target of its kind, with an input for each argument that the act cannot do without."""
    from puhui.loans.act_registry import ACTS

    life = scenario.life
    targets = {"loan": life.late, "contract": life.renewal, "firm": life.late.firm}
    client = client_of("officer")
    for name, act in ACTS.items():
        page = text_of(client.get(address(act.target, targets[act.target].pk, name)))
        if "Your role cannot ask for this" in page:
            continue
        for argument in act.arguments:
            if argument.required and argument.kind != "numbers":
                assert f'name="{argument.name}"' in page, (name, argument.name)


def test_a_preview_changes_nothing_and_says_what_would(scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Command, Event

    loan = performing(scenario)
    before = Event.objects.count(), Command.objects.count()
    page = text_of(client_of("accountant").post(address("loan", loan.pk, "repay"), {"amount_fen": "1,000", "step": "preview", "key": KEY}))
    assert (Event.objects.count(), Command.objects.count()) == before
    rows = re.findall(r"<th scope=\"row\">Principal</th>(.*?)</tr>", page, re.S)
    amounts = [int(each.replace(",", "").replace(".", "").replace("−", "-")) for each in re.findall(r"([−\d,]+\.\d\d)", rows[0])]
    assert amounts[0] + amounts[2] == amounts[1] and amounts[2] < 0
    assert "Post a repayment of 1,000 yuan" in page and "One person is enough" in page
    assert f'name="key" value="{KEY}"' in page, "the form that carries it out has the key of the one that was shown"


def test_an_act_sent_twice_is_done_once(scenario: Any, client_of: Any) -> None:
    loan = performing(scenario)
    client = client_of("accountant")
    before = loan.events.filter(type="repayment").count()
    for _ in range(2):
        response = client.post(address("loan", loan.pk, "repay"), {"amount_fen": "1,000", "step": "do", "key": KEY})
        assert response["Location"] == f"/loans/{loan.pk}/"
    assert loan.events.filter(type="repayment").count() == before + 1
    other = client.post(address("loan", loan.pk, "repay"), {"amount_fen": "2,000", "step": "do", "key": KEY})
    assert other.status_code == 422 and f'value="{KEY}"' not in text_of(other)  # refused, and shown with a new key
    assert loan.events.filter(type="repayment").count() == before + 1


def test_nobody_chooses_the_key_of_an_act(scenario: Any, client_of: Any) -> None:
    """The key of the night's debit of a loan, sent with a form, would keep the night from debiting it."""
    from puhui.loans.models import Event

    loan = performing(scenario)
    taken = f"{loan.pk}:debit:{scenario.institution.business_date}"
    for key in (taken, "x" * 500, ""):
        sent = {"amount_fen": "1", "step": "do", "key": key}
        assert client_of("accountant").post(address("loan", loan.pk, "repay"), sent).status_code == 302
    keys = Event.objects.filter(loan=loan).order_by("-number").values_list("key", flat=True)[:3]
    assert len(set(keys)) == 3 and all(key.startswith("page-") and len(key) == 29 for key in keys)


def test_faults_stand_at_their_fields(scenario: Any, client_of: Any) -> None:
    loan = performing(scenario)
    client = client_of("officer")
    sent = {"amount_fen": "-5", "of": "moon", "reason": "", "step": "preview"}
    response = client.post(address("loan", loan.pk, "waive"), sent)
    page = text_of(response)
    assert response.status_code == 422
    for name, said in (("amount_fen", "an amount in yuan"), ("of", "One of the list."), ("reason", "This is needed.")):
        assert re.search(rf'id="error-{name}">[^<]*{said}', page), name
    beyond = text_of(client_of("accountant").post(address("loan", loan.pk, "repay"), {"amount_fen": "99999999", "step": "do", "key": KEY}))
    assert re.search(r'id="error-amount_fen">[^<]*which closes the loan', beyond)


@pytest.mark.parametrize(("typed", "kept"), [("4.35", "0.0435"), ("４．３５％", None), ("0.5", "0.005"), ("101", None), ("x", None)])
def test_a_rate_is_typed_in_percent(typed: str, kept: str | None, scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Command

    loan = performing(scenario)
    sent = {"rate_annual": typed, "reason": "repriced", "step": "do", "key": KEY}
    response = client_of("officer").post(address("loan", loan.pk, "change_rate"), sent)
    if kept is None:
        assert response.status_code == 422
    else:
        assert response.status_code == 302
        assert Command.objects.get(key=KEY).request["rate_annual"] == kept


def test_a_second_person_agrees_or_refuses(scenario: Any, client_of: Any) -> None:
    """The maker cannot check; the checker sees what it would do, and agreeing does it, once."""
    from puhui.loans.models import Command, Event

    waiting, late = scenario.life.waiting, scenario.life.late
    officer, approver = client_of("officer"), client_of("approver")
    listed = text_of(approver.get("/acts/"))
    assert f"/acts/{waiting.pk}/" in listed and "you can check it" in listed
    own = text_of(officer.get(f"/acts/{waiting.pk}/"))
    assert "You asked for it yourself" in own and "Take the request back" in own
    assert officer.post(f"/acts/{waiting.pk}/", {"answer": "approve"}).status_code == 422
    seen = text_of(approver.get(f"/acts/{waiting.pk}/"))
    assert "Agree: Forgive 10 yuan" in seen and "−10.00" in seen
    assert not Event.objects.filter(loan=late, type="waiver").exists()
    for _ in range(2):
        approver.post(f"/acts/{waiting.pk}/", {"answer": "approve"})
    assert Event.objects.filter(loan=late, type="waiver", amount_fen=1_000).count() == 1
    assert Command.objects.get(pk=waiting.pk).checker == "approver"
    page = text_of(officer.get(f"/loans/{late.pk}/"))
    assert "Forgiven" in page and "waits for a second person" not in page


def test_a_refusal_keeps_its_reason(scenario: Any, client_of: Any) -> None:
    from puhui.loans.models import Command

    waiting = scenario.life.waiting
    approver = client_of("approver")
    assert approver.post(f"/acts/{waiting.pk}/", {"answer": "refuse", "reason": ""}).status_code == 422
    assert approver.post(f"/acts/{waiting.pk}/", {"answer": "refuse", "reason": "not our fault"}).status_code == 302
    found = Command.objects.get(pk=waiting.pk)
    assert (found.status, found.reason, found.checker) == ("refused", "not our fault", "approver")
    assert "not our fault" in text_of(approver.get("/acts/?status=refused"))


def test_who_may_not_ask_cannot(scenario: Any, client_of: Any) -> None:
    """The table of powers decides, not the page: an auditor may downgrade and not waive; a role without the act is told who can."""
    from puhui.loans.class_queries import class_of

    late = scenario.life.late
    auditor = client_of("auditor")
    assert "Your role cannot ask for this" in text_of(auditor.get(address("loan", late.pk, "waive")))
    sent = {"amount_fen": "1", "of": "penalty", "reason": "x", "step": "do", "key": KEY}
    assert auditor.post(address("loan", late.pk, "waive"), sent).status_code == 403
    down = {"to": "substandard", "reason": "the buyer failed", "step": "do", "key": KEY}
    assert auditor.post(address("loan", late.pk, "downgrade"), down).status_code == 302
    assert class_of(late) == "substandard"
    assert client_of("borrower-en").get(address("loan", late.pk, "repay")).status_code == 403


def test_records_are_offered_and_others_refused(scenario: Any, client_of: Any) -> None:
    """An event to undo is chosen from the loan's own; the drawdown, which is not undone so, is not among them."""
    late = scenario.life.late
    repayment = late.events.get(type="repayment")
    client = client_of("officer")
    page = text_of(client.get(address("loan", late.pk, "reverse")))
    options = re.findall(r'<option value="(\d+)"', page)
    assert options == [str(repayment.number)]
    sent = {"event": "1", "reason": "wrong loan", "step": "preview"}
    assert 'id="error-event"' in text_of(client.post(address("loan", late.pk, "reverse"), sent))
    seen = text_of(client.post(address("loan", late.pk, "reverse"), {**sent, "event": options[0]}))
    assert "Undo the event" in seen and "2,565.00" in seen


def test_a_restructuring_with_a_waiver(scenario: Any, client_of: Any) -> None:
    """Parts of an argument that is a record of its own: component and amount of the waiver."""
    from puhui.loans.models import Command

    late = scenario.life.late
    sent = {
        "extra_instalments": "3", "waiver.of": "penalty", "waiver.amount_fen": "5", "difficulty": "orders fell by half", "step": "do",
        "key": KEY,
    }  # fmt: skip
    response = client_of("officer").post(address("loan", late.pk, "restructure"), sent)
    command = Command.objects.get(key=KEY)
    assert response["Location"] == f"/acts/{command.pk}/"
    assert command.request["waiver"] == {"of": "penalty", "amount_fen": 500}
    seen = text_of(client_of("approver").get(f"/acts/{command.pk}/"))
    assert "Last due date after it" in seen and "2026-03-10" in seen
    client_of("approver").post(f"/acts/{command.pk}/", {"answer": "approve"})
    page = text_of(client_of("risk").get(f"/loans/{late.pk}/"))
    assert "Observation after restructuring" in page and "Restructured and under observation" in page


def test_an_act_of_another_target_is_no_page(scenario: Any, client_of: Any) -> None:
    client = client_of("officer")
    late = scenario.life.late
    for wrong in (address("contract", late.pk, "waive"), address("loan", late.pk, "fly"), address("moon", 1, "waive"), "/acts/999999/"):
        assert client.get(wrong).status_code == 404, wrong


def test_a_date_that_is_none_is_refused(scenario: Any, client_of: Any) -> None:
    loan = performing(scenario)
    sent = {"amount_fen": "10", "on": "2024-13-01", "step": "do", "key": KEY}
    assert 'id="error-on"' in text_of(client_of("accountant").post(address("loan", loan.pk, "repay"), sent))
    sent["on"] = date(2030, 1, 1).isoformat()
    assert 'id="error-on"' in text_of(client_of("accountant").post(address("loan", loan.pk, "repay"), sent))


@pytest.mark.parametrize(
    ("language", "said"), [("zh-hans", "不超过结清所需的"), ("zh-hant", "不超過結清所需的"), ("en", "which closes the loan")]
)
def test_what_an_act_refuses_is_told_in_the_readers_language(language: str, said: str, scenario: Any, client_of: Any) -> None:
    loan = performing(scenario)
    response = client_of("accountant", language).post(address("loan", loan.pk, "repay"), {"amount_fen": "99999999", "step": "preview"})
    assert said in text_of(response) and response.status_code == 422


def test_a_text_that_nobody_knows_stays_as_it_is() -> None:
    from puhui.console.fault_words import told

    assert told("a loan that is flying") == "a loan that is flying" and told("§ 7") == "§ 7" and told("") == ""
