"""Models by maker and checker from a day; challengers by a hashed number; and who may not be proposed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.scoring.test_actions import Made, made

from puhui.calculations.faults import FaultsError
from puhui.scoring.model import Model

OPEN = date(2026, 1, 1)


def shown(base: int, name: str = "small", **training) -> Made:
    """A model with all that a proposal asks for."""
    plain = made(base, name)
    body = plain.model.document.as_dict()
    body["training"] |= {"leakage": {"guard": "warn", "suspects": {}}} | training
    return replace(plain, model=Model.load(body))


@pytest.fixture
def lender(rolled_back_database):
    from puhui.parties.actions import create_institution

    return create_institution("county-bank", "County Bank", "bank", OPEN, actor="system")


@pytest.fixture
def people(lender):
    from puhui.parties.actions import create_user
    from puhui.parties.models import Role

    return [create_user(lender, name, "puhui-demo", Role.RISK_MANAGER, name=name) for name in ("maker", "checker")]


@pytest.fixture
def models(lender):
    from puhui.scoring.actions import register

    return [register(lender, shown(base), "maker", champion=base == 500) for base in (500, 510, 520)]


def on(lender, days: int):
    from puhui.scoring.queries import champion

    return champion(lender, "small", OPEN + timedelta(days)).pk


def test_a_day_and_two_persons_make_a_champion(lender, people, models):
    from puhui.parties.promotion import agree
    from puhui.scoring.promoting import propose
    from puhui.scoring.queries import in_use

    first, second, _ = models
    proposed = propose(second, people[0], OPEN + timedelta(10), "orders better")
    assert proposed.evidence[second.digest]["auc_mean"] == 0.7
    assert on(lender, 10) == first.pk  # nobody has agreed
    with pytest.raises(FaultsError, match="who proposed it"):
        agree(proposed, people[0])
    agree(proposed, people[1])
    assert [on(lender, days) for days in (0, 9, 10, 400)] == [first.pk, first.pk, second.pk, second.pk]
    assert in_use(lender, OPEN + timedelta(9)) == {"small": first.pk}
    assert in_use(lender, OPEN + timedelta(10)) == {"small": second.pk}


def test_taken_back_before_its_day_it_never_decides(lender, people, models):
    from puhui.parties.promotion import agree, withdraw
    from puhui.scoring.promoting import propose

    first, second, _ = models
    proposed = agree(propose(second, people[0], OPEN + timedelta(10), "orders better"), people[1])
    withdraw(proposed or second.promotions.get(), people[0], "an error in the card")
    assert on(lender, 10) == first.pk
    kept = agree(propose(second, people[0], OPEN + timedelta(10), "mended"), people[1]) or second.promotions.latest("pk")
    lender.business_date = OPEN + timedelta(10)
    lender.save()
    with pytest.raises(FaultsError, match="a day after"):
        withdraw(kept, people[0], "too late")
    with pytest.raises(FaultsError, match="a day after"):
        propose(first, people[0], OPEN + timedelta(10), "back again, today")


@pytest.mark.parametrize(
    ("model", "card", "told"),
    [
        (made(530), "# Card", "no search for leaks"),
        (shown(530, auc_mean=None), "# Card", "no figures on unseen cases"),
        (shown(530), "  ", "no card"),
        (shown(530, leakage={"guard": "warn", "suspects": {"months": "orders the cases alone"}}), "# Card", "orders the cases alone"),
    ],
)
def test_what_a_model_lacks_forbids_its_proposal(lender, people, model, card, told):
    from puhui.scoring.actions import register
    from puhui.scoring.models import ModelPromotion
    from puhui.scoring.promoting import propose

    row = register(lender, replace(model, card=card), "maker", champion=False)
    with pytest.raises(FaultsError, match=told):
        propose(row, people[0], OPEN + timedelta(1), "better")
    assert not ModelPromotion.objects.exists()


def test_a_suspect_variable_that_the_reason_names_is_left_to_the_checker(lender, people):
    from puhui.scoring.actions import register
    from puhui.scoring.promoting import propose

    suspect = shown(530, leakage={"guard": "warn", "suspects": {"months": "orders the cases alone", "rating": "is not used"}})
    row = register(lender, suspect, "maker", champion=False)
    proposed = propose(row, people[0], OPEN + timedelta(1), "months is counted on the day of application")
    assert proposed.evidence[row.digest]["leakage"]["suspects"]["months"] == "orders the cases alone"


def test_only_the_first_of_a_name_is_taken_into_use_without_a_checker(lender, models):
    from puhui.scoring.actions import register

    another = register(lender, shown(540), "system")
    assert another.status == "candidate"
    assert on(lender, 0) == models[0].pk


def test_challengers_get_their_shares_and_every_application_its_own_place(lender, people, models):
    from puhui.parties.promotion import agree
    from puhui.scoring.promoting import Challenger, propose
    from puhui.scoring.queries import lineup

    first, second, third = models
    tried = [Challenger(second, 200_000, decides=True), Challenger(third, 500_000)]
    proposed = propose(first, people[0], OPEN + timedelta(1), "try two", challengers=tried)
    agree(proposed, people[1])
    assert lineup(lender, "small", OPEN).challengers == ()
    found = lineup(lender, "small", OPEN + timedelta(1))
    trials = {number: found.trial(number) for number in range(1, 5001)}
    decided = [each.model.digest == second.digest for each in trials.values()]
    assert abs(sum(decided) / 5000 - 0.2) < 0.02
    assert all((each.role == "challenger") == (each.place_ppm < 200_000) for each in trials.values())
    beside = [any(other.model.digest == third.digest for other in each.beside) for each in trials.values()]
    assert abs(sum(beside) / 5000 - 0.5) < 0.03
    # Whether one scores beside has nothing to do with who decides.
    assert abs(sum(a and b for a, b in zip(decided, beside, strict=True)) / 5000 - 0.1) < 0.02
    again = lineup(lender, "small", OPEN + timedelta(300))
    assert all(again.trial(number).place_ppm == each.place_ppm for number, each in trials.items())
    champion_beside = [each for each in trials.values() if each.role == "challenger"]
    assert all(each.beside[0].role == "champion" and each.beside[0].model.digest == first.digest for each in champion_beside)


def test_challengers_that_cannot_be_are_all_named(lender, people, models):
    from puhui.scoring.promoting import Challenger, propose

    first, second, third = models
    tried = [Challenger(first, 0), Challenger(second, 600_000, True), Challenger(third, 500_000, True)]
    with pytest.raises(FaultsError) as caught:
        propose(first, people[0], OPEN + timedelta(1), "try", challengers=tried)
    assert [fault.found for fault in caught.value.faults] == ["named twice", "0 ppm", "1100000 ppm together"]
