"""Numbers as the scripts of the search read them."""

from __future__ import annotations

__all__ = ["BASE36", "base36", "varint"]

BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def varint(value: int) -> bytes:
    """Encode a number that is not negative: seven bits a byte, lowest first."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def base36(value: int) -> str:
    """Write a number that is not negative in digits and small letters."""
    digits = ""
    while True:
        value, digit = divmod(value, 36)
        digits = BASE36[digit] + digits
        if not value:
            return digits
