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


def test_a_picture_of_few_colours_keeps_its_ground_and_the_rare_colours() -> None:
    pytest.importorskip("playwright")
    from PIL import Image
    from tests.browser.pictures import in_few_colours

    shot = Image.new("RGB", (200, 200), (245, 246, 248))
    shot.paste(Image.linear_gradient("L").resize((200, 100)).convert("RGB"), (0, 0))  # all greys, more than the few
    shot.paste((31, 122, 77), (100, 150, 104, 154))  # a green mark of sixteen pixels
    small = in_few_colours(shot)
    assert len(small.getcolors(256) or []) <= 128
    told = small.convert("RGB")
    assert told.getpixel((5, 190)) == (245, 246, 248)
    red, green, blue = told.getpixel((101, 151))  # type: ignore[misc]
    assert green > red + 50 and green > blue + 20
