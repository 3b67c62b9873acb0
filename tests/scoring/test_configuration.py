"""A configuration file is read whole, and every fault in it is told at once."""

import pytest

from puhui.calculations.faults import FaultsError
from puhui.scoring.configuration import Configuration, Split, Target
from puhui.scoring.configuration_file import read_configuration


def faults(body) -> dict[str, str]:
    with pytest.raises(FaultsError) as error:
        read_configuration(body)
    return {fault.where: str(fault) for fault in error.value.faults}


def test_the_target_is_enough(tmp_path):
    path = tmp_path / "first.toml"
    path.write_text('target = "defaulted"\n', encoding="utf-8")
    assert read_configuration(path) == Configuration(target=Target("defaulted"), name="first")


def test_short_and_long_forms_mean_the_same():
    long = {
        "data": {"path": "x.csv", "id": "nr"},
        "population": {"filter": "a > 1"},
        "weights": {"column": "w"},
        "target": {"column": "bad"},
    }
    short = {"data": "x.csv", "id": ["nr"], "population": "a > 1", "weight": "w", "target": "bad"}
    assert read_configuration(long) == read_configuration(short)


def test_exclusions_as_list_or_with_reasons():
    assert read_configuration({"target": "y", "exclude": ["a", "b*"]}).exclusions == {"a": "", "b*": ""}
    assert read_configuration({"target": "y", "exclusions": {"a": "known late"}}).exclusions == {"a": "known late"}


def test_a_misspelt_key_is_a_fault_that_names_the_nearest():
    found = faults({"target": "y", "exlusions": ["leak"], "split": {"fold": 3}})
    assert "did you mean 'exclusions'?" in found["exlusions"]
    assert "did you mean 'folds'?" in found["split.fold"]


def test_all_faults_at_once():
    found = faults(
        {
            "target": 3,
            "models": ["scorecard", "forest"],
            "split": {"folds": 1, "since": "soon"},
            "bins": {"maximum": 1.5},
            "signs": {"a": "up"},
            "shrinkage": -1,
            "points": {"base_odds": 0},
            "prepare": [{"name": "x", "kind": "prefix", "column": "c"}, {"name": "y", "kind": "magic"}],
        }
    )
    expected = {
        "target",
        "models",
        "split.folds",
        "split.since",
        "bins.maximum",
        "signs.a",
        "shrinkage",
        "points.base_odds",
        "prepare[0].length",
        "prepare[1]",
    }
    assert set(found) == expected


@pytest.mark.parametrize(("text", "word"), [("target = ", "TOML"), (b"target = '\xff'", "UTF-8")])
def test_a_file_that_is_no_toml(tmp_path, text, word):
    path = tmp_path / "broken.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(FaultsError, match=word):
        read_configuration(path)


def test_folds_default_to_five_by_ten():
    assert read_configuration({"target": "y"}).split == Split(folds=5, repeats=10, seed=0)
