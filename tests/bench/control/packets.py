"""What the gateway's port receives, again and again: a file of frames that DPDK's net_pcap replays.

UDP of clients to Services, 64 bytes a frame as it would be on a wire, and among it the ARP replies of
all Nodes, which answer when the gateway asks.
"""

import random
import socket
import struct

from control import cluster
from shared.frames import arp_reply, checksum, write_pcap

GATEWAY = "10.12.0.1"
GATEWAY_MAC = bytes.fromhex("020000000001")
CLIENT_MAC = bytes.fromhex("0200000000c1")
PAYLOAD = bytes(18)


def udp_frame(source, source_port, destination, port):
    ends = socket.inet_aton(source) + socket.inet_aton(destination)
    length = 8 + len(PAYLOAD)
    ports = struct.pack("!HHH", source_port, port, length)
    pseudo = ends + struct.pack("!HH", socket.IPPROTO_UDP, length)
    udp = ports + struct.pack("!H", checksum(pseudo + ports + b"\0\0" + PAYLOAD) or 0xFFFF) + PAYLOAD
    head = struct.pack("!BBHHHBB", 0x45, 0, 20 + length, 0, 0x4000, 64, socket.IPPROTO_UDP)
    ip = head + struct.pack("!H", checksum(head + b"\0\0" + ends)) + ends
    return GATEWAY_MAC + CLIENT_MAC + b"\x08\x00" + ip + udp


def node_mac(node):
    return b"\x02\x00\x00\x01" + struct.pack("!H", node)


def frames(services, flows):
    """`flows` clients' frames, over all Services of UDP, in an order that no cache foresees."""
    udp = list(filter(cluster.is_udp, range(services)))
    made = [udp_frame(f"198.18.{number >> 8}.{number & 255}", 1024 + number, cluster.service_address(
        udp[number * len(udp) // flows]), cluster.SERVICE_PORT) for number in range(flows)]
    random.Random(1).shuffle(made)
    every = max(1, flows // cluster.NODES)
    for node in range(cluster.NODES):
        made.insert(node * (every + 1), arp_reply(
            GATEWAY, GATEWAY_MAC, cluster.node_address(node), node_mac(node)))
    return made


def write(path, services, flows):
    write_pcap(path, frames(services, flows))
