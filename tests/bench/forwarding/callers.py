"""Clients of cases whose file has replies alone: what they send first makes the connections."""

import socket
import subprocess

from forwarding import packets, subject

INTERFACE = "callers0"  # in Linux; what is sent there the subject receives by a second port


def speak(case, process, made):
    """Sends every flow's request, again and again, until made() tells that all have connections."""
    frames = packets.requests(case)
    subprocess.run(["ip", "link", "set", INTERFACE, "up"], check=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as speaker:
        speaker.bind((INTERFACE, 0))

        def is_done():
            for frame in frames:
                speaker.send(frame)
            return made() >= case.flows
        process.wait_until(is_done, subject.PATIENCE, f"{process.name} to make the connections")
