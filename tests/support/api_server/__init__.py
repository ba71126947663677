"""A Kubernetes API server that does as a test says. Standard library only.

    server = ApiServer(slices="v1beta1", protobuf=False)     # what an older server can
    server.set({"kind": "Service", "apiVersion": "v1", "metadata": {...}, "spec": {...}})
    server.fail_next("list", "services", 410, "Expired")     # faults
    server.end_watches(abruptly=True)
    server.store.compact()

`server.py` speaks HTTP, `store.py` has the objects and their history, `wire.py` is the protobuf
encoding, written from Kubernetes' own descriptions.
"""
