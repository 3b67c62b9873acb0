"""The pictures of the documentation: each is taken by the one script, told in the list of pictures, and small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
LARGEST_BYTES = 150_000


def test_each_picture_is_taken_by_the_script_listed_and_small() -> None:
    pytest.importorskip("playwright")
    from tests.browser.pictures import DESK_PICTURES, PHONE_PICTURES

    taken = {f"{name}.png" for name in (*DESK_PICTURES, *PHONE_PICTURES)}
    listed = set(re.findall(r"\]\(([\w-]+\.png)\)", (FOLDER / "README.md").read_text(encoding="utf-8")))
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.png")}
    assert taken == listed == set(sizes)
    assert {name: size for name, size in sizes.items() if size > LARGEST_BYTES} == {}
