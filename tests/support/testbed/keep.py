"""`scripts/demo --keep`: a shell for whoever wants to look, and what to try there."""

import os
import time

from testbed import isolation
from testbed.gateway import MANIFESTS
from testbed.process import Process
from testbed.scenario import HELLO

SHELL = isolation.RUN / "shell"


def until_interrupted(terminal, client_address, gateway):
    """Says how to look around; returns on Ctrl-C. ChildProcessError when porticod ends before."""
    holder = Process("client's shell", ["sleep", "infinity"], "client", isolation.RUN / "shell.log")
    _write_shell(gateway)
    _say_what_to_try(terminal, holder.pid, client_address, gateway.controller.pid)
    try:
        while gateway.porticod.require_running():
            time.sleep(1)
    except KeyboardInterrupt:
        terminal.line("\nended: everything is gone")
    finally:
        holder.stop()
        if gateway.controller.status is not None:
            gateway.controller = None  # ended by hand, as was suggested


def _write_shell(gateway):
    folders = ":".join(sorted({str(path.parent) for path in gateway.programs.values()}))
    settings = isolation.RUN / "shell.rc"
    settings.write_text("PS1='client \\w # '\n")
    SHELL.write_text(f"#!/bin/bash\nexport PATH={folders}:$PATH\ncd {MANIFESTS}\n"
                     f'[ $# -eq 0 ] && set -- --rcfile {settings}\nexec bash "$@"\n')
    SHELL.chmod(0o755)


def _say_what_to_try(terminal, holder, client_address, controller):
    line = terminal.line

    def hint(what, *commands):
        line(f"  {what}")
        for command in commands:
            line(f"      {terminal.paint(command, 'blue')}")

    line(f"\n{terminal.paint('It goes on running.', 'bold')} Ctrl-C here ends it, or from "
         f"elsewhere: kill {os.getpid()}\n")
    hint("Enter the client's namespace, from another shell, as root:",
         f"nsenter --target {holder} --mount --net {SHELL}")
    line("\nThere, try:\n")
    hint("a loop of requests",
         f"while curl -sS --max-time 1 http://{HELLO.v4}; do sleep 0.05; done")
    hint("beside it, in another such shell: take an endpoint away, and give it back",
         "cp hello-world-service.yaml ..",
         r"sed -i '/\[192.168.2.4\]/,+3d' hello-world-service.yaml",
         "cp ../hello-world-service.yaml .")
    hint("kill the controller: the traffic goes on; start it again",
         f"kill {controller}", f"portico-controller --manifests {MANIFESTS} &")
    hint("ask about a packet to an unknown port, send one, and see it counted under that reason",
         f"porticoctl explain tcp {client_address.v4} {HELLO.v4}:8081",
         f"curl -sS --max-time 1 http://{HELLO.v4}:8081; porticoctl get drops")
