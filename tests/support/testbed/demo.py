"""What scripts/demo shows: `python3 -m testbed.demo [--one-armed] [--workers N] [--keep]`."""

import argparse
import collections
import contextlib
import os
import signal
import sys

from testbed import isolation, keep, netns, statistics, wait
from testbed.gateway import Gateway
from testbed.scenario import (ECHO, ECHO_PORT, GATEWAY_DOWNLINK, HELLO, HELLO_PRESERVE, HTTP_PORT,
                              IPV4, IPV6, NODES, PODS, Scenario)
from testbed.terminal import Terminal

REQUESTS = 300
# A fair choice looks worse than this once in a million demos.
UNLIKELY = 1e-6


class Demo:
    def __init__(self, terminal, options):
        self.terminal = terminal
        self.options = options
        self.scenario = None
        self.gateway = None

    def run(self):
        with contextlib.ExitStack() as stack:
            self._draw()
            self._bring_up(stack)
            self._ask_until_each_pod_answered()
            for family in (IPV4, IPV6):
                self._spread(family)
            self._whom_pods_see()
            self._datagrams()
            self._tables()
            self._explain()
            self._counters()
            status = self.terminal.verdict()
            if self.options.keep:
                keep.until_interrupted(self.terminal, self.scenario.client_address,
                                       self.gateway)
            return status

    def _draw(self):
        shape = "one-armed" if self.options.one_armed else "two-armed"
        paint, line = self.terminal.paint, self.terminal.line
        line(f"{paint('Portico', 'bold')}: a gateway for Kubernetes Services, {shape}, "
             f"workers: {self.options.workers}\n")
        a, b, c = (f"{pod.name} {pod.address.v4}" for pod in PODS)
        one, two = (f"{node.name} {node.address.v4}" for node in NODES)
        name = "[ porticod ]"
        if self.options.one_armed:
            rows = [f"{'client 10.12.22.10':<18} ─┬─ {name} 10.12.22.1",
                    f"{'nodes’ LAN':<18}  ├─ {one} ─┬─ {a}",
                    f"{'10.12.22.0/24':<18}  │  {' ' * len(one)}  └─ {b}",
                    f"{'':<18}  └─ {two} ─── {c}"]
        else:
            rows = [f"client 10.20.0.10 ── {name} ─┬─ {one} ─┬─ {a}",
                    f"{'uplink 10.20.0.1':>33}  │  {' ' * len(one)}  └─ {b}",
                    f"{'downlink 10.12.22.1':>33}  └─ {two} ─── {c}"]
        for row in rows:
            line("    " + row.replace(name, paint(name, "bold", "cyan")))
        line()

    def _bring_up(self, stack):
        step = self.terminal.step
        self.scenario = stack.enter_context(step(
            "network namespaces: a client, two nodes, three Pods with HTTP servers; no way out",
            lambda: Scenario(self.options.one_armed)))
        self.gateway = stack.enter_context(Gateway(self.options.one_armed, self.options.workers))
        ports = "its port" if self.options.one_armed else "its two ports"
        step(f"porticod: took {ports} over and answers on its API", self.gateway.start_porticod)

        def push():
            self.gateway.start_controller()
            self.gateway.wait_for_services(*self.gateway.manifest_services())

        step("portico-controller: read the manifests and pushed them to porticod", push)

    def _ask_until_each_pod_answered(self):
        self.terminal.section("Ask the Service until each of its Pods has answered")
        wanted, answers = {pod.name for pod in PODS}, []
        while not wanted <= {answer.strip()[len("<p>Hi from "):-len("</p>")] for answer in answers}:
            if len(answers) == 60:
                break
            answers.append(netns.run("client", "curl", "-sS", "--max-time", "5",
                                     f"http://{HELLO.v4}"))
        self.terminal.command(f"curl http://{HELLO.v4}")
        for page, count in collections.Counter(answers).items():
            times = "once" if count == 1 else f"{count} times"
            self.terminal.output(f"{page.strip()}   {self.terminal.paint(times, 'dim')}")
        self.terminal.expect(len(set(answers)) == len(PODS),
                             f"each Pod answered, within {len(answers)} requests")

    def _spread(self, family):
        address = HELLO.of(family)
        self.terminal.section(f"{REQUESTS} requests to {_url(address)}, each on a new connection")
        answers = self.scenario.client.get_many(address, REQUESTS)
        share = collections.Counter(answer.pod for answer in answers)
        counts = {pod.name: share[pod.name] for pod in PODS}
        self.terminal.bars(counts)
        probability = statistics.probability(list(counts.values()))
        verdict = "as a fair choice spreads" if probability > UNLIKELY else "not a fair choice"
        self.terminal.expect(
            probability > UNLIKELY,
            f"chi-square against 1/3 each: {statistics.chi_square(list(counts.values())):.2f}, "
            f"p = {probability:.2f}: {verdict}")

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
        self._show("get", "services")
        self._show("get", "endpoints", "default/hello-world-service")
        with contextlib.ExitStack() as stack:
            for address in (HELLO, HELLO_PRESERVE):
                for family in (IPV4, IPV6):
                    stack.enter_context(contextlib.closing(
                        self.scenario.client.connect(address.of(family))))
            self._show("get", "connections", "--limit", "5")
        self.terminal.expect(len(self.gateway.services()) == len(self.gateway.manifest_services()),
                             "every Service of the manifests is there")

    def _explain(self):
        self.terminal.section("What would happen to a packet? Asked, not sent")
        self._show(*self.gateway.explain_arguments(
            "tcp", self.scenario.client_address.v4, 40_000, HELLO.v4, HTTP_PORT))
        told = self.gateway.explain("tcp", self.scenario.client_address.v4, 40_000, HELLO.v4,
                                    HTTP_PORT)
        endpoint = (told["destination"] or {}).get("address")
        self.terminal.expect(endpoint in [pod.address.v4 for pod in PODS],
                             f"it would go to {endpoint}")
        told = self.gateway.explain("tcp", self.scenario.client_address.v4, 40_000, HELLO.v4, 8081)
        reason = told["dropReason"]
        before = self.gateway.refusals()[reason]
        with contextlib.suppress(OSError):
            self.scenario.client.connect(HELLO.v4, 8081, timeout=0.2)
        self.terminal.expect(self.gateway.refusals()[reason] == before + 1,
                             f"one to port 8081 would be refused, {reason}; one was sent, and "
                             "counts there")

    def _counters(self):
        self.terminal.section("What was counted")
        self._show("get", "counters")
        self._show("get", "drops")
        with contextlib.suppress(TimeoutError):
            wait.until(self.gateway.is_balanced, 2, "the packets in flight")
        total = self.gateway.totals()
        self.terminal.expect(
            self.gateway.is_balanced(total),
            "received = {received} = {sent} sent + {dropped} dropped + {punted} punted + "
            "{handedOver} handed over".format(**total))

    def _show(self, *arguments):
        self.terminal.command(f"porticoctl {' '.join(map(str, arguments))}")
        self.terminal.output(self.gateway.ctl(*arguments))


def _url(address):
    return f"http://[{address}]" if ":" in address else f"http://{address}"


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    parser.add_argument("--one-armed", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    isolation.enter()
    terminal = Terminal()
    demo = Demo(terminal, options)
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
        if demo.gateway:
            terminal.output(demo.gateway.logs())
        return terminal.verdict()


if __name__ == "__main__":
    sys.exit(main())
