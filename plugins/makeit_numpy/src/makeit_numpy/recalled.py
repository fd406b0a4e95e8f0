"""Large arrays of numbers whose content was gone through before: it is digested as it is, and not looked through again.

Only where an array holds nans is its fingerprint not that of its bytes. To look for them takes as long as the digest,
which is why it is remembered what the one means for the other.
"""

from __future__ import annotations

from makeit.identity.digest import Digest, checksum, digest_chunks
from makeit_numpy.content import FLOATS, Array, reals
from makeit_numpy.nans import canonical, holds_nan

#: Bytes from which on it pays.
WORTH = 1 << 20
#: And of a piece, which is still in the processor's cache when it is looked through.
BLOCK = 1 << 19
_REMEMBERED = 1 << 12
_SAMPLED = 1 << 6

# The digests that fingerprints have, by those of the bytes as they are.
_known: dict[str, str] = {}
# Of some numbers of each: where these are new, the rest is, too.
_samples: set[str] = set()


def is_worth_recalling(array: Array) -> bool:
    """Whether an array in C order is large, and of numbers among which there may be nans."""
    return array.nbytes >= WORTH and array.dtype.kind in FLOATS and array.dtype.char not in "gG"


def digest_of(header: bytes, array: Array) -> str:
    """Return the digest of a header and the content of such an array, with every nan as the same nan."""
    numbers = reals(array.reshape(-1))
    sample = checksum(header + numbers[:: numbers.size // _SAMPLED].tobytes())
    if sample in _samples:
        known = _known.get(digest_chunks([header, numbers.data]))
        if known is not None:
            return known
    bare, found = _gone_through(header, numbers)
    if len(_known) >= _REMEMBERED or len(_samples) >= _REMEMBERED:
        _known.clear()
        _samples.clear()
    _known[bare] = found
    _samples.add(sample)
    return found


def _gone_through(header: bytes, numbers: Array) -> tuple[str, str]:
    """Return the digests of the numbers as they are, and with every nan as the same nan.

    Both are of the same numbers, even if another thread writes to them: what is digested twice is copied first.
    """
    bare, found = Digest(header), None
    count = max(1, BLOCK // numbers.itemsize)
    for start in range(0, numbers.size, count):
        block = numbers[start : start + count]
        if found is None:
            before = bare.copy()
            bare.update(block.data)
            if not holds_nan(block):
                continue
            bare, found = before, before.copy()
        block = block.copy()
        bare.update(block.data)
        found.update(canonical(block).data)
    return bare.text, (found or bare).text
