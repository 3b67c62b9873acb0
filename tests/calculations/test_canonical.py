"""The quick spelling of canonical JSON against the reference implementation of RFC 8785."""

from __future__ import annotations

import math

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from puhui.calculations.canonical import canonical, digest_of, normalised

_NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6).map(float)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_BODIES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda parts: st.lists(parts, max_size=4) | st.lists(parts, max_size=3).map(tuple) | st.dictionaries(_TEXTS, parts, max_size=4),
    max_leaves=20,
)


@given(_BODIES)
@example({"small": 1e-5, "smaller": 1e-7, "large": 1e20, "huge": 1e21, "whole": 3.0, "least": -0.0, "edge": 2.0**53, "tenth": 0.0001})
@example({"\u20ac": "Euro", "\r": "CR", "\ufb33": "Hebrew", "1": "One", "\U0001f600": "Smile", "\x80": "Control", "\xf6": "ö"})
@example(['\x00\x1f\x7f\u2028"\\/\b\f\n\r\t', 9007199254740991, 9007199254740992, 123456789012345.6])
def test_as_the_reference_spells_it(body):
    assert canonical(body) == rfc8785.dumps(normalised(body))


@pytest.mark.parametrize("body", [math.nan, [math.inf], {1: "number as key"}, {"half": "\ud800"}, {"set": {1}}])
def test_what_has_no_canonical_form_is_refused(body):
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical(body)


def test_digest():
    """Of `{"a":1,"b":1}`, as `sha256sum` gives it."""
    assert digest_of({"b": 1.0, "a": 1}) == "4dad51ac41eb73862fce375fae85ba13711fd19f1b26d8e4b1f9fa405c3d5adf"
