"""What scripts/demo shows: `python3 -m testbed.demo [--kubernetes] [--one-armed] [--workers N] [--keep]`."""

import argparse
import contextlib
import os
import signal
import sys

from testbed import isolation, keep
from testbed.gateway import Gateway
from testbed.kubernetes_demo import KubernetesDemo
from testbed.scenario import ECHO, ECHO_PORT, GATEWAY_DOWNLINK, HELLO, HELLO_PRESERVE, IPV4, IPV6
from testbed.sections import Sections
from testbed.terminal import Terminal


class Demo(Sections):
    """Tables from the manifests of the examples."""

    def run(self):
        with contextlib.ExitStack() as stack:
            self.draw()
            self._bring_up(stack)
            self.ask_until_each_pod_answered()
            for family in (IPV4, IPV6):
                self.spread(family)
            self._whom_pods_see()
            self._datagrams()
            self._tables()
            self.explain()
            self.counters()
            status = self.terminal.verdict()
            if self.options.keep:
                keep.until_interrupted(self.terminal, self.scenario.client_address, self.gateway)
            return status

    def _bring_up(self, stack):
        self.bring_up_scenario(stack)
        gateway = Gateway(self.options.one_armed, self.options.workers)
        self.bring_up_gateway(stack, gateway)

        def push():
            gateway.start_controller()
            gateway.wait_for_services(*gateway.manifest_services())

        self.terminal.step("portico-controller: read the manifests and pushed them to porticod",
                           push)

    def _whom_pods_see(self):
        self.terminal.section("Whom do the Pods see? What their servers logged")
        client, gateway = self.scenario.client_address, GATEWAY_DOWNLINK
        for service, name, mode, expected, who in (
                (HELLO, "hello-world-service", "masquerade", gateway, "the gateway"),
                (HELLO_PRESERVE, "hello-world-preserve", "preserve", client, "the client")):
            for family in (IPV4, IPV6):
                self.scenario.forget_peers()
                self.scenario.client.get_many(service.of(family), 12)
                peers = self.scenario.all_peers(family)
                seen = ", ".join(sorted(peers)) or "nobody"
                self.terminal.expect(
                    peers == {expected.of(family)},
                    f"{name:<20}  {mode:<10}  {seen}; expected {who}'s address")

    def _datagrams(self):
        self.terminal.section(f"UDP: datagrams to the Service echo, port {ECHO_PORT}")
        for family in (IPV4, IPV6):
            sent = [b"%d" % number * 100 for number in range(60)]
            got = []
            for datagram in sent:
                udp = self.scenario.client.udp(ECHO.of(family), ECHO_PORT)
                with contextlib.closing(udp), contextlib.suppress(OSError):
                    udp.send(datagram)
                    got.append(udp.recv(65535))
            self.terminal.expect(got == sent, f"{len(got)} of {len(sent)} came back as they were "
                                              f"sent to {ECHO.of(family)}")

    def _tables(self):
        self.terminal.section("What runs in porticod")
        self.show("get", "services")
        self.show("get", "endpoints", "default/hello-world-service")
        with contextlib.ExitStack() as stack:
            for address in (HELLO, HELLO_PRESERVE):
                for family in (IPV4, IPV6):
                    stack.enter_context(contextlib.closing(
                        self.scenario.client.connect(address.of(family))))
            self.show("get", "connections", "--limit", "5")
        self.terminal.expect(len(self.gateway.services()) == len(self.gateway.manifest_services()),
                             "every Service of the manifests is there")


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--kubernetes", action="store_true")
    parser.add_argument("--one-armed", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    isolation.enter()
    terminal = Terminal()
    demo = (KubernetesDemo if options.kubernetes else Demo)(terminal, options)
    try:
        return demo.run()
    except KeyboardInterrupt:
        terminal.line("\ninterrupted: everything is gone")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads any more
        return 1
    except (OSError, RuntimeError, AssertionError) as error:
        terminal.expect(False, str(error))
        terminal.output(demo.logs())
        return terminal.verdict()


if __name__ == "__main__":
    sys.exit(main())
