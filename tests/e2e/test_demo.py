"""The demo itself, without its build: it holds what it says, and ends when it is told to."""

import contextlib
import re
import shlex
import signal
import subprocess

import pytest

from testbed import isolation, wait
from testbed.scenario import HELLO


@contextlib.contextmanager
def demo(*options):
    child = subprocess.Popen(isolation.command("-m", "testbed.demo", *options), text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=isolation.environment())
    try:
        yield child
    finally:
        child.kill()
        child.wait()


@pytest.mark.parametrize(
    "options", [[], ["--one-armed", "--workers=2"], ["--kubernetes"], ["--kubernetes", "--one-armed"]],
    ids=["two-armed", "one-armed", "kubernetes", "kubernetes-one-armed"])
def test_every_expectation_holds(options):
    with demo(*options) as child:
        text, _ = child.communicate(timeout=150)
    assert child.returncode == 0, text
    assert "✗" not in text
    assert "\033" not in text, "colours are for terminals"


@contextlib.contextmanager
def kept_demo(*options):
    """(inside, hints): inside(COMMAND) is what it prints in the shell that the demo leads to; `hints`
    are what to try there. The demo is ended at last, as it says how."""
    with demo("--keep", *options) as child:
        text = ""
        while "porticoctl get drops\n" not in text[text.find("There, try:"):]:
            line = child.stdout.readline()
            assert line, text
            text += line
        enter = shlex.split(re.search(r"nsenter --target .*", text)[0])

        def inside(command):
            return subprocess.run([*enter, "-c", command], capture_output=True, text=True,
                                  timeout=30, check=True).stdout

        yield inside, text[text.find("There, try:"):]
        ended = int(re.search(r"elsewhere: kill (\d+)", text)[1])
        assert ended == child.pid
        child.send_signal(signal.SIGTERM)
        rest, _ = child.communicate(timeout=60)
        assert child.returncode == 0, rest


def wait_for_state(inside, address, state):
    """Until this is what `porticoctl get endpoints` says of the address; empty: it is not there."""
    def is_so():
        lines = [line for line in inside("porticoctl get endpoints hello-world-service").splitlines()
                 if address in line]
        return state in lines[0].split() if state and lines else not state and not lines

    wait.until(is_so, 30, f"{address} to be {state or 'gone'}")


def test_kept_it_can_be_entered_and_ended():
    with kept_demo() as (inside, hints):
        assert "Hi from" in inside(f"curl -sS --max-time 5 http://{HELLO.v4}")
        inside(f"cp hello-world-service.yaml ..; {re.search('sed -i .*', hints)[0]}")
        wait_for_state(inside, "192.168.2.4", "")
        inside("cp ../hello-world-service.yaml .")
        wait_for_state(inside, "192.168.2.4", "active")
        assert "service_port_unknown" in inside(
            re.search(r"porticoctl explain .*", hints)[0])


def test_kept_with_a_cluster_it_has_kubectl():
    with kept_demo("--kubernetes") as (inside, hints):
        assert "k8s-worker-1" in inside(re.search(r"kubectl get .*", hints)[0])
        fails, passes = re.findall(r"kubectl get pod .*", hints)
        inside(fails)
        wait_for_state(inside, "192.168.2.4", "")
        inside(passes)
        wait_for_state(inside, "192.168.2.4", "active")

        spoil, mend = re.findall(r"kubectl annotate .*", hints)
        describe = re.search(r"kubectl describe .*", hints)[0]
        inside(spoil)
        wait.until(lambda: "NotServed" in inside(describe), 30, "the Event")
        assert "hello-world" not in inside("porticoctl get services")
        inside(mend)
        wait_for_state(inside, "192.168.2.4", "active")

        inside(re.search(r"kill \d+(?=\n)", hints)[0])
        start = re.search(r"nsenter .*(?= &\n)", hints)[0]
        started = inside(f"{start} >/dev/null 2>&1 & echo $!").strip()
        inside(fails)
        wait_for_state(inside, "192.168.2.4", "")
        inside(f"kill {started}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_says_so_and_ends(how):
    with demo() as child:
        while "porticod: took" not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(how)
        text, _ = child.communicate(timeout=60)
        assert child.returncode == 130, text
