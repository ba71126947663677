"""What the tests of ClusterSource share."""

import pathlib
import sys

import pytest

from cluster_printer import Printer

sys.path.insert(0, str(pathlib.Path(__file__).parents[4]))
from tests.support.api_server.server import ApiServer  # noqa: E402


@pytest.fixture
def run():
    """run(server options...) -> (server, printer)."""
    ends = []

    def start(printer=True, token_file=None, **options):
        server = ApiServer(**options)
        ends.append(server.stop)
        if not printer:
            return server
        printer = Printer(server.url, token_file)
        ends.append(printer.end)
        return server, printer

    yield start
    for end in reversed(ends):
        end()
