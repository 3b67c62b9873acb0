"""The port over HTTP: the same answers as in the process, and nothing taken for an answer that is none."""

from __future__ import annotations

import pytest
from tests.payments.conftest import MORNING

from puhui.payments.channel import ChannelError, Instruction, answer_from
from puhui.payments.http_channel import HttpChannel, serving
from puhui.payments.simulator import SimulatedBank

PAY = Instruction("P1", "6222", "青石建材有限公司", "6230", "邻县银行", "102100099996", 12_345)


def test_answers_over_the_wire_are_those_of_the_bank() -> None:
    bank = SimulatedBank(at=MORNING)
    with serving(bank) as address:
        channel = HttpChannel(address, timeout_seconds=5)
        assert channel.query("P1").kind == "not_known"
        paid = channel.send(PAY)
        assert (paid.kind, paid.amount_fen, paid.paid_on) == ("paid", 12_345, MORNING.date())
        assert channel.query("P1") == paid == channel.send(PAY)
        assert channel.cancel("P1") == paid
        assert b"BkToCstmrStmt" in channel.statement("6222", MORNING.date())
    assert bank.paid_fen("P1") == 12_345
    with pytest.raises(ChannelError):
        channel.query("P1")  # nobody is there any more


def test_a_bank_that_says_nothing() -> None:
    with serving(SimulatedBank(manners={"answer_lost": 1.0}, at=MORNING)) as address, pytest.raises(ChannelError):
        HttpChannel(address, timeout_seconds=5).send(PAY)


@pytest.mark.parametrize("document", [None, [], {"kind": "maybe"}, {"kind": "paid", "amount_fen": "12"}, {"kind": "paid", "paid_on": "x"}])
def test_what_is_no_answer(document: object) -> None:
    with pytest.raises(ChannelError):
        answer_from(document)
