"""A proxy for tests: CONNECT of HTTP, plain or over TLS, and SOCKS5.

usage: proxy.py [--tls CERT KEY] [--user NAME:PASSWORD] [--socks5]

Prints its port, then serves until its standard input ends. Every name leads to 127.0.0.1, so that
one which only the proxy can resolve reaches a server.
"""

import argparse
import base64
import contextlib
import socket
import ssl
import struct
import sys
import threading


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


def join(client, port):
    server = socket.create_connection(("127.0.0.1", port))
    threading.Thread(target=pump, args=(server, client), daemon=True).start()
    pump(client, server)


def connect(sock, user):
    head = b""
    while b"\r\n\r\n" not in head:
        head += sock.recv(1)
    lines = head.decode().split("\r\n")
    method, target, _ = lines[0].split()
    wanted = "Proxy-Authorization: Basic " + base64.b64encode((user or "").encode()).decode()
    if method != "CONNECT" or (user and wanted not in lines):
        sock.sendall(b"HTTP/1.1 407 Denied\r\ncontent-length: 0\r\n\r\n")
        return
    sock.sendall(b"HTTP/1.1 200 Connected\r\nx-proxy: yes\r\n\r\n")
    join(sock, int(target.rsplit(":", 1)[1]))


def exactly(sock, count):
    data = b""
    while len(data) < count:
        data += sock.recv(count - len(data))
    return data


def socks5(sock, _):  # RFC 1928
    exactly(sock, exactly(sock, 2)[1])
    sock.sendall(b"\x05\x00")
    kind = exactly(sock, 4)[3]
    exactly(sock, 4 if kind == 1 else exactly(sock, 1)[0])
    port = struct.unpack(">H", exactly(sock, 2))[0]
    sock.sendall(b"\x05\x00\x00\x01" + bytes(6))
    join(sock, port)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--user")
    parser.add_argument("--socks5", action="store_true")
    args = parser.parse_args()
    context = None
    if args.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*args.tls)
    server = socket.create_server(("127.0.0.1", 0))

    def serve(sock):
        with contextlib.suppress(OSError):
            if context:
                sock = context.wrap_socket(sock, server_side=True)
            (socks5 if args.socks5 else connect)(sock, args.user)
            sock.close()

    def accept():
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(server.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
