"""portico-controller's way into a Cluster: by the files of configs/kubernetes, as an operator's."""

import base64
import os

from testbed import isolation, wait
from testbed.cluster import SERVER
from testbed.scenario import REPOSITORY

CONFIGS = REPOSITORY / "configs" / "kubernetes"
FOLDER = isolation.RUN / "access"
PLACEHOLDER = "https://192.0.2.10:6443"


class Access:
    """What docs/kubernetes.md tells to do for a controller outside of the cluster has been done."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.kubeconfig = FOLDER / "kubeconfig"
        FOLDER.mkdir(mode=0o700)
        self.grant()
        self.renew_token()
        text = (CONFIGS / "outside.kubeconfig").read_text()
        assert PLACEHOLDER in text
        self.kubeconfig.write_text(text.replace(PLACEHOLDER, SERVER))

    def grant(self):
        self._cluster.kubectl("apply", "-f", CONFIGS / "access.yaml")

    def revoke(self):
        """Takes the rights away that grant() gives; who asks is known still."""
        self._cluster.kubectl("delete", "clusterrolebinding", "portico-controller")

    def renew_token(self):
        """A token in place of the one before, which ends, as soon as the API server notices."""
        token = CONFIGS / "token.yaml"
        self._cluster.kubectl("delete", "--ignore-not-found", "-f", token)
        self._cluster.kubectl("apply", "-f", token)
        for key in ("ca.crt", "token"):
            self._install(key, wait.until(lambda key=key: self._secret(key), 120,
                                          f"{key} of the controller's token"))

    def _secret(self, key):
        escaped = key.replace(".", r"\.")
        return base64.b64decode(self._cluster.kubectl(
            "--namespace", "portico", "get", "secret", "portico-controller-token",
            "--output", f"jsonpath={{.data.{escaped}}}"))

    @staticmethod
    def _install(name, content):
        """In one step, so that the file is never seen half written."""
        new = FOLDER / f".{name}.new"
        new.write_bytes(content)
        os.replace(new, FOLDER / name)
