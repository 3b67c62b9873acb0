"""Two persons at once on one pair: every step is taken once, in an order that follows, and none is lost."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest

from puhui.calculations.faults import FaultsError
from puhui.parties import actions, merging
from puhui.parties.match_models import MatchAct
from puhui.parties.models import AuditRecord, Firm, Institution


@pytest.fixture
def pair(database: str) -> tuple[Institution, Firm, Firm]:
    bank = actions.create_institution("RIVER", "河口农商行", "bank", date(2026, 3, 30))
    one, two = (actions.register_firm(bank, f"河口{name}厂", actor="officer") for name in "一二")
    MatchAct.objects.create(institution=bank, first=one, second=two, act="found", weight=9.0, actor="comparison")
    return bank, one, two


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gave, or the faults that it met; all start at one moment, each in a session of its own."""
    from django.db import connection

    ready, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int) -> None:
        try:
            ready.wait()
            answers[place] = calls[place]()
        except FaultsError as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


def acts(bank: Institution) -> list[str]:
    return list(MatchAct.objects.filter(institution=bank).order_by("pk").values_list("act", flat=True))


def test_the_same_step_by_four_at_once_is_taken_once(pair: Any) -> None:
    """Asked by four, agreed to by four, undone by four: each time one succeeds, and the others are told that somebody was faster.

    Half of them name the two rows the other way round, so locks taken in the order of the names would meet crosswise.
    """
    bank, one, two = pair
    for step, call in (("asked", merging.ask), ("merged", merging.confirm), ("undone", merging.undo)):
        ways = [(one.pk, two.pk), (two.pk, one.pk)] * 2
        tries = [partial(call, bank, *way, f"{step} {n}") for n, way in enumerate(ways)]
        answers = at_once(*tries)
        assert sum(isinstance(each, MatchAct) for each in answers) == 1, (step, answers)
        assert all("Somebody else" in str(each) or "pair" in str(each) for each in answers if isinstance(each, FaultsError))
    assert acts(bank) == ["found", "asked", "merged", "undone"]
    assert AuditRecord.objects.filter(institution=bank, act__startswith="match_").count() == 3


def test_merge_and_undo_against_one_another(pair: Any) -> None:
    """One agrees and asks anew, the other undoes, over and over: the steps that were taken follow from one another, and none is missing."""
    bank, one, two = pair
    merging.ask(bank, one.pk, two.pk, "maker")
    taken: list[MatchAct] = []

    def stubborn(call: Callable[..., MatchAct], who: str) -> Callable[[], None]:
        def run() -> None:
            for _ in range(12):
                try:
                    taken.append(call(bank, one.pk, two.pk, who))
                except FaultsError:
                    continue

        return run

    at_once(stubborn(merging.confirm, "checker"), stubborn(merging.undo, "other"), stubborn(merging.ask, "maker"))
    kept = acts(bank)
    assert len(kept) == 2 + len(taken), "a step that was answered for is a row, and nothing else is"
    for before, after in itertools.pairwise(kept):
        assert before in merging._ALLOWED[merging.Act(after)], kept
    merged = kept[-1] == "merged"
    assert merging.same_firms(one) == ((one.pk, two.pk) if merged else (one.pk,))


def test_two_searches_at_once_find_a_pair_once(database: str) -> None:
    from tests.parties.test_matching import PRIOR, REVIEW, levels

    bank = actions.create_institution("LAKE", "湖口农商行", "bank", date(2026, 3, 30))
    for name in ("浙江省杭州市清溪竹木制品有限公司", "杭州市清溪竹木製品有限責任公司"):
        firm = actions.register_firm(bank, name, actor="officer")
        actions.link_person(firm, actions.register_person(bank, "王芳", "330106199003071236", actor="officer"), "owner", actor="officer")
    at_once(*[lambda: merging.find(bank, levels(), PRIOR, REVIEW, "system")] * 2)
    assert acts(bank) == ["found"]
