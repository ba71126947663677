"""Content that both ends of a download can make: as many bytes as wanted, from a seed.

Chunk i is the same random bytes begun at another place, so that a chunk lost, repeated or put in
another's place changes the whole.
"""

import functools
import hashlib

CHUNK = 1 << 16
_STRIDE = 4099  # odd: the places are all different until they are used up


@functools.lru_cache(maxsize=256)
def _twice(seed):
    once = hashlib.shake_128(seed.to_bytes(8, "big")).digest(CHUNK)
    return memoryview(once + once)


def chunks(count, seed):
    """Yields `count` bytes in pieces of at most CHUNK bytes."""
    source = _twice(seed)
    for index, done in enumerate(range(0, count, CHUNK)):
        start = index * _STRIDE % CHUNK
        yield source[start:start + min(CHUNK, count - done)]


def digest(count, seed):
    """The SHA-256 of what chunks(count, seed) yields, in hex."""
    whole = hashlib.sha256()
    for chunk in chunks(count, seed):
        whole.update(chunk)
    return whole.hexdigest()
