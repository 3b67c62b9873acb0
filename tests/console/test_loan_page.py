"""The loan's page: each figure adds up from its lines, past days as known then and now, the class with articles and clocks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any


def text_of(response: Any) -> str:
    return response.content.decode()


def fen(text: str) -> int:
    return int(text.replace(",", "").replace(".", "").replace("−", "-"))


def opened(page: str, code: str) -> tuple[int, list[int], str]:
    """A figure of the page, the amounts of its lines, and its text."""
    body = re.search(rf'id="why-{code}">(.*?)</details>', page, re.S).group(1)
    amount = fen(re.search(r'why-amount">([^<]+)<', body).group(1))
    return amount, [fen(each) for each in re.findall(r'class="number">([^<]+)<', body)], body


def test_each_figure_is_the_sum_of_its_lines(scenario: Any, client_of: Any) -> None:
    """120,000.00 at 4.35%, due on the 10th, 3,000.00 paid six days late and entered five days later.

    9,802.19 × 4.35% × 1.5 × 6 ÷ 360 = 10.66, then 7,237.19 for 5 days = 6.56; 435.00 × 4.35% × 6 ÷ 360 = 0.32.
    """
    late = scenario.life.late
    page = text_of(client_of("accountant").get(f"/loans/{late.pk}/"))
    amount, lines, body = opened(page, "penalty")
    assert (amount, lines) == (1_722, [1_066, 656])
    assert "9,802.19 × 4.35% × (1 + 50.00%) × 6 days ÷ 360" in body and "7,237.19 × 4.35% × (1 + 50.00%) × 5 days ÷ 360" in body
    amount, lines, body = opened(page, "compound")
    assert (amount, lines) == (32, [32]) and "435.00 × 4.35% × 6 days ÷ 360" in body
    amount, lines, body = opened(page, "accrued")
    assert (amount, lines) == (14_647, [14_647]) and "110,197.81 × 4.35% × 11 days ÷ 360" in body
    amount, lines, body = opened(page, "principal")
    assert amount == sum(lines) == 12_000_000 - 256_500 and "#event-1" in body and 'id="event-1"' in page
    amount, lines, _ = opened(page, "closing")
    assert amount == sum(lines) == 11_759_901
    amount, lines, body = opened(page, "next_due")
    assert amount == 1_023_719 and "110,197.81 × 4.35% × 1 month ÷ 12" in body


def test_the_schedule_adds_up_to_what_is_due(scenario: Any, client_of: Any) -> None:
    """What is open by today, and the penalty that runs in the row under way, are what the page says is due."""
    from puhui.loans import queries

    late, day = scenario.life.late, scenario.institution.business_date
    owed = queries.owed(late, day)
    page = text_of(client_of("accountant").get(f"/loans/{late.pk}/"))
    rows = re.search(r'data-part="schedule">.*?<tbody>(.*?)</tbody>', page, re.S).group(1).split("</tr>")
    open_fen = 0
    for row in rows[:-1]:
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
        open_fen += fen(cells[6 if cells[1][:10] <= day.isoformat() else 4])
    assert open_fen == owed.due_fen > 0


def test_a_past_day_as_known_then_and_as_known_now(scenario: Any, client_of: Any) -> None:
    """The repayment of five days ago was entered today: on the day before yesterday nobody knew of it."""
    late, day = scenario.life.late, scenario.institution.business_date
    past = day - timedelta(days=2)
    client = client_of("officer")
    now = text_of(client.get(f"/loans/{late.pk}/?as_of={past}"))
    then = text_of(client.get(f"/loans/{late.pk}/?as_of={past}&known=then"))
    assert opened(now, "principal")[0] == 11_743_500 and opened(then, "principal")[0] == 12_000_000
    row = re.search(r'<th scope="row">Principal</th>(.*?)</tr>', now, re.S).group(1)
    assert [fen(each) for each in re.findall(r">([−\d,]+\.\d\d)<", row)] == [12_000_000, 11_743_500, -256_500]
    assert opened(then, "interest_due")[0] == 43_500 and 'id="why-interest_due"' not in now
    assert "by what was known on that day" in then and "by what is known now" in now
    assert "Enter a repayment" not in now, "a past day is for reading"
    far = text_of(client.get(f"/loans/{late.pk}/?as_of=1999-01-01"))
    assert f'value="{late.start}"' in far, "a day before the loan's life is its first"


def test_class_articles_clocks_and_forecast(scenario: Any, client_of: Any) -> None:
    late = scenario.life.late
    page = text_of(client_of("risk").get(f"/loans/{late.pk}/"))
    assert "Principal or interest past due" in page and "11 days past due, more than 0" in page
    assert "the class gets worse on 2025-04-11" in page  # 2025-01-10 and 91 days
    forecast = re.search(r'class="forecast">(.*?)</div>', page, re.S).group(1)
    assert re.findall(r"(normal|special mention|substandard)", forecast) == ["special mention", "special mention", "substandard"]
    history = text_of(client_of("auditor").get(f"/loans/{late.pk}/class/"))
    assert "by the articles" in history and "2025-01-11" in history


def test_acts_are_those_of_the_role_and_the_state(scenario: Any, client_of: Any) -> None:
    late = scenario.life.late
    officer = text_of(client_of("officer").get(f"/loans/{late.pk}/"))
    assert f"/acts/loan/{late.pk}/restructure/" in officer and f"/acts/loan/{late.pk}/recover/" not in officer
    assert f"/acts/loan/{late.pk}/extend/" not in officer, "a late loan is not extended but restructured"
    auditor = text_of(client_of("auditor").get(f"/loans/{late.pk}/"))
    assert f"/acts/loan/{late.pk}/downgrade/" in auditor and f"/acts/loan/{late.pk}/repay/" not in auditor


def test_a_borrower_sees_why_and_what_closing_costs(scenario: Any, client_of: Any) -> None:
    """The same figures on the phone; closing today saves the interest that is still to come, less what has run."""
    from puhui.console.borrower_figures import closing
    from puhui.loans import queries
    from puhui.loans.models import Loan
    from puhui.parties.actions import link_person

    late = scenario.life.late
    link_person(late.firm, scenario.borrowers["en"].person, "legal_representative", actor="officer")
    client = client_of("borrower-en")
    client.get(f"/my/?firm={late.firm_id}")
    page = text_of(client.get(f"/my/loans/{late.pk}/"))
    assert opened(page, "penalty")[0] == 1_722
    found = closing(queries.dossier(Loan.objects.select_related("institution").get(pk=late.pk), scenario.institution.business_date))
    interest = 39_947 + 36_381 + 32_801 + 29_209 + 25_604 + 21_986 + 18_355 + 14_710 + 11_053 + 7_382 + 3_698
    assert found == {"amount_fen": 11_759_901, "saved_fen": interest - 14_647}
    assert f"{found['saved_fen'] // 100:,}" in page
    shown = text_of(client.get(f"/my/loans/{late.pk}/repay/?kind=payoff"))
    assert "117,599.01" in shown and "Interest that is then not paid" in shown
    sent = {"kind": "payoff", "key": f"page-{'1b' * 12}"}
    assert client.post(f"/my/loans/{late.pk}/repay/", sent).status_code == 302
    late.refresh_from_db()
    assert late.status == "closed"
