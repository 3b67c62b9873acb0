"""Faults point at the line and column of the value in the file."""

from __future__ import annotations

from puhui.products.positions import Positions

TEXT = '''# a comment
top = 1
[head]
names.en = "English"
note = """
key = not a key
"""
after = 2

[[rows]]
code = "one"
[[rows]]
  code   =   "two"
against.zh-hans = '理由'
rule = """
a and
b"""
[rows.inner]
deep = 3
[tables.share]
values = { A = 1 }
'''


def place(*path):
    found = Positions(TEXT, "f.toml").place(path)
    return found.line, found.column


def test_places():
    assert place("top") == (2, 7)
    assert place("head") == (3, 1)
    assert place("head", "names", "en") == (4, 13)  # of the first character inside the quotes
    assert place("head", "after") == (8, 9)  # the text in between is no key
    assert place("rows", 0, "code") == (11, 9)
    assert place("rows", 1, "code") == (13, 15)
    assert place("rows", 1, "against", "zh-hans") == (14, 20)
    assert place("rows", 1, "rule") == (16, 1)  # the line after the quotes
    assert place("rows", 1, "inner", "deep") == (19, 8)
    assert place("tables", "share", "values", "A") == (21, 10)  # the key that holds it
    assert place("rows", 1, "absent") == (12, 1)  # the nearest above
    assert place("nothing") == (1, 1)


def test_where():
    assert Positions(TEXT, "f.toml").where(("rows", 1, "code")) == "f.toml:13:15: rows[2].code"
