"""portico-controller as a process in the namespace `gateway`, and what it tells of itself."""

import re

from testbed import isolation
from testbed.api_client import ApiClient
from testbed.process import Process


class Controller(Process):
    """One for the gateways at `targets`; `source` are the options that say where its objects are from.

    Several side by side need a name and a port each. The log goes on where one of the same name
    has ended.
    """

    def __init__(self, program, source, targets, name="controller", status_port=9127):
        gateways = [argument for target in targets for argument in ("--gateway", target)]
        super().__init__(
            f"portico-{name}",
            [program, *source, *gateways, "--status-address", f"127.0.0.1:{status_port}"],
            "gateway", isolation.RUN / f"{name}.log")
        self._status = ApiClient("gateway", "127.0.0.1", status_port)

    def metric(self, name, **labels):
        """The sum of portico_controller_NAME over all series that have these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        found = [float(value) for series, value in
                 re.findall(rf"(?m)^portico_controller_{name}(\{{.*\}})? (\S+)$",
                            self._status.text("/metrics"))
                 if all(label in series for label in wanted)]
        if not found:
            raise LookupError(f"no metric {name} {labels}")
        return sum(found)
