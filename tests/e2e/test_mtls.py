"""Tables and questions over the network: both sides show a certificate, and nobody else is heard."""

import contextlib
import socket
import ssl
import subprocess

import pytest

import curl
from testbed import credentials, isolation, netns, wait
from testbed.controller import Controller
from testbed.gateway import CONFIG, SOCKET, Gateway
from testbed.scenario import HELLO, PODS

ADDRESS, PORT = "127.0.0.1", 9000
TARGET = f"{ADDRESS}:{PORT}"
NAME = "gateway.portico"
HTTP2_SETTINGS = b"\x04"  # the type of the frame with which a server begins: RFC 9113 section 3.4
HTTP2_BEGINS = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0" + HTTP2_SETTINGS + b"\0\0\0\0\0"


class Network:
    """A gateway that has TLS at TARGET, and who may speak to it."""

    def __init__(self, folder):
        folder.mkdir()
        authority = credentials.Authority(folder)
        stranger = credentials.Authority(folder, "stranger")
        self.ca = authority.certificate
        self.gateway = authority.issue("gateway", f"/CN={NAME}", f"DNS:{NAME}")
        self.known = authority.issue("controller", "/CN=controller")
        self.unknown = stranger.issue("nobody", "/CN=controller")

    def write_config(self):
        """Adds to the example's `api` what an operator adds."""
        text, socket_line = CONFIG.read_text(), f"  socket: {SOCKET}\n"
        assert socket_line in text
        CONFIG.write_text(text.replace(socket_line, socket_line + f"""  tcp: ["{TARGET}"]
  tls: {{certificate: "{self.gateway.certificate}", key: "{self.gateway.key}", client_ca: "{self.ca}"}}
"""))

    def options(self, shown):
        return ["--gateway-ca", self.ca, "--gateway-certificate", shown.certificate,
                "--gateway-key", shown.key, "--gateway-name", NAME]


@pytest.fixture
def network():
    return Network(isolation.RUN / "mtls")


@pytest.fixture
def gateway(scenario, network):
    """porticod alone: nobody has filled its tables."""
    with Gateway() as built:
        try:
            network.write_config()
            built.start_porticod()
            yield built
        finally:
            print(built.logs())


@pytest.fixture
def start_controller(gateway):
    """Starts portico-controller for TARGET with these options; it ends with the test."""
    def start(*options):
        gateway.controller = Controller(gateway.programs["portico-controller"],
                                        [*gateway.source, *options], [TARGET])
        return gateway.controller
    return start


def ask(gateway, *options):
    with netns.inside("gateway"):
        return subprocess.run([gateway.programs["porticoctl"], "--gateway", TARGET, *options,
                               "get", "services"], capture_output=True, text=True, timeout=60)


def test_services_arrive_and_are_shown(gateway, network, start_controller):
    controller = start_controller(*network.options(network.known))
    gateway.wait_for_services(*gateway.manifest_services())
    curl.wait_for_pods(HELLO, *PODS)
    assert controller.metric("gateway_connected", gateway=TARGET) == 1
    told = ask(gateway, *network.options(network.known))
    assert (told.returncode, told.stderr) == (0, "")
    for name in gateway.manifest_services():
        assert name in told.stdout


@pytest.mark.parametrize("shown", [None, "unknown", "known"])
def test_who_shows_no_certificate_of_the_authority_hears_nothing(gateway, network, shown):
    """In TLS 1.3 a client's handshake is over before the server has looked, so what counts is after it."""
    context = ssl.create_default_context(cafile=network.ca)
    context.set_alpn_protocols(["h2"])
    if shown:
        one = getattr(network, shown)
        context.load_cert_chain(one.certificate, one.key)
    heard = b""
    with netns.open_socket("gateway", socket.AF_INET, socket.SOCK_STREAM) as plain:
        plain.settimeout(60)
        plain.connect((ADDRESS, PORT))
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            with context.wrap_socket(plain, server_hostname=NAME) as tls:
                tls.sendall(HTTP2_BEGINS)
                heard = tls.recv(9)
    assert heard[3:4] == (HTTP2_SETTINGS if shown == "known" else b"")


def test_strangers_programs_are_refused(gateway, network, start_controller):
    for options in ([], network.options(network.unknown)):
        told = ask(gateway, *options)
        assert (told.returncode, told.stdout) == (3, "")
        assert TARGET in told.stderr
    controller = start_controller(*network.options(network.unknown))
    wait.until(lambda: f"{TARGET}: " in controller.log.read_text(), 120, "the controller's complaint")
    assert controller.metric("gateway_connected", gateway=TARGET) == 0
    assert gateway.services() == []
