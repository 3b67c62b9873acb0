"""A decision of a year ago is made again, a year in which every product, every parameter table and the model have changed.

What was decided is written down beside the database, so that nothing stored on the way can stand in for the answer.
"""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from tests.decisions.conftest import tiny_model_body
from tests.decisions.full_product import full_text

from puhui.decisions import actions, engine
from puhui.decisions.models import Decision
from puhui.decisions.strategy import Stored
from puhui.products.documents import CATALOGUE

RESULT = ("outcome", "risk_class", "probability_ppm", "points", "limit_fen", "amount_fen", "rate_ppm", "annual_cost_ppm", "authority")


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """A catalogue of the test's own: the shipped one, and a product that uses everything a product file may say."""
    for part in ("products", "parameters"):
        shutil.copytree(CATALOGUE / part, tmp_path / part)
    (tmp_path / "products" / "full.toml").write_text(
        full_text().replace('code = "invoice-working-capital"', 'code = "full"'), encoding="utf-8"
    )
    monkeypatch.setattr(settings, "PUHUI_CATALOGUE", tmp_path)
    return tmp_path


def test_recomputed_after_a_year_of_changes(bank, catalogue):
    from puhui.parties.promotion import agree
    from puhui.scoring.actions import register
    from puhui.scoring.model import Model
    from puhui.scoring.promoting import propose

    firms = [bank.firm("One"), bank.firm("Two", inv_out_gap_days_max_12m=100), bank.firm("Three", inv_out_active_months_12m=2)]
    scored = [bank.apply(firm) for firm in firms]
    by_table = [applied(bank, firm, {"is_first_loan": 0, "order_amount": 90_000}) for firm in firms]
    before = actions.decide_many(bank.institution, [*scored, *by_table], "system")
    assert before.faults == []
    known = {one.pk: dict(one.record["result"]) for one in before.decided}
    assert {result["outcome"] for result in known.values()} == {"approve", "refer", "refuse"}

    changed = [*change_products(catalogue), *change_tables(catalogue)]
    assert len(changed) > 60
    body = tiny_model_body()
    body["intercept_points"] -= 30
    body["training"] = {"auc_mean": 0.8, "leakage": {"suspects": {}}}
    row = register(bank.institution, SimpleNamespace(model=Model.load(body), card="# Stricter", plots={}), "system")
    agree(propose(row, bank.users["officer"], bank.institution.business_date + timedelta(days=1), "stricter"), bank.users["risk"])
    bank.institution.business_date += timedelta(days=366)
    bank.institution.save()

    stored = Stored(bank.institution)
    for decision in Decision.objects.filter(pk__in=known):
        strategy = stored.strategy(decision.record["versions"])
        inputs = {key: decision.record[key] for key in ("facts", "request")}
        again = engine.decide(inputs["facts"], strategy.product, strategy.model, strategy.parameters, inputs["request"])
        assert {key: again["result"][key] for key in RESULT} == {key: known[decision.pk][key] for key in RESULT}
        assert engine.digest(again) == decision.digest
    assert actions.replay_all(bank.institution) == []
    assert differs_today(bank, known)


def applied(bank, firm, facts):
    row = {"firm": firm, "product_code": "full", "amount_fen": 15_000_000, "term_months": 12, "purpose": "stock", "channel": "counter"}
    return actions.submit_many(bank.institution, [row | {"key": f"full-{firm.pk}", "facts": facts}], "system")[0]


def change_products(folder):
    """Every product lends at most a tenth and only from a dearer lowest rate on."""
    for path in (folder / "products").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        new = re.sub(
            r"^maximum = ([\d_]+)", lambda match: f"maximum = {max(int(match[1].replace('_', '')) // 5, 200_000)}", text, flags=re.M
        )
        new = re.sub(r"^minimum = [\d_]+", "minimum = 1_000", new, flags=re.M)
        new = re.sub(r"^valid_days = \d+", "valid_days = 3", new, flags=re.M)
        assert new != text, path
        path.write_text(new, encoding="utf-8")
        yield path


def change_tables(folder):
    """Every figure below one in every table a little higher, every text of its source another."""
    for path in (folder / "parameters").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        new = re.sub(r"= 0\.(\d+)\b", lambda match: f"= {float('0.' + match[1]) * 1.1:.6f}", text)
        new = re.sub(r"^source = \"", 'source = "another year: ', new, count=1, flags=re.M)
        assert new != text, path
        path.write_text(new, encoding="utf-8")
        yield path


def differs_today(bank, known) -> bool:
    """The same firm with the same figures gets another answer now: what was changed does decide."""
    from puhui.decisions.preview import preview
    from puhui.parties.actions import grant_consents
    from puhui.parties.models import Firm

    firm = Firm.objects.get(institution=bank.institution, name="One")
    more = {"text_version": "1", "text": "Yes.", "channel": "counter", "granted_by": "owner"}
    until = bank.institution.business_date + timedelta(days=30)
    grant_consents(bank.institution, [firm], purpose="credit_decision", classes=["C07"], expires_on=until, **more)
    today = preview(bank.institution, firm, "invoice-working-capital", 20_000_000, 12, "stock", bank.institution.business_date)
    first = known[min(known)]
    return all(today["result"][key] != first[key] for key in ("probability_ppm", "limit_fen"))
