"""`scripts/demo --keep`: a shell for whoever wants to look, and what to try there."""

import os
import time

from testbed import isolation
from testbed.gateway import MANIFESTS
from testbed.process import Process
from testbed.scenario import HELLO

SHELL = isolation.RUN / "shell"
TOOLS = isolation.RUN / "tools"
IN_GATEWAY = "nsenter --net=/run/netns/gateway"  # where the API server listens, on its loopback


def until_interrupted(terminal, client_address, gateway, cluster=None):
    """Says how to look around; returns on Ctrl-C. ChildProcessError when porticod ends before.

    With a cluster, kubectl is there too.
    """
    holder = Process("client's shell", ["sleep", "infinity"], "client", isolation.RUN / "shell.log")
    _write_shell(gateway, cluster)
    _say_what_to_try(terminal, holder.pid, client_address,
                     _cluster_hints(gateway) if cluster else _manifest_hints(gateway))
    try:
        while gateway.porticod.require_running():
            time.sleep(1)
    except KeyboardInterrupt:
        terminal.line("\nended: everything is gone")
    finally:
        holder.stop()
        if gateway.controller.status is not None:
            gateway.controller = None  # ended by hand, as was suggested


def _write_shell(gateway, cluster):
    TOOLS.mkdir()
    folders = [TOOLS, *sorted({path.parent for path in gateway.programs.values()})]
    settings = isolation.RUN / "shell.rc"
    settings.write_text("PS1='client \\w # '\n")
    _write_script(SHELL, f"export PATH={':'.join(map(str, folders))}:$PATH\n"
                         f"cd {isolation.RUN if cluster else MANIFESTS}\n"
                         f'[ $# -eq 0 ] && set -- --rcfile {settings}\nexec bash "$@"\n')
    if cluster:
        kubectl = " ".join(map(str, cluster.kubectl_command()))
        _write_script(TOOLS / "kubectl", f'exec {IN_GATEWAY} {kubectl} "$@"\n')


def _write_script(path, text):
    path.write_text(f"#!/bin/bash\n{text}")
    path.chmod(0o755)


# What to try, [what, command, ...]; of endpoints, and of the controller.

def _manifest_hints(gateway):
    return [
        ["beside it, in another such shell: take an endpoint away, and give it back",
         "cp hello-world-service.yaml ..",
         r"sed -i '/\[192.168.2.4\]/,+3d' hello-world-service.yaml",
         "cp ../hello-world-service.yaml ."],
        ["kill the controller: the traffic goes on; start it again",
         f"kill {gateway.controller.pid}", f"{_controller(gateway)} &"]]


def _cluster_hints(gateway):
    status = "/api/v1/namespaces/default/pods/hello-world-c/status"

    def say_ready(before, after):
        return (f"kubectl get pod hello-world-c -o json | sed 's/\"{before}\"/\"{after}\"/' | "
                f"kubectl replace --raw {status} -f -")

    return [
        ["beside it, in another such shell: what there is, by kubectl, and by porticoctl",
         "kubectl get nodes,pods,services,endpointslices", "porticoctl get services"],
        ["an endpoint fails its readiness probe, and passes it again, as its kubelet says",
         say_ready("True", "False"), say_ready("False", "True")],
        ["a fault in a Service, which an Event tells of; and the Service mended",
         "kubectl annotate service hello-world-service portico.dev/selection=nearest",
         "kubectl describe service hello-world-service",
         "kubectl annotate service hello-world-service portico.dev/selection-"],
        ["kill the controller: the traffic goes on; start it again",
         f"kill {gateway.controller.pid}",
         f"{IN_GATEWAY} {_controller(gateway)} &"]]


def _controller(gateway):
    return f"portico-controller {' '.join(map(str, gateway.source))}"


def _say_what_to_try(terminal, holder, client_address, hints):
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
    for one in hints:
        hint(*one)
    hint("ask about a packet to an unknown port, send one, and see it counted under that reason",
         f"porticoctl explain tcp {client_address.v4} {HELLO.v4}:8081",
         f"curl -sS --max-time 1 http://{HELLO.v4}:8081; porticoctl get drops")
