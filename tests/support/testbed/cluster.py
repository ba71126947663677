"""A Kubernetes cluster without kubelets: etcd, kube-apiserver and kube-controller-manager.

Nodes and Pods are objects that nobody runs: tests say which Pods there are and whether they are ready,
as a scheduler and kubelets would, and the real controllers make EndpointSlices of that.
"""

import json
import pathlib
import signal
import subprocess

from testbed import credentials, isolation, netns, objects, wait
from testbed.api_client import ApiClient
from testbed.process import Process
from testbed.scenario import HELLO, NODES, PODS, REPOSITORY

FOLDER = isolation.RUN / "kubernetes"
HOST, PORT, ETCD_PORT, ETCD_PEER_PORT = "127.0.0.1", 6443, 2379, 2380
SERVER = f"https://{HOST}:{PORT}"
SERVICE_RANGES = "10.96.0.0/12,2001:db8:100::/108"  # the scenario's Services are in there
FEATURES = "IPv6DualStack=true,EndpointSliceTerminatingCondition=true"  # not on by themselves in 1.20
SLICES = "/apis/discovery.k8s.io/v1beta1"
PODS_PATH = "/api/v1/namespaces/default/pods"


def programs():
    """The folder with etcd, kube-apiserver, kube-controller-manager and kubectl.

    FileNotFoundError when they have not been made.
    """
    script = REPOSITORY / "scripts" / "build-kubernetes"
    where = subprocess.run([script, "--where"], capture_output=True, text=True, check=True)
    folder = pathlib.Path(where.stdout.strip())
    if not folder.is_dir():
        raise FileNotFoundError(f"no {folder}: run {script}")
    return folder


class Cluster:
    """Everything in `namespace`, on its loopback. As a context manager it is up within the block."""

    def __init__(self, namespace="gateway"):
        self._programs = programs()
        self._namespace = namespace
        self.etcd = self.api_server = self.controller_manager = None
        FOLDER.mkdir()
        self._authority = credentials.Authority(FOLDER)
        self._serving = self._authority.issue(
            "serving", "/CN=kube-apiserver", f"IP:{HOST},DNS:localhost,DNS:kubernetes.default.svc")
        self._admin = self._authority.issue("admin", "/O=system:masters/CN=admin")
        self._account_key = credentials.make_key(FOLDER / "service-accounts.key")
        self.kubeconfig = self.write_kubeconfig("admin", {
            "client-certificate": str(self._admin.certificate),
            "client-key": str(self._admin.key)})
        self.api = self.client()

    def __enter__(self):
        try:
            self._start_etcd()
            self._start_api_server()
            self._start_controller_manager()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends all, the newest first; nothing that it kept matters any more."""
        for name in ("controller_manager", "api_server", "etcd"):
            if process := getattr(self, name):
                process.stop(signal.SIGKILL)
                setattr(self, name, None)

    def _start_api_server(self):
        """Returns when it says that it is ready."""
        self.api_server = self._start(
            "kube-apiserver", f"--etcd-servers=http://{HOST}:{ETCD_PORT}", f"--bind-address={HOST}",
            f"--secure-port={PORT}", f"--advertise-address={HOST}", "--endpoint-reconciler-type=none",
            f"--service-cluster-ip-range={SERVICE_RANGES}", f"--feature-gates={FEATURES}",
            f"--tls-cert-file={self._serving.certificate}",
            f"--tls-private-key-file={self._serving.key}",
            f"--client-ca-file={self._authority.certificate}", "--authorization-mode=RBAC",
            f"--service-account-key-file={self._account_key}",
            f"--service-account-signing-key-file={self._account_key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--disable-admission-plugins=ServiceAccount")  # Pods need none: nobody runs them
        self.api_server.wait_until(lambda: self.api.text("/readyz") == "ok", 240, "the API server")

    def stop_api_server(self, how=signal.SIGKILL):
        api_server, self.api_server = self.api_server, None
        api_server.stop(how)

    def restart_api_server(self):
        """After stop_api_server() too. What is as it was, but for the server's own memory."""
        if self.api_server:
            self.stop_api_server()
        # Its clients wait longer each time that they find nobody, up to a minute; a new one does not.
        self.controller_manager.stop(signal.SIGKILL)
        self._start_api_server()
        self._start_controller_manager()

    def _start_etcd(self):
        urls = [f"http://{HOST}:{port}" for port in (ETCD_PORT, ETCD_PEER_PORT)]
        self.etcd = self._start(
            "etcd", f"--data-dir={FOLDER / 'etcd'}", "--name=etcd",
            f"--listen-client-urls={urls[0]}", f"--advertise-client-urls={urls[0]}",
            f"--listen-peer-urls={urls[1]}", f"--initial-advertise-peer-urls={urls[1]}",
            f"--initial-cluster=etcd={urls[1]}")
        self._etcd = ApiClient(self._namespace, HOST, ETCD_PORT)
        self.etcd.wait_until(lambda: self._etcd.get("/health")["health"] == "true", 120, "etcd")

    def _start_controller_manager(self):
        # Only those: others would evict Pods from Nodes that do not report.
        self.controller_manager = self._start(
            "kube-controller-manager", f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
            "--controllers=endpoint,endpointslice,garbagecollector,serviceaccount-token",
            f"--service-account-private-key-file={self._account_key}",
            f"--root-ca-file={self._authority.certificate}", f"--feature-gates={FEATURES}",
            "--port=0", "--secure-port=0")

    def _start(self, name, *arguments):
        return Process(name, [self._programs / name, *arguments], self._namespace,
                       FOLDER / f"{name}.log")

    def logs(self):
        """The ends of the servers' logs, for a failure's report."""
        processes = filter(None, (self.etcd, self.api_server, self.controller_manager))
        return "\n".join(f"--- {one.name}\n{one.last_lines()}" for one in processes)

    # Who may do what.

    def client(self, token=None):
        """Somebody with this token; without one, the administrator."""
        context = self._authority.client_context(None if token else self._admin)
        return ApiClient(self._namespace, HOST, PORT, context, token)

    def write_kubeconfig(self, name, user):
        """A kubeconfig file whose user has these fields; returns its path."""
        path = FOLDER / f"{name}.kubeconfig"
        path.write_text(json.dumps({  # which is YAML too
            "apiVersion": "v1", "kind": "Config", "current-context": name,
            "clusters": [{"name": "cluster", "cluster": {
                "server": SERVER, "certificate-authority": str(self._authority.certificate)}}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": "cluster", "user": name}}]}))
        path.chmod(0o600)
        return path

    def make_token(self, namespace, account, seconds=3600, secret=None):
        """A token of a ServiceAccount; with `secret` it ends when that Secret is deleted."""
        spec = {"expirationSeconds": seconds}
        if secret:
            spec["boundObjectRef"] = {"apiVersion": "v1", "kind": "Secret", "name": secret}
        made = self.api.post(f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
                             {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                              "spec": spec})
        return made["status"]["token"]

    # What there is.

    def kubectl_command(self):
        """The words before kubectl's arguments, for the administrator."""
        return [self._programs / "kubectl", "--kubeconfig", self.kubeconfig,
                "--cache-dir", FOLDER / "cache"]

    def kubectl(self, *arguments, objects=()):
        """kubectl's output; `objects` go to its standard input. RuntimeError with its complaint."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        command = list(map(str, [*self.kubectl_command(), *arguments]))
        with netns.inside(self._namespace):
            done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *objects):
        return self.kubectl("apply", "-f", "-", objects=objects)

    def run_scenario(self, service):
        """The scenario's Nodes and Pods, and a Service before them; returns when all are ready."""
        self.apply(*map(objects.node, NODES), objects.service(service, HELLO))
        for one in PODS:
            self.run_pod(one)
        self.wait_for_ready(service, *PODS)

    def run_pod(self, one, ready=True):
        """As a scheduler and a kubelet do: the Pod is bound to its node, and runs there."""
        self.apply(objects.pod(one))
        self.set_ready(one, ready)

    def set_ready(self, one, ready):
        """As the kubelet does after a probe; again, while a server that has just begun is not quick."""
        status = {"status": objects.pod_status(one, ready)}
        wait.until(lambda: self.api.patch(f"{PODS_PATH}/{one.name}/status", status), 120,
                   f"{one.name}'s new status", step=0.2)

    def delete_pod(self, one, grace_seconds=0):
        """With a grace period it terminates, until it is deleted without."""
        self.api.delete(f"{PODS_PATH}/{one.name}", gracePeriodSeconds=grace_seconds)

    def endpoints(self, service, namespace="default"):
        """{address: its conditions} over the Service's slices."""
        slices = self.api.get(f"{SLICES}/namespaces/{namespace}/endpointslices",
                              labelSelector=f"kubernetes.io/service-name={service}")["items"]
        return {address: endpoint["conditions"] for one in slices
                for endpoint in one["endpoints"] or () for address in endpoint["addresses"]}

    def ready_endpoints(self, service):
        return {address for address, conditions in self.endpoints(service).items()
                if conditions["ready"]}

    def wait_for_ready(self, service, *pods):
        """Returns when the Service's ready endpoints are those, in both families."""
        wait.until(lambda: self.ready_endpoints(service) == objects.addresses(*pods), 120,
                   f"the ready endpoints to be {[one.name for one in pods]}")

    def compact(self):
        """Makes etcd forget what was before now; returns the resource version of now."""
        with self._etcd.open("POST", "/v3/kv/range", {"key": "MA=="}) as response:
            revision = int(json.load(response)["header"]["revision"])
        with self._etcd.open("POST", "/v3/kv/compaction",
                             {"revision": revision, "physical": True}) as response:
            response.read()
        return revision
