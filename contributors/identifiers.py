"""Identifiers: time-ordered, so that the order of ids is the order of creation."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562): 48 bits of milliseconds, the rest below.

    The 12 bits after the version carry the fraction of the millisecond, so ids made
    by one process within a millisecond keep their order to about 0.25 microseconds.

    >>> first, second = uuid7(), uuid7()
    >>> first.version, first <= second
    (7, True)
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & (2**62 - 1)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)
