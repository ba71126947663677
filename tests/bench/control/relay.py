"""A process between the controller and the gateway that hands on bytes and notes when they passed.

usage: relay.py LISTEN CONNECT RECORD        paths: two UNIX sockets, a file

It looks at nothing, so that it costs little; `conversation.py` reads the record, which is written when
the connection ends: pickled (direction, time.monotonic(), bytes), one after the other. From SIGUSR1 to
SIGUSR2 the gateway hears nothing of the controller; what is said meanwhile waits.
"""

import pickle
import select
import signal
import socket
import sys
import time

TO_GATEWAY, TO_CONTROLLER = 0, 1


def relay(controller, gateway):
    """Until one of them ends; what passed."""
    passed = []
    ways = {controller: (gateway, TO_GATEWAY), gateway: (controller, TO_CONTROLLER)}
    poller = select.epoll()
    by_number = {}
    for end in ways:
        poller.register(end, select.EPOLLIN)
        by_number[end.fileno()] = end
    signal.signal(signal.SIGUSR1, lambda *_: poller.modify(controller, 0))
    signal.signal(signal.SIGUSR2, lambda *_: poller.modify(controller, select.EPOLLIN))
    while True:
        for number, _ in poller.poll():
            end = by_number[number]
            other, direction = ways[end]
            data = end.recv(1 << 18)
            if not data:
                return passed
            passed.append((direction, time.monotonic(), data))
            other.sendall(data)


def main(listen, connect, record):
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as gateway:
        listener.bind(listen)
        listener.listen()
        controller, _ = listener.accept()
        with controller:
            gateway.connect(connect)
            try:
                passed = relay(controller, gateway)
            except OSError as error:
                sys.exit(f"the connection broke: {error}")
    with open(record, "wb") as file:
        pickle.dump(passed, file, pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main(*sys.argv[1:])
