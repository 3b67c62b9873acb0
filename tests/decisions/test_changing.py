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
