"""One online decision from a stored snapshot, against the commit of a single row.

The decision reads firm, consent, snapshot, product, parameters and model, runs rules, score, class, limit, price and authority, keeps its
record, reserves exposure and makes the offer, all in one transaction. The yardstick is the cheapest lasting write there is: one row
inserted and committed in the same database, in turn with the decisions so that both meet the same disk. Run:

    python -m benchmarks.decision [--size 1000]
"""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from benchmarks import made_up
from benchmarks.measure import Measure, percentile, start

SOLID = {
    "inv_out_amt_12m": 6_000_000.0, "inv_out_amt_6m": 2_500_000.0, "inv_out_active_months_12m": 12, "inv_out_gap_days_max_12m": 20,
    "inv_out_last_days": 3, "inv_out_yoy": 0.1, "inv_out_void_rate_12m": 0.02, "inv_out_red_rate_12m": 0.01,
    "inv_buyer_top1_share": 0.3, "inv_in_out_ratio": 0.7, "inv_gross_margin_proxy": 0.3,
}  # fmt: skip


def measured(size: int) -> list[Measure]:
    """Decides `size` applications one by one, as a borrower who waits for the answer."""
    from django.db import connections

    from puhui.decisions.actions import decide
    from puhui.decisions.models import Decision, Offer
    from puhui.site.commands.support import settle_in

    applications = prepare(size + 1)
    decide(applications.pop(), "benchmark")  # product, parameters and model are read and compiled once
    settle_in()  # as each process of `puhui serve` does
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE yardstick (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz, what text)")
    ours, least = [], []
    for application in applications:
        ours.append(_timed(lambda one=application: decide(one, "benchmark")))
        least.append(_timed(_insert))
    if Decision.objects.filter(outcome="approve").count() != size + 1 or Offer.objects.count() != size + 1:
        raise AssertionError("not every application was approved with an offer, as it should have been")
    halves = percentile(ours, 0.5) * 1000, percentile(least, 0.5) * 1000
    print(f"half of the decisions within {halves[0]:.1f} ms, half of the commits within {halves[1]:.2f} ms")
    times = percentile(ours, 0.99) * 1000, percentile(least, 0.99) * 1000
    return [Measure("one online decision, 99 of 100 within", *times, "ms", "commit of one row", at_most=10)]


def prepare(count: int) -> list[Any]:
    """A bank with a model, and firms with consent, a snapshot and an application each."""
    from puhui.decisions.actions import submit_many
    from puhui.features.models import Snapshot
    from puhui.parties.actions import grant_consents
    from puhui.products.documents import digest_of
    from puhui.scoring.actions import register
    from puhui.scoring.model import Model

    bank = made_up.lender()
    register(bank, SimpleNamespace(model=Model.load(made_up.model_body(list(SOLID))), card="# Made up", plots={}), "benchmark")
    firms = made_up.firms(bank, count)
    grant_consents(
        bank, firms, purpose="credit_decision", classes=["C07"], expires_on=made_up.OPENED + timedelta(days=365), text_version="1",
        text="Yes.", channel="benchmark", granted_by="benchmark",
    )  # fmt: skip
    as_of = made_up.OPENED - timedelta(days=5)
    body = {"as_of": as_of.isoformat(), "catalogue": "by hand", "values": SOLID, "null_reasons": {}}
    Snapshot.objects.bulk_create(
        Snapshot(institution=bank, firm=firm, as_of=as_of, catalogue_digest="by hand", values=SOLID, digest=digest_of(body))
        for firm in firms
    )
    rows = [
        {
            "firm": firm, "product_code": made_up.PRODUCT, "amount_fen": 100_000_00, "term_months": 12, "purpose": "stock",
            "channel": "benchmark", "key": f"key {firm.pk}",
        }
        for firm in firms
    ]  # fmt: skip
    return submit_many(bank, rows, "benchmark")


def _insert() -> None:
    """One row, committed by itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO yardstick (at, what) VALUES (clock_timestamp(), 'one row')")


def _timed(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(start(measured, 1_000, 40, "how many decisions"))
