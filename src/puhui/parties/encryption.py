"""Identity numbers and phones are kept as cipher text, and found by a keyed blind index.

AES-256-GCM with a fresh nonce for each value: the same number encrypts differently each time, and a changed cipher text does not
decrypt. The purpose ("identity_number", "phone") is bound in, so that one column's bytes cannot be put into another. The blind index
is HMAC-SHA256 of the normalised value under a second key: equal values have equal indexes, and without the key an index tells
nothing, not even by trying all numbers. The same person has the same index at every institution (design §9.2).
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from puhui.calculations.faults import Fault, FaultsError

_VERSION = b"\x01"
_NONCE_LENGTH = 12


def encrypt(value: str, purpose: str) -> bytes:
    """Version, nonce and cipher text with its tag."""
    nonce = os.urandom(_NONCE_LENGTH)
    return _VERSION + nonce + AESGCM(settings.PUHUI_ENCRYPTION_KEY).encrypt(nonce, value.encode(), _bound(purpose))


def decrypt(cipher_text: bytes | memoryview, purpose: str) -> str:
    """The value that was encrypted.

    Raises:
        FaultsError: the key is another one, or the cipher text was changed or belongs to another purpose.
    """
    stored = bytes(cipher_text)
    nonce, sealed = stored[1 : 1 + _NONCE_LENGTH], stored[1 + _NONCE_LENGTH :]
    try:
        if stored[:1] != _VERSION:
            raise InvalidTag
        return AESGCM(settings.PUHUI_ENCRYPTION_KEY).decrypt(nonce, sealed, _bound(purpose)).decode()
    except (InvalidTag, ValueError) as error:
        expected = "one made with PUHUI_ENCRYPTION_KEY"
        fault = Fault(purpose, "a cipher text that does not open", expected, "Restore the key it was made with.")
        raise FaultsError([fault]) from error


def blind_index(value: str, purpose: str) -> bytes:
    """32 bytes to look a normalised value up by."""
    return hmac.digest(settings.PUHUI_BLIND_INDEX_KEY, f"{purpose}\0{value}".encode(), hashlib.sha256)


def _bound(purpose: str) -> bytes:
    return _VERSION + purpose.encode()
