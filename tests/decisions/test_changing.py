"""What would change a decision: the engine itself says so, and the decision stays as it was."""

from __future__ import annotations


def decided(bank, **variables):
    from puhui.decisions import actions
    from puhui.decisions.models import Decision

    firm = bank.firm("Firm", **variables)
    bank.apply(firm)
    decision = actions.decide_many(bank.institution, list(firm.applications.all()), "system").decided[0]
    return Decision.objects.get(pk=decision.pk)


def test_three_more_buyers_bring_the_better_class_and_the_engine_says_so(bank):
    from puhui.decisions import actions
    from puhui.decisions.changing import what_would_change

    decision = decided(bank, inv_buyer_cnt_12m=2, inv_out_yoy=-0.2)
    assert (decision.points, decision.risk_class) == (550, "D")
    other = what_would_change(decision)
    assert [(each.variable, each.before, each.after, each.months) for each in other.answer.changes] == [("inv_buyer_cnt_12m", 2, 5.0, 6)]
    assert other.answer.reaches and other.answer.points == other.result["points"] == 600
    order = [cut["id"] for cut in decision.record["stages"]["class"]["cuts"]]
    assert order.index(other.result["risk_class"]) <= order.index(other.wanted_class) < order.index(decision.risk_class)
    assert actions.replay_all(bank.institution) == []


def test_what_a_firm_cannot_change_is_no_advice(bank):
    from puhui.decisions.changing import what_would_change

    other = what_would_change(decided(bank, inv_out_yoy=-0.2))  # enough buyers, and nobody lets the past year grow by wish
    assert other.answer.changes == () and not other.answer.reaches and other.result is None


def test_nothing_is_said_where_the_class_is_the_best(bank):
    from puhui.decisions.changing import what_would_change

    decision = decided(bank)
    assert decision.risk_class == "A"
    assert what_would_change(decision) is None


def test_a_rule_that_refused_is_met_and_the_engine_says_so(bank):
    """Seven months with sales where nine are asked: two more, and nothing of the score, which was good enough."""
    from puhui.decisions import actions
    from puhui.decisions.changing import what_would_change

    decision = decided(bank, inv_out_active_months_12m=7)
    assert decision.outcome == "refuse"
    other = what_would_change(decision)
    assert [(each.variable, each.before, each.after, each.months) for each in other.changes] == [("inv_out_active_months_12m", 7, 9.0, 2)]
    assert (other.wanted_class, other.answer, other.fixed, other.left) == ("", None, (), ())
    assert other.result["outcome"] == "approve" and other.result["amount_fen"] > 0
    assert actions.replay_all(bank.institution) == []


def test_rule_and_score_are_met_together(bank):
    from puhui.decisions.changing import what_would_change

    other = what_would_change(decided(bank, inv_out_active_months_12m=8, inv_buyer_cnt_12m=2, inv_out_yoy=-0.2))
    assert {each.variable for each in other.changes} == {"inv_out_active_months_12m", "inv_buyer_cnt_12m"}
    assert other.answer.reaches and other.result["outcome"] == "approve"


def test_a_rule_that_nothing_meets_is_named(bank):
    """How many months had sales is not known, so there is nothing to be changed: the rule is told, and no figures."""
    from puhui.decisions.changing import what_would_change

    other = what_would_change(decided(bank, inv_out_active_months_12m=None))
    assert other.changes == () and other.result is None
    assert [texts["en"] for texts in other.fixed] == ["Sales in fewer than nine of the last twelve months"]
