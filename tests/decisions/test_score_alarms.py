"""Alarms of scores at work: raised by what the report measures, one row while they last, ended by themselves, noted by persons."""

from __future__ import annotations

from datetime import date
from math import sqrt

import pytest

from puhui.calculations.faults import FaultsError
from puhui.parties.models import AuditRecord
from puhui.reports import score_alarms
from puhui.reports.score_alarms import Found, findings, look, look_when_due
from puhui.scoring.alarms import acknowledge, alarms, asks, unanswered
from puhui.scoring.models import ScoreAlarm, ScoreLook
from puhui.scoring.monitoring import Span

DAY = date(2026, 3, 31)
STEADY = {
    "stability": [("m", "2026-02", 40, 520, 0.03, None, "few"), ("m", "2026-03", 40, 519, 0.03, 0.02, "steady")],
    "movers": [("m", "sales", "Sales", 80, 10.0, 4.0, -6.0, 0.75, ""), ("m", "gap", "Gap", 80, 5.0, 7.0, 2.0, 0.25, "")],
    "causes": [("m", "sales", "Sales", 80, 0.05, "steady", "below 3", 0.2, 0.3)],
    "settled": [(50, 12, 0.72, 0.4, 0.5)],
    "spans": [(Span("", 50, 11.0, 12, True),), (Span("newest", 30, 6.0, 7, True),), (Span("young", 40, 8.0, 1, False),)],
    "groups": [("m", "region", "320583", 40, 0.5, 1.0, 20, 0.03, 0.02, 0.7, "steady")],
}  # fmt: skip


@pytest.fixture
def measured(bank, monkeypatch):
    """A bank with a model in use whose rows are the test's own."""
    rows = dict(STEADY)
    monkeypatch.setattr(score_alarms, "measured", lambda institution, model, as_of: rows)
    return rows


def found_in(rows):
    return [found for found in findings(rows, DAY) if found.level != "steady"]


def test_what_passes_its_limit_is_found():
    assert not found_in(STEADY)
    rows = STEADY | {
        "stability": [*STEADY["stability"], ("m", "2026-04", 40, 480, 0.05, 0.31, "alarm")],
        "causes": [("m", "sales", "Sales", 80, 0.27, "alarm", "below 3", 0.2, 0.7), ("m", "gap", "Gap", 80, 0.12, "watch", "", 0.1, 0.2)],
        "settled": [(50, 20, 0.55, 0.1, 0.5)],
        "spans": [(Span("", 50, 11.0, 21, True),), (Span("newest", 30, 6.0, 15, True),), (Span("young", 40, 4.0, 20, False),)],
        "groups": [*STEADY["groups"], ("m", "size", "micro", 35, 0.3, 0.6, 9, None, None, None, "watch")],
    }
    development = 0.5 - 1.645 * sqrt(0.25 / 20 + 0.25 / 30)  # 30% of 0.5 is less than what chance makes of 50 loans
    assert found_in(rows) == [
        Found("stability", "", "alarm", 0.31, 0.25),
        Found("variable", "sales", "alarm", 0.27, 0.25),
        Found("variable", "gap", "watch", 0.12, 0.10),
        Found("order", "", "alarm", 0.55, 0.6),
        Found("separation", "", "alarm", 0.1, 0.2),
        Found("separation", "development", "alarm", 0.1, pytest.approx(development)),
        Found("truth", "more", "alarm", 21, 19),
        Found("truth", "newest_more", "alarm", 15, 12),
        Found("truth", "young_more", "alarm", 20, 10),
        Found("group", "size micro", "watch", 0.6, 0.8),
    ]


def test_every_figure_that_there_are_cases_for_is_told_in_one_pass():
    """What holds is told as steady: an alarm of it ends. Of few cases nothing is told."""
    assert [(one.measure, one.subject) for one in findings(STEADY, DAY)] == [
        ("stability", ""), ("variable", "sales"), ("order", ""), ("separation", ""), ("separation", "development"), ("truth", "more"),
        ("truth", "fewer"), ("truth", "newest_more"), ("truth", "newest_fewer"), ("truth", "young_more"), ("group", "region 320583"),
    ]  # fmt: skip
    few = {
        "stability": STEADY["stability"][:1], "causes": [("m", "sales", "Sales", 9, 0.9, "few", "", 0.1, 0.9)],
        "settled": [(29, 12, 0.4, 0.1, 0.5)], "spans": [(Span("", 29, 2.0, 20, True),)],
        "groups": [("m", "size", "micro", 4, None, None, 1, None, None, None, "few")],
    }  # fmt: skip
    assert not list(findings(few, DAY))


def test_few_defaults_say_nothing_of_the_order_and_fewer_defaults_are_told_of_settled_loans_alone():
    few = STEADY | {"settled": [(50, 9, 0.5, 0.1, 0.5)], "spans": [(Span("", 50, 20.0, 9, True),), (Span("young", 50, 20.0, 0, False),)]}
    assert found_in(few) == [Found("truth", "fewer", "alarm", 9, 11)]
    assert not any(one.measure in ("order", "separation") for one in findings(few, DAY))


def test_a_fall_of_ks_counts_beyond_chance_and_beyond_its_limit():
    """Of 2,000 loans chance is small, so 30% of the development sample's 0.5 decide; a file that tells none is not held against it."""
    for ks, level in ((0.36, "steady"), (0.34, "alarm")):
        found = {
            one.subject: one for one in findings(STEADY | {"settled": [(2000, 900, 0.7, ks, 0.5)]}, DAY) if one.measure == "separation"
        }
        assert (found["development"].level, found[""].level) == (level, "steady")
        assert found["development"].limit == pytest.approx(0.35)
    assert "development" not in [one.subject for one in findings(STEADY | {"settled": [(2000, 900, 0.7, 0.3, None)]}, DAY)]


def test_a_variable_to_be_watched_is_kept_and_asks_for_nobody_until_it_is_an_alarm(bank, measured):
    measured["causes"] = [("m", "sales", "Sales", 80, 0.12, "watch", "below 3", 0.2, 0.4)]
    assert look(bank.institution, DAY, "system").raised == 1
    row = alarms(bank.institution).get()
    assert (row.level, row.limit, asks(row), unanswered(bank.institution)) == ("watch", 0.1, False, 0)
    measured["causes"] = [("m", "sales", "Sales", 80, 0.3, "alarm", "below 3", 0.2, 0.6)]
    assert look(bank.institution, date(2026, 4, 30), "system").raised == 0
    row.refresh_from_db()
    assert (row.level, row.limit, asks(row), unanswered(bank.institution)) == ("alarm", 0.25, True, 1)
    measured["causes"] = STEADY["causes"]
    assert look(bank.institution, date(2026, 5, 31), "system").closed == 1


def test_an_alarm_lasts_as_one_row_and_ends_by_itself(bank, measured):
    measured["stability"] = [*STEADY["stability"], ("m", "2026-03", 40, 500, 0.04, 0.15, "watch")]
    first = look(bank.institution, DAY, "system")
    assert (first.scores, first.raised, first.closed) == (1, 1, 0)
    (row,) = alarms(bank.institution)
    assert (row.measure, row.level, row.limit, row.raised_on) == ("stability", "watch", 0.1, DAY)
    assert [one["variable"] for one in row.causes] == ["sales", "gap"] and row.causes[0]["points"] == -6.0
    acknowledge(row, bank.users["risk"], "a new channel since February")
    later = date(2026, 4, 30)
    assert look(bank.institution, later, "system").raised == 0
    row.refresh_from_db()
    assert (row.seen_on, row.note, unanswered(bank.institution)) == (later, "a new channel since February", 0)
    measured["stability"] = STEADY["stability"]
    assert look(bank.institution, date(2026, 5, 31), "system").closed == 1
    row.refresh_from_db()
    assert row.closed_on == date(2026, 5, 31)
    assert AuditRecord.objects.filter(act__in=("look_at_scores", "acknowledge_score_alarm")).count() == 4


def test_few_cases_end_no_alarm(bank, measured):
    """Nobody has seen that it holds again: the newest month has too few cases, the group too few, and no loan is known."""
    measured["stability"] = [*STEADY["stability"], ("m", "2026-03", 40, 480, 0.04, 0.31, "alarm")]
    measured["groups"] = [("m", "size", "micro", 35, 0.3, 0.6, 9, None, None, None, "watch")]
    measured["settled"], measured["spans"] = [(50, 21, 0.55, 0.4, None)], [(Span("", 50, 11.0, 21, True),)]
    assert look(bank.institution, DAY, "system").raised == 4
    measured["stability"] = [*STEADY["stability"], ("m", "2026-04", 4, 500, 0.04, None, "few")]
    measured["groups"] = [("m", "size", "micro", 4, None, None, 1, None, None, None, "few")]
    measured["settled"], measured["spans"] = [(4, 0, None, None, None)], [(Span("", 4, 1.0, 0, True),)]
    assert look(bank.institution, date(2026, 4, 30), "system").closed == 0
    measured |= STEADY
    measured["groups"] = [("m", "size", "micro", 35, 0.5, 1.0, 9, None, None, None, "steady")]
    assert look(bank.institution, date(2026, 5, 31), "system").closed == 4


def test_one_that_becomes_worse_asks_anew_and_one_that_comes_back_is_new(bank, measured):
    measured["stability"] = [*STEADY["stability"], ("m", "2026-03", 40, 500, 0.04, 0.15, "watch")]
    look(bank.institution, DAY, "system")
    acknowledge(alarms(bank.institution).get(), bank.users["risk"], "seen")
    measured["stability"] = [*STEADY["stability"], ("m", "2026-04", 40, 480, 0.05, 0.31, "alarm")]
    assert look(bank.institution, date(2026, 4, 30), "system").raised == 0
    worse = alarms(bank.institution).get()
    assert (worse.level, worse.acknowledged_by, unanswered(bank.institution)) == ("alarm", None, 1)
    measured["stability"] = STEADY["stability"]
    look(bank.institution, date(2026, 5, 31), "system")
    measured["stability"] = [*STEADY["stability"], ("m", "2026-06", 40, 480, 0.05, 0.31, "alarm")]
    look(bank.institution, date(2026, 6, 30), "system")
    assert ScoreAlarm.objects.count() == 2
    assert [one.closed_on for one in alarms(bank.institution)] == [None, date(2026, 5, 31)]


def test_a_note_is_words_on_an_alarm_that_lasts_and_was_not_answered(bank, measured):
    measured["stability"] = [*STEADY["stability"], ("m", "2026-03", 40, 500, 0.04, 0.15, "watch")]
    look(bank.institution, DAY, "system")
    row = alarms(bank.institution).get()
    with pytest.raises(FaultsError, match="note"):
        acknowledge(row, bank.users["risk"], "  ")
    first = acknowledge(row, bank.users["risk"], "seen")
    assert acknowledge(row, bank.users["risk"], "seen ").acknowledged_at == first.acknowledged_at, "sent again"
    with pytest.raises(FaultsError, match="answered"):
        acknowledge(row, bank.users["risk"], "seen again")


def test_a_look_is_due_once_a_month(bank, measured):
    assert look_when_due(bank.institution, "day end") is not None
    assert look_when_due(bank.institution, "day end") is None
    assert ScoreLook.objects.count() == 1


def test_the_measures_of_a_real_score_say_nothing_where_nothing_moved(bank):
    """Without decisions there is nothing to hold against anything, and no look fails for it."""
    made = look(bank.institution, DAY, "system")
    assert (made.scores, made.raised) == (1, 0)
