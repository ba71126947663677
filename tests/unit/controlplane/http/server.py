"""An HTTP server for tests: HTTP/1.1 and HTTP/2, with and without TLS, and with every bad habit.

usage: server.py [--tls CERT KEY] [--client-ca FILE] [--http1]

Prints its port, then serves until its standard input ends. What it does goes by the path:

  /echo      tells what it has got, a "name value" a line
  /gzip      1 MiB of "a", compressed if that is accepted
  /badgzip   what is said to be gzip and isn't
  /big       64 MiB
  /stream    "hello", and stays open; /say sends its body to all streams, /finish ends them
  /goaway    an answer, and GOAWAY with it
  /mute      "hello", then neither reads nor writes on this connection
  /silent    nothing
  /reset     a TCP reset
  /cut       less than its content-length
  /flood     headers without end
  /continue  an informational response first
  /questions how many requests "OPTIONS *" there were
"""

import argparse
import contextlib
import ctypes
import gzip
import itertools
import socket
import ssl
import struct
import sys
import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions

QUESTIONS = []
STREAMS = []  # functions of one argument: bytes, or None for the end
NUMBERS = itertools.count(1)


def wait_for_the_end():
    threading.Event().wait()  # nobody sets it, and threads are daemons


class Http2:
    """One connection, one thread that reads; others may send to it."""

    version = "HTTP/2"

    def __init__(self, server, sock):
        self.sock, self.number, self.server = sock, next(NUMBERS), server
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)  # the window among it
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.state = h2.connection.H2Connection(config)
        self.bodies, self.requests = {}, {}
        self.mute = False

    def flush(self):
        self.sock.sendall(self.state.data_to_send())

    def run(self):
        with self.lock:
            self.state.initiate_connection()
            self.flush()
        while not self.mute:
            data = self.sock.recv(65536)
            if not data:
                return
            if self.mute:
                break
            with self.lock:
                events = self.state.receive_data(data)
                self.flush()
                self.changed.notify_all()
            for event in events:
                self.take(event)
        wait_for_the_end()

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.requests[event.stream_id] = list(event.headers)
            self.bodies[event.stream_id] = b""
        elif isinstance(event, h2.events.DataReceived):
            self.bodies[event.stream_id] += event.data
            self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            headers = self.requests.pop(event.stream_id)
            values = dict(headers)
            threading.Thread(target=answer, daemon=True, args=(
                self, event.stream_id, values[":method"], values[":path"], values[":authority"],
                [pair for pair in headers if not pair[0].startswith(":")],
                self.bodies.pop(event.stream_id))).start()

    def head(self, stream, status, headers):
        with self.lock:
            self.state.send_headers(stream, [(":status", str(status)), *headers])
            self.flush()

    def body(self, stream, data):
        """`data` None: the end."""
        sent = 0
        while data is not None and sent < len(data):
            with self.changed:
                self.changed.wait_for(lambda: self.state.local_flow_control_window(stream) > 0)
                room = min(self.state.local_flow_control_window(stream),
                           self.state.max_outbound_frame_size, len(data) - sent)
                self.state.send_data(stream, data[sent:sent + room])
                self.flush()
            sent += room
        if data is None:
            with self.lock:
                self.state.end_stream(stream)
                self.flush()

    def goaway(self, stream):
        with self.lock:
            frame = struct.pack(">HBBBLLL", 0, 8, 7, 0, 0, stream, 0)  # RFC 9113 section 6.8
            self.sock.sendall(frame)


class Http1:
    version = "HTTP/1.1"

    def __init__(self, server, sock):
        self.sock, self.number, self.server = sock, next(NUMBERS), server
        self.chunked = True
        self.mute = False

    def run(self):
        with self.sock.makefile("rb") as lines:
            while not self.mute and (line := lines.readline().split()):
                headers = []
                while text := lines.readline().decode().strip():
                    name, value = text.split(":", 1)
                    headers.append((name.lower(), value.strip()))
                values = dict(headers)
                body = lines.read(int(values.get("content-length", 0)))
                answer(self, 0, line[0].decode(), line[1].decode(), values.get("host"), headers, body)
        if self.mute:
            wait_for_the_end()

    def head(self, _, status, headers):
        self.chunked = "content-length" not in dict(headers) and status >= 200
        if self.chunked:
            headers = [*headers, ("transfer-encoding", "chunked")]
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        self.sock.sendall(f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode())

    def body(self, _, data):
        if not self.chunked:
            self.sock.sendall(data or b"")
        elif data is None:
            self.sock.sendall(b"0\r\n\r\n")
        elif data:
            self.sock.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def goaway(self, _):
        pass


def reset(connection):
    # connect() to no family at all ends a TCP connection by a reset, at once. close() would wait for
    # a thread that waits for data.
    ctypes.CDLL(None).connect(connection.sock.fileno(), bytes(16), 16)


def echo(connection, method, path, host, headers, body):
    sock = connection.sock
    facts = [("method", method), ("path", path), ("version", connection.version), ("host", host),
             ("connection", connection.number), ("sni", getattr(sock, "sni", None))]
    if isinstance(sock, ssl.SSLSocket) and sock.getpeercert():
        facts.append(("client", dict(pair for rdn in sock.getpeercert()["subject"] for pair in rdn)
                      ["commonName"]))
    facts += [(f"header-{name}", value) for name, value in headers]
    facts.append(("body", body.decode()))
    return "".join(f"{name} {value}\n" for name, value in facts).encode()


def answer(connection, stream, method, path, host, headers, body):
    with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
        answer_path(connection, stream, method, path, host, headers, body)


def answer_path(connection, stream, method, path, host, headers, body):
    def full(data, *more):
        connection.head(stream, 200, [("content-length", str(len(data))), *more])
        connection.body(stream, data)
        if stream:
            connection.body(stream, None)

    if path == "/gzip":
        data = b"a" * (1 << 20)
        if "gzip" in dict(headers).get("accept-encoding", ""):
            full(gzip.compress(data), ("content-encoding", "gzip"))
        else:
            full(data)
    elif path == "*":
        QUESTIONS.append(headers)
        full(b"")
    elif path == "/questions":
        full(str(len(QUESTIONS)).encode())
    elif path == "/badgzip":
        full(b"this is no gzip", ("content-encoding", "gzip"))
    elif path == "/big":
        connection.head(stream, 200, [])
        for _ in range(64):
            connection.body(stream, b"b" * (1 << 20))
        connection.body(stream, None)
    elif path in ("/stream", "/mute"):
        connection.head(stream, 200, [("content-type", "text/plain")])
        connection.body(stream, b"hello")
        connection.mute = path == "/mute"
        STREAMS.append(lambda data: connection.body(stream, data))
        if connection.version == "HTTP/1.1":
            wait_for_the_end()
    elif path == "/say":
        for send in STREAMS:
            with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
                send(body)
        full(b"said")
    elif path == "/finish":
        while STREAMS:
            with contextlib.suppress(OSError, h2.exceptions.ProtocolError):
                STREAMS.pop()(None)
        full(b"finished")
    elif path == "/goaway":
        connection.goaway(stream)
        full(b"going")
    elif path == "/silent":
        return
    elif path == "/reset":
        reset(connection)
    elif path == "/cut":
        connection.head(stream, 200, [("content-length", "100")])
        connection.body(stream, b"short")
        connection.sock.shutdown(socket.SHUT_RDWR)
    elif path == "/flood":
        connection.head(stream, 200, [(f"x-{i}", "y" * 1000) for i in range(1000)])
    elif path == "/continue":
        connection.head(stream, 103, [("link", "early")])
        full(b"late")
    else:
        full(echo(connection, method, path, host, headers, body), ("X-Answer", "  yes "))


def serve(server, sock, context):
    with contextlib.suppress(OSError, ValueError, h2.exceptions.ProtocolError):
        if context:
            sock = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
            try:
                sock.do_handshake()
            except ssl.SSLError:  # closed with bytes unread, a reset would overtake the alert
                while socket.socket.recv(sock, 4096):
                    pass
                raise
        http2 = context and sock.selected_alpn_protocol() == "h2"
        (Http2 if http2 else Http1)(server, sock).run()
    with contextlib.suppress(OSError):
        sock.close()


def note_sni(sock, name, _):
    sock.sni = name


def tls_context(args):
    if not args.tls:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*args.tls)
    context.sni_callback = note_sni
    context.set_alpn_protocols(["http/1.1"] if args.http1 else ["h2", "http/1.1"])
    if args.client_ca:
        context.load_verify_locations(args.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--client-ca")
    parser.add_argument("--http1", action="store_true")
    args = parser.parse_args()
    context = tls_context(args)
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            sock, _ = server.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(server, sock, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(server.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
