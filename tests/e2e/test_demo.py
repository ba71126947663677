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


@pytest.mark.parametrize("options", [[], ["--one-armed", "--workers=2"]],
                         ids=["two-armed", "one-armed"])
def test_every_expectation_holds(options):
    with demo(*options) as child:
        text, _ = child.communicate(timeout=60)
    assert child.returncode == 0, text
    assert "✗" not in text
    assert "\033" not in text, "colours are for terminals"


def test_kept_it_can_be_entered_and_ended():
    with demo("--keep") as child:
        text = ""
        while "porticoctl get drops\n" not in text[text.find("There, try:"):]:
            line = child.stdout.readline()
            assert line, text
            text += line
        enter = shlex.split(re.search(r"nsenter --target .*", text)[0])
        hints = text[text.find("There, try:"):]

        def inside(command):
            return subprocess.run([*enter, "-c", command], capture_output=True, text=True,
                                  timeout=20, check=True).stdout

        assert "Hi from" in inside(f"curl -sS --max-time 5 http://{HELLO.v4}")
        inside(f"cp hello-world-service.yaml ..; {re.search('sed -i .*', hints)[0]}")
        wait.until(lambda: "192.168.2.4" not in
                   inside("porticoctl get endpoints hello-world-service"), 5, "one endpoint less")
        inside("cp ../hello-world-service.yaml .")
        wait.until(lambda: "192.168.2.4" in
                   inside("porticoctl get endpoints hello-world-service"), 5, "it to be back")
        assert "service_port_unknown" in inside(
            re.search(r"porticoctl explain .*", hints)[0])

        ended = int(re.search(r"elsewhere: kill (\d+)", text)[1])
        assert ended == child.pid
        child.send_signal(signal.SIGTERM)
        rest, _ = child.communicate(timeout=60)
        assert child.returncode == 0, rest


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_it_says_so_and_ends(how):
    with demo() as child:
        while "porticod: took" not in child.stdout.readline():
            assert child.poll() is None
        child.send_signal(how)
        text, _ = child.communicate(timeout=60)
        assert child.returncode == 130, text
