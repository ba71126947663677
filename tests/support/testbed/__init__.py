"""The scenario of the demo and of tests/e2e, in network namespaces: see README.md."""
