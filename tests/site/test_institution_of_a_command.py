"""Commands for one institution: the only one there is needs no name, and a wrong name is told the right ones."""

from datetime import date

import pytest

from puhui.parties.actions import create_institution
from puhui.site.commands import support

pytestmark = pytest.mark.usefixtures("rolled_back_database")


def _refusal(capsys, code, option="--institution"):
    with pytest.raises(SystemExit) as ended:
        support.institution(code, option)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_none_is_registered_yet(capsys):
    assert "none is registered yet" in _refusal(capsys, "")


def test_the_only_one_needs_no_name():
    only = create_institution("ONE", "河口农商行", "bank", date(2026, 1, 5))
    assert support.institution("") == support.institution(None) == support.institution("ONE") == only


def test_unknown_or_unnamed_among_several(capsys):
    for code in ("ONE", "TWO"):
        create_institution(code, "河口农商行", "bank", date(2026, 1, 5))
    assert support.institution("TWO").code == "TWO"
    for code in ("", "THREE"):
        assert "ONE, TWO" in _refusal(capsys, code)
    assert _refusal(capsys, "THREE", "--register").startswith("--register")
