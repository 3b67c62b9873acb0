"""A payment order against every sequence of answers up to five long: nothing is ever paid twice, or sent without being sure.

The bank of the enumeration is not a sensible one: it says anything at any time, to a question or unasked. What is checked are the
rules of `order_states`, by watching what goes out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product

import pytest

from puhui.payments.channel import Answer
from puhui.payments.order_states import FINAL, Rules, Standing, after, asked, given_up, next_step

START = datetime(2026, 1, 15, 9, tzinfo=UTC)
SENSIBLE = Rules(refuses_duplicates=True, ask_again_minutes=5, send_again_minutes=30, most_sends=3, unknown_after_hours=24)
DAY = date(2026, 1, 15)
WORDS = {
    "none": Answer("none"),
    "accepted": Answer("accepted"),
    "paid": Answer("paid", 100, "B1", DAY),
    "other_amount": Answer("paid", 99, "B1", DAY),
    "refused": Answer("refused", reason="account closed"),
    "not_known": Answer("not_known"),
    "cancelled": Answer("cancelled"),
}


def lived(words: tuple[tuple[str, str], ...], rules: Rules) -> tuple[Standing, list[str]]:
    """The order after being driven every 31 minutes, each step answered by the next word; notices come between. And what happened."""
    order, now, seen = Standing("created", 100), START, []
    for how, word in words:
        if how == "notice":
            order = after(order, WORDS[word], "notice")
            seen.append(f"notice {word}")
            continue
        step = next_step(order, rules, now)
        if step == "give_up":
            order = given_up(order)
        elif step != "wait":
            order = after(asked(order, step, now), WORDS[word], step)
            seen.append(f"{step} {word}")
        now += timedelta(minutes=31)
    return order, seen


HOWS = [("driven", word) for word in WORDS] + [("notice", word) for word in ("paid", "other_amount", "refused", "cancelled")]


@pytest.mark.parametrize("refuses_duplicates", [True, False])
def test_every_sequence_of_answers(refuses_duplicates: bool) -> None:
    rules = replace(SENSIBLE, refuses_duplicates=refuses_duplicates)
    ends = set()
    for words in product(HOWS, repeat=4):
        order, seen = lived((("driven", "none"), *words), rules)
        ends.add(order.status)
        sends = [place for place, what in enumerate(seen) if what.startswith("send")]
        if not refuses_duplicates:
            assert len(sends) == 1, words
        for earlier, later in pairwise(sends):
            between = seen[earlier + 1 : later]
            assert "query not_known" in between, words  # asked, and the bank has never seen it
            assert not any(word in what for what in between for word in ("paid", "other_amount", "refused", "cancelled")), words
        words_heard = [what.split()[1] for what in seen]
        if order.status == "confirmed":
            first = words_heard.index("paid")
            assert not {"other_amount", "refused", "cancelled"} & set(words_heard[:first]), words
        if order.status == "failed":
            last = next(place for place in range(len(seen), 0, -1) if seen[place - 1].startswith("query"))
            assert {"refused", "cancelled"} & set(words_heard[: last - 1]), words  # refused before it was asked once more
            assert "paid" not in words_heard[:last] and "other_amount" not in words_heard[:last], words
            if {"paid", "other_amount"} & set(words_heard[last:]):
                assert order.attention, words
        if order.status not in FINAL and {"paid", "other_amount"} & set(words_heard):
            assert order.status == "unknown" and order.attention, words
    assert ends == {"sent", "confirmed", "failed", "unknown"}


def test_what_is_final_is_never_sent() -> None:
    for status in FINAL:
        for word in WORDS.values():
            order = after(Standing(status, 100, 1, START, START, START, channel_reference="B1"), word, "notice")
            assert order.status == status
            assert next_step(order, SENSIBLE, START + timedelta(days=9)) == "wait"


def test_told_twice_is_told_once_and_another_payment_is_not() -> None:
    order = after(asked(Standing("created", 100), "send", START), WORDS["paid"], "send")
    assert (order.status, order.channel_reference) == ("confirmed", "B1")
    assert after(order, WORDS["paid"], "notice") == order
    assert after(order, Answer("paid", 100, "B2", DAY), "notice").attention == "another payment of it after it was confirmed"
    assert after(order, WORDS["refused"], "notice").attention == "refused after it was confirmed"


def test_unknown_goes_to_a_person_after_a_day_and_may_still_end_well() -> None:
    order = after(asked(Standing("created", 100), "send", START), WORDS["none"], "send")
    assert next_step(order, SENSIBLE, START + timedelta(minutes=4)) == "wait"
    assert next_step(order, SENSIBLE, START + timedelta(minutes=5)) == "query"
    assert next_step(order, SENSIBLE, START + timedelta(hours=24)) == "give_up"
    order = given_up(order)
    assert (order.status, order.attention) == ("unknown", "no certain answer")
    order = after(asked(order, "query", START + timedelta(hours=26)), WORDS["not_known"], "query")
    assert next_step(order, SENSIBLE, START + timedelta(hours=30)) == "query"  # never sent again once a person has it
    assert after(order, WORDS["paid"], "notice").status == "confirmed"


def test_a_cancel_ends_only_by_the_banks_word() -> None:
    order = after(asked(Standing("created", 100), "send", START), WORDS["accepted"], "send")
    assert after(order, WORDS["accepted"], "cancel").status == "sent"
    assert after(order, WORDS["cancelled"], "cancel").status == "cancelled"
    assert after(order, WORDS["paid"], "cancel").status == "confirmed"
