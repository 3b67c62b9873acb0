"""One spelling for what JSON can say (RFC 8785), and the digest of it: the same content has the same digest however it was typed.

Keys stand in order and numbers have one spelling. The standard library's encoder, written in C, spells nearly everything as RFC 8785 does;
what it would spell otherwise (keys beyond ASCII, numbers with exponents) sends the whole to the reference implementation, forty times
slower. Whole numbers that a float cannot hold exactly are taken as floats: a database may write 1e16 as one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import rfc8785

__all__ = ["canonical", "digest_of", "digest_of_text", "normalised"]

_LARGEST_EXACT = 2**53 - 1
_LEAST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e16
"""Between these Python writes a float without an exponent, as RFC 8785 does between 1e-6 and 1e21."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False, check_circular=False).encode


class _Unusual(Exception):
    """A value that the two encoders might spell differently."""


def canonical(body: object) -> bytes:
    """The canonical JSON of `body`.

    Raises:
        rfc8785.CanonicalizationError: something in it has no canonical form (NaN, half a character, a key that is no text).
    """
    try:
        return _encode(_plain(body)).encode()
    except (_Unusual, TypeError, UnicodeEncodeError):
        return rfc8785.dumps(normalised(body))


def digest_of(body: object) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return digest_of_text(canonical(body))


def digest_of_text(text: bytes) -> str:
    """SHA-256 of a canonical JSON that was spelt already, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


def normalised(value: Any) -> Any:
    """JSON values with tuples as lists, and whole numbers that a float cannot hold exactly as floats."""
    if isinstance(value, Mapping):
        return {key: normalised(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [normalised(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
        return float(value)
    return value


def _plain(value: Any) -> Any:
    """The value as the standard encoder spells it canonically: whole floats as integers. Raises _Unusual where it would not."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        if not "".join(value).isascii():  # a key that is no text: TypeError
            raise _Unusual
        return {key: _plain(part) for key, part in value.items()}
    if kind is list or kind is tuple:
        return [_plain(part) for part in value]
    if kind is int and -_LARGEST_EXACT <= value <= _LARGEST_EXACT:
        return value
    if kind is float:
        if _LEAST_PLAIN <= abs(value) < _LARGEST_PLAIN and not value.is_integer():
            return value
        if value.is_integer() and abs(value) <= _LARGEST_EXACT:
            return int(value)
    raise _Unusual
