"""A client in one of the namespaces: sockets of the kernel there, used from this process."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import http.client
import ipaddress
import re
import socket
import struct
import time

from testbed import content, netns

_ECHO = {4: (8, 0), 6: (128, 129)}  # request and reply: RFC 792, RFC 4443 section 4
_ERRORS = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}  # IP_RECVERR, IPV6_RECVERR


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    local_port: int

    @property
    def pod(self):
        """The name in the page of a hello-world Pod."""
        found = re.fullmatch(rb"<p>Hi from ([^<]+)</p>\n", self.body)
        if not found:
            raise AssertionError(f"no greeting: {self.status} {self.body[:80]!r}")
        return found[1].decode()


class Client:
    def __init__(self, namespace):
        self._namespace = namespace

    def connect(self, address, port=80, timeout=5.0, local_port=0):
        """A connected TCP socket; the caller closes it."""
        tcp = netns.open_socket(self._namespace, family_of(address), socket.SOCK_STREAM)
        try:
            tcp.settimeout(timeout)
            if local_port:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind(("", local_port))
            tcp.connect((address, port))
            return tcp
        except BaseException:
            tcp.close()
            raise

    def get(self, address, path="/", port=80, timeout=5.0, local_port=0, end="close"):
        """One request on a connection of its own.

        `end` says how it ends: "close" at once, "wait" until the server has closed, by "reset".
        """
        tcp = self.connect(address, port, timeout, local_port)
        with contextlib.closing(tcp):
            if end == "reset":
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            used_port = tcp.getsockname()[1]
            with self._request(tcp, address, path) as response:
                answer = Answer(response.status, response.read(), used_port)
            if end == "wait" and tcp.recv(1):
                raise AssertionError("more came than was announced")
            return answer

    def get_many(self, address, count, parallel=8):
        """`count` requests, each on a connection of its own; their answers."""
        with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
            return list(pool.map(lambda _: self.get(address), range(count)))

    def download(self, address, count, seed, timeout=60.0):
        """Fetches `count` bytes and returns their SHA-256 in hex; AssertionError when cut short."""
        with contextlib.closing(self.connect(address, timeout=timeout)) as tcp:
            with self._request(tcp, address, f"/bytes?n={count}&seed={seed}") as response:
                whole, received = hashlib.sha256(), 0
                while chunk := response.read(1 << 18):
                    whole.update(chunk)
                    received += len(chunk)
        if received != count:
            raise AssertionError(f"{received} of {count} bytes came")
        return whole.hexdigest()

    def upload(self, address, count, seed, timeout=60.0):
        """Sends `count` bytes; returns the SHA-256 in hex that the Pod has found."""
        with contextlib.closing(self.connect(address, timeout=timeout)) as tcp:
            head = f"POST / HTTP/1.1\r\nHost: pod\r\nContent-Length: {count}\r\n"
            tcp.sendall(f"{head}Connection: close\r\n\r\n".encode())
            for chunk in content.chunks(count, seed):
                tcp.sendall(chunk)
            response = http.client.HTTPResponse(tcp)
            response.begin()
            with contextlib.closing(response):
                return response.read().decode()

    @staticmethod
    def _request(tcp, address, path):
        host = f"[{address}]" if ":" in address else address
        tcp.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        response = http.client.HTTPResponse(tcp)
        response.begin()
        return contextlib.closing(response)

    def udp(self, address, port, timeout=2.0, local_port=0, ttl=None):
        """A connected UDP socket that keeps ICMP errors for error(); the caller closes it."""
        udp = netns.open_socket(self._namespace, family_of(address), socket.SOCK_DGRAM)
        version = ipaddress.ip_address(address).version
        udp.settimeout(timeout)
        udp.setsockopt(*_ERRORS[version], 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if ttl is not None:
            level, option = ((socket.IPPROTO_IP, socket.IP_TTL) if version == 4 else
                             (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS))
            udp.setsockopt(level, option, ttl)
        udp.bind(("", local_port))
        udp.connect((address, port))
        return udp

    def icmp_error(self, address, port, ttl=64, timeout=2.0):
        """Sends a datagram; returns (who complained, ICMP type, code), or None in time."""
        with contextlib.closing(self.udp(address, port, timeout, ttl=ttl)) as udp:
            udp.send(b"probe")
            deadline = time.monotonic() + timeout
            while time.monotonic() < deadline:
                with contextlib.suppress(OSError):
                    udp.recv(16)  # sleeps until the error is there, or an answer
                with contextlib.suppress(BlockingIOError):
                    return self._take_error(udp)
        return None

    @staticmethod
    def _take_error(udp):
        _, controls, _, _ = udp.recvmsg(64, 512, socket.MSG_ERRQUEUE)
        extended = controls[0][2]  # struct sock_extended_err, then the offender's sockaddr
        _, _, kind, code = struct.unpack_from("=IBBB", extended)
        version = 4 if udp.family == socket.AF_INET else 6
        raw = extended[20:24] if version == 4 else extended[24:40]
        return str(ipaddress.ip_address(raw)), kind, code

    def ping(self, address, timeout=2.0, identifier=0x706f, payload=b"portico" * 8):
        """Whether the echo came back with what was sent."""
        version = ipaddress.ip_address(address).version
        protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
        request_type, reply_type = _ECHO[version]
        rest = struct.pack("!HH", identifier, 1) + payload
        message = struct.pack("!BBH", request_type, 0, _checksum(bytes([request_type, 0]) + rest))
        raw = netns.open_socket(self._namespace, family_of(address), socket.SOCK_RAW, protocol)
        with contextlib.closing(raw):
            raw.sendto(message + rest, (address, 0))  # the kernel writes ICMPv6's checksum
            deadline = time.monotonic() + timeout
            while (left := deadline - time.monotonic()) > 0:
                raw.settimeout(left)
                try:
                    packet, sender = raw.recvfrom(65535)
                except TimeoutError:
                    return False
                if version == 4:
                    packet = packet[(packet[0] & 15) * 4:]
                if sender[0] == address and packet[0] == reply_type and packet[4:] == rest:
                    return True
        return False


def _checksum(data):
    """RFC 1071 over `data`, as if the two bytes of a zero checksum stood in it."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
