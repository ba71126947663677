"""The sections of scripts/demo that the plain one and the one with a cluster have in common."""

import collections
import contextlib

from testbed import netns, statistics, wait
from testbed.scenario import HELLO, HTTP_PORT, NODES, PODS, Scenario

REQUESTS = 300
# A fair choice looks worse than this once in a million demos.
UNLIKELY = 1e-6


class Sections:
    """What is shown of a gateway: `scenario` and `gateway` are there once they have been brought up."""

    def __init__(self, terminal, options):
        self.terminal = terminal
        self.options = options
        self.scenario = None
        self.gateway = None

    def draw(self):
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

    def bring_up_scenario(self, stack):
        self.scenario = stack.enter_context(self.terminal.step(
            "network namespaces: a client, two nodes, three Pods with HTTP servers; no way out",
            lambda: Scenario(self.options.one_armed)))

    def bring_up_gateway(self, stack, gateway):
        self.gateway = stack.enter_context(gateway)
        ports = "its port" if self.options.one_armed else "its two ports"
        self.terminal.step(f"porticod: took {ports} over and answers on its API",
                           gateway.start_porticod)

    def logs(self):
        """The ends of the programs' logs, for a failure's report."""
        return self.gateway.logs() if self.gateway else ""

    def ask_until_each_pod_answered(self):
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

    def spread(self, family):
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

    def explain(self):
        self.terminal.section("What would happen to a packet? Asked, not sent")
        self.show(*self.gateway.explain_arguments(
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

    def counters(self):
        self.terminal.section("What was counted")
        self.show("get", "counters")
        self.show("get", "drops")
        with contextlib.suppress(TimeoutError):
            wait.until(self.gateway.is_balanced, 2, "the packets in flight")
        total = self.gateway.totals()
        self.terminal.expect(
            self.gateway.is_balanced(total),
            "received = {received} = {sent} sent + {dropped} dropped + {punted} punted + "
            "{handedOver} handed over".format(**total))

    def show(self, *arguments):
        self.terminal.command(f"porticoctl {' '.join(map(str, arguments))}")
        self.terminal.output(self.gateway.ctl(*arguments))


def _url(address):
    return f"http://[{address}]" if ":" in address else f"http://{address}"
