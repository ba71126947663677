"""Which of several workers owns a connection, by its client's side: as dataplane/net/owner_hash.h has it."""

import functools

from forwarding import packets

# The key and the hash of Microsoft's "Verifying the RSS Hash Calculation".
_KEY = int.from_bytes(bytes.fromhex(
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa"), "big")
_KEY_BITS = 320
_SERVICE = packets.binary(packets.SERVICES[4])
_ENTRIES = 128  # of the table by which a NIC finds a queue; workers take turns in it


@functools.lru_cache(None)
def _of_byte(position, value):
    """What a byte of the input adds to the hash."""
    added = 0
    for bit in range(8):
        if value & 0x80 >> bit:
            added ^= _KEY >> _KEY_BITS - 32 - 8 * position - bit & 0xFFFFFFFF
    return added


def toeplitz(data):
    hashed = 0
    for position, value in enumerate(data):
        hashed ^= _of_byte(position, value)
    return hashed


def owner(address, port, workers):
    """Of a client; the address in binary."""
    return toeplitz(address + port.to_bytes(2, "big")) % _ENTRIES % workers


def client_side(frame):
    """(address, port) of the client of an IPv4 frame to the first Service, or from its endpoint."""
    at, port_at = (26, 34) if frame[30:34] == _SERVICE else (30, 36)
    return frame[at:at + 4], int.from_bytes(frame[port_at:port_at + 2], "big")


def split(frames, workers):
    """The frames of each worker, in order."""
    parts = [[] for _ in range(workers)]
    for frame in frames:
        parts[owner(*client_side(frame), workers)].append(frame)
    return parts
