"""watch_printer, which tells what a ClusterSource hands on, and objects for the scripted API server."""

import json
import os
import pathlib
import subprocess
import threading
import time

PRINTER = pathlib.Path(os.environ["PORTICO_BUILD"]) / "tests/unit/controlplane/watch/watch_printer"


class Printer:
    """watch_printer, and what it has handed on so far, put together."""

    def __init__(self, url, token_file=None):
        self.changed = threading.Condition()
        self.updates, self.statistics_lines = [], []
        self.objects = {"services": {}, "slices": {}, "nodes": {}}
        arguments = [PRINTER, url] + ([token_file] if token_file else [])
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            value = json.loads(line)
            with self.changed:
                if "ready" in value:
                    self.statistics_lines.append(value)
                else:
                    self.apply(value)
                self.changed.notify_all()

    def apply(self, update):
        self.updates.append(update)
        for kind, objects in self.objects.items():
            if update["reset"]:
                objects.clear()
            for key in update[kind]["deleted"]:
                objects.pop(key, None)
            objects.update(update[kind]["set"])

    def wait_for(self, condition, timeout=30):
        with self.changed:
            assert self.changed.wait_for(condition, timeout), (self.objects, self.process.poll())

    def statistics(self):
        with self.changed:
            seen = len(self.statistics_lines)
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            assert self.changed.wait_for(lambda: len(self.statistics_lines) > seen, 30)
            return self.statistics_lines[-1]

    def wait_for_statistics(self, condition, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition(self.statistics()):
            assert time.monotonic() < deadline, self.statistics()
            time.sleep(0.01)

    def names(self, kind):
        return sorted(self.objects[kind])

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.reader.join()


def service(name, address="10.0.0.1"):
    return {"kind": "Service", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"clusterIP": address, "ports": [{"name": "http", "port": 80, "protocol": "TCP",
                                                      "targetPort": "web"}]}}


def slice_of(name, *addresses, version="v1"):
    return {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/" + version, "addressType": "IPv4",
            "metadata": {"name": name, "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
            "ports": [{"name": "http", "protocol": "TCP", "port": 8080}]}


def node(name):
    return {"kind": "Node", "apiVersion": "v1", "metadata": {"name": name}, "spec": {"podCIDRs": ["10.1.0.0/24"]},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}}


def fill(server):
    server.set(service("web"), slice_of("web-1", "10.1.0.1"), node("n1"))


def wait_until_watched(server, count=3):
    server.wait_for(lambda: len(server.watches) == count)
