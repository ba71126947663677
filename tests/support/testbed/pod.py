"""What runs in a Pod: `python3 -m testbed.pod NAME FOLDER`.

HTTP on TCP port 8080, IPv4 and IPv6: / says who answers, /bytes?n=COUNT&seed=NUMBER sends COUNT
bytes of content.py, POST answers with the SHA-256 of what came, /close answers and closes the connection first. UDP port 9000 sends back what
it gets. FOLDER/peers.log gets a line for each TCP connection, FOLDER/datagrams.log one for each UDP
peer: "address port", as the Pod sees them.
"""

import hashlib
import http.server
import pathlib
import socket
import socketserver
import sys
import threading
import urllib.parse

from testbed import content

HTTP_PORT = 8080
UDP_PORT = 9000


class Log:
    """Whole lines, each written at once."""

    def __init__(self, path):
        self._file = path.open("a", buffering=1)

    def add(self, peer):
        self._file.write(f"{peer[0].removeprefix('::ffff:')} {peer[1]}\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        self.server.peers.add(self.client_address)
        super().setup()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/bytes":
            query = urllib.parse.parse_qs(url.query)
            self._send_bytes(int(query["n"][0]), int(query.get("seed", ["0"])[0]))
            return
        if url.path == "/close":
            self.close_connection = True
        page = f"<p>Hi from {self.server.pod}</p>\n".encode()
        self._start(len(page), "text/html")
        self.wfile.write(page)

    def do_POST(self):
        whole, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left > 0 and (chunk := self.rfile.read(min(left, 1 << 16))):
            whole.update(chunk)
            left -= len(chunk)
        page = whole.hexdigest().encode()
        self._start(len(page), "text/plain")
        self.wfile.write(page)

    def _send_bytes(self, count, seed):
        self._start(count, "application/octet-stream")
        for chunk in content.chunks(count, seed):
            self.wfile.write(chunk)

    def _start(self, length, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, pod, peers):
        self.pod = pod
        self.peers = peers
        super().__init__(("::", HTTP_PORT), Handler)

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):  # a client may leave when it likes
            super().handle_error(request, client_address)


def echo(udp, log):
    seen = set()
    while True:
        datagram, peer = udp.recvfrom(65535)
        if peer[:2] not in seen:
            seen.add(peer[:2])
            log.add(peer)
        udp.sendto(datagram, peer)


def main():
    pod, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    udp.bind(("::", UDP_PORT))
    threading.Thread(target=echo, args=(udp, Log(folder / "datagrams.log")), daemon=True).start()
    server = Server(pod, Log(folder / "peers.log"))
    (folder / "ready").touch()
    server.serve_forever()


if __name__ == "__main__":
    main()
