"""Frames, and files of frames that DPDK's net_pcap replays."""

import shutil
import socket
import struct

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # Ethernet
_MINIMUM = 60  # bytes of a frame on Ethernet, without its checksum


def checksum(data):
    """RFC 1071, of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp_reply(target, target_mac, address, mac):
    """That `address` is at `mac`, told to `target` (RFC 826)."""
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + mac + socket.inet_aton(address)
    frame = target_mac + mac + b"\x08\x06" + arp + target_mac + socket.inet_aton(target)
    return frame.ljust(_MINIMUM, b"\0")


def pcap_record(frame):
    return struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame


def write_pcap(path, frames):
    with open(path, "wb") as file:
        file.write(PCAP_HEADER)
        file.writelines(map(pcap_record, frames))


def repeat_pcap(path, longer, times):
    """Writes a file with all frames of another, as often as said."""
    with open(path, "rb") as source, open(longer, "wb") as file:
        file.write(source.read(len(PCAP_HEADER)))
        for _ in range(times):
            source.seek(len(PCAP_HEADER))
            shutil.copyfileobj(source, file, 1 << 20)
