"""Models in the database: once per content, the first of a name in use at once, found again as they were."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl
import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring.model import Model


@dataclass(frozen=True)
class Made:
    """What training hands over."""

    model: Model
    card: str = "# Card"
    plots: dict[str, str] = field(default_factory=lambda: {"roc.svg": "<svg/>"})


def made(base: int, name: str = "small") -> Made:
    rows = [{"label": "below 6.1", "points": 0, "woe": -0.123456789012345, "share": 0.1, "event_rate": 1 / 3, "upper": 6.1}]
    rows.append({"label": "6.1 or more", "points": 20, "woe": 1e-17, "share": 0.9, "event_rate": 2 / 3, "upper": None})
    variable = {
        "name": "months", "kind": "number", "sign": "+", "coefficient": 0.1 + 0.2, "information_value": 1e16, "bins": rows,
        "missing": {**rows[0], "label": "missing"}, "unseen": None, "neutral_points": 12,
    }  # fmt: skip
    body = {
        "format": "puhui/scorecard/1", "name": name, "title": "", "target": {"column": "bad", "positive": [], "negative": []},
        "columns": [{"name": "months", "kind": "number"}], "preparation": [], "variables": [variable], "intercept_points": base,
        "scaling": {"base_points": 600.0, "base_odds": 50.0, "points_to_double_odds": 20.0},
        "calibration": {"method": "platt", "intercept": 0.0, "slope": 1.0, "curve": []},
        "reasons": {"against": "best", "count": 4}, "training": {"n": 10, "events": 3, "auc_mean": 0.7, "auc_spread": 0.01},
    }  # fmt: skip
    return Made(Model.load(body))


@pytest.fixture
def institution(rolled_back_database):
    from puhui.parties.actions import create_institution

    return create_institution("county-bank", "County Bank", "bank", date(2026, 1, 1), actor="system")


def test_a_registered_model_comes_back_as_it_was(institution):
    from puhui.scoring import actions, queries

    given = made(500)
    actions.register(institution, given, actor="risk")
    row = queries.champion(institution, "small")
    assert (row.digest, row.card, row.plots, row.registered_by) == (given.model.digest, "# Card", {"roc.svg": "<svg/>"}, "risk")
    assert queries.loaded(row).digest == given.model.digest
    assert queries.loaded(row).score({"months": 7}) == given.model.score({"months": 7})


def test_the_first_of_a_name_is_in_use_and_each_content_kept_once(institution):
    from puhui.scoring import actions, queries

    first = actions.register(institution, made(500), actor="risk")
    second = actions.register(institution, made(510), actor="risk")
    other = actions.register(institution, made(500, name="other"), actor="risk")
    candidate = actions.register(institution, made(520), actor="risk", champion=False)
    statuses = {row.pk: row.status for row in queries.models(institution)}
    assert statuses == {first.pk: "champion", second.pk: "candidate", other.pk: "champion", candidate.pk: "candidate"}
    assert actions.register(institution, made(500), actor="risk").pk == first.pk
    assert queries.champion(institution, "small").pk == first.pk
    assert queries.models(institution).count() == 4


def test_registering_and_promoting_are_in_the_audit_trail(institution):
    from puhui.parties.models import AuditRecord
    from puhui.scoring import actions

    row = actions.register(institution, made(500), actor="risk")
    acts = list(AuditRecord.objects.filter(subject_kind="model", subject_id=str(row.pk)).order_by("id").values_list("act", "actor"))
    assert acts == [("model.register", "risk"), ("model.promote", "risk")]


def test_a_changed_model_is_not_used(institution):
    from puhui.scoring import actions, queries

    row = actions.register(institution, made(500), actor="risk")
    row.body["intercept_points"] = 700
    row.save()
    with pytest.raises(FaultsError, match=row.digest):
        queries.loaded(queries.champion(institution, "small"))


def test_a_model_of_another_institution_is_not_found(institution):
    from puhui.parties.actions import create_institution
    from puhui.scoring import actions, queries

    actions.register(institution, made(500), actor="risk")
    elsewhere = create_institution("city-bank", "City Bank", "bank", date(2026, 1, 1), actor="system")
    assert queries.champion(elsewhere, "small") is None


def test_training_table_from_snapshots(institution):
    """The newest snapshot of the day counts, joined with outcomes by identifier; firms without outcome stay away."""
    from puhui.features.models import Snapshot
    from puhui.parties.actions import register_firm
    from puhui.scoring.queries import training_frame

    firms = [register_firm(institution, f"Firm {n}", identifiers={"platform": f"P{n}"}, actor="system") for n in range(3)]

    def keep(firm, as_of, months):
        Snapshot.objects.create(
            institution=institution,
            firm=firm,
            as_of=as_of,
            catalogue_digest="",
            values={"months": months},
            digest=f"{firm.pk}{as_of}{months}",
        )

    keep(firms[0], date(2025, 12, 31), 1.0)
    keep(firms[0], date(2025, 12, 31), 2.0)
    keep(firms[1], date(2025, 12, 31), None)
    keep(firms[1], date(2026, 12, 31), 9.0)
    keep(firms[2], date(2025, 12, 31), 5.0)
    outcomes = pl.DataFrame({"firm": ["P0", "P1", "P9"], "bad": [1, 0, 1]})
    frame = training_frame(institution, date(2025, 12, 31), outcomes, scheme="platform").sort("firm")
    assert frame.to_dicts() == [{"firm": "P0", "months": 2.0, "bad": 1}, {"firm": "P1", "months": None, "bad": 0}]
    with pytest.raises(FaultsError, match="none"):
        training_frame(institution, date(2024, 12, 31), outcomes)
