"""Layers: each folder includes only what the table below says.

usage: layers.py [ROOT]

The longest prefix of a file's path finds its row. A row names whole folders of ours and groups of
libraries; a folder may always include itself. docs/architecture.md says why the layers are as
they are.
"""

import re
import sys

from sources import ROOT, Finding, code_lines, files, includes, read, report

# A group of headers of libraries: a pattern that must match the whole of <...> or "...".
LIBRARIES = {
    "std": r"[a-z_0-9]+",
    "posix": r"(arpa|linux|net|netinet|sys)/.+\.h|(dirent|fcntl|getopt|langinfo|malloc|poll|pthread|pwd|grp|sched|signal|spawn|unistd)\.h",
    "pages": r"sys/mman\.h",
    "intrinsics": r"(arm_neon|emmintrin|immintrin|x86intrin)\.h",
    "abseil": r"absl/.+",
    "string_view": r"absl/strings/string_view\.h",
    "dpdk": r"(bus_.+_driver|cmdline.*|ethdev_.+|rte_.+)\.h",
    # Tables and memory, nothing that knows of devices, queues or packets.
    "dpdk_tables": r"rte_(branch_prediction|common|config|errno|hash|hash_crc|jhash|lpm6?|malloc|memory|prefetch|rcu_qsbr|thash)\.h",
    "dpdk_threads": r"rte_(cycles|eal|launch|lcore|pause|per_lcore|ring|ring_elem|thread)\.h",
    "grpc": r"(grpc|grpcpp)/.+",
    "protobuf": r"google/(api|protobuf|rpc)/.+",
    "yaml": r"yaml-cpp/.+",
    "rapidjson": r"rapidjson/.+",
    "prometheus": r"prometheus/.+",
    "curl": r"curl/.+",
    "openssl": r"openssl/.+",
    "spdlog": r"spdlog/.+",
    "cli11": r"CLI/.+",
    "zlib": r"zlib\.h",
    "microhttpd": r"microhttpd\.h",
    "mnl": r"libmnl/.+",
}

DATAPLANE = "dataplane/packet dataplane/net dataplane/state dataplane/stage dataplane/runtime dataplane/io dataplane/kernel"

# folder or file: (folders of ours, groups of libraries)
LAYERS = {
    "include/portico": ("", "std posix abseil"),
    "dataplane/packet": ("include", "std string_view"),
    "dataplane/net": ("include dataplane/packet", "std string_view"),
    "dataplane/state": ("include dataplane/packet dataplane/net",
                        "std pages intrinsics abseil dpdk_tables"),
    "dataplane/stage": ("include dataplane/packet dataplane/net dataplane/state",
                        "std intrinsics string_view dpdk_tables"),
    "dataplane/runtime": ("include dataplane/packet dataplane/net dataplane/state dataplane/stage",
                          "std posix abseil spdlog dpdk_tables dpdk_threads"),
    "dataplane/io": ("include dataplane/packet dataplane/net", "std posix abseil spdlog dpdk"),
    "dataplane/kernel": ("include dataplane/packet", "std posix abseil spdlog mnl"),
    "dataplane/main.cc": (f"include proto/portico {DATAPLANE} controlplane/store controlplane/api "
                          "controlplane/metrics controlplane/config",
                          "std posix abseil spdlog dpdk grpc protobuf cli11"),
    "controlplane/store": ("include", "std abseil"),
    "controlplane/yaml": ("include", "std posix abseil yaml protobuf"),
    "controlplane/health_check": ("include", "std posix abseil spdlog microhttpd"),
    "controlplane/api": ("include proto/portico controlplane/store controlplane/health_check",
                         "std posix abseil spdlog grpc protobuf zlib"),
    "controlplane/metrics": ("include proto/portico controlplane/store",
                             "std abseil spdlog grpc protobuf prometheus"),
    "controlplane/config": ("include proto/portico controlplane/store controlplane/yaml",
                            "std posix abseil spdlog protobuf yaml"),
    # Knows nothing of Kubernetes.
    "controlplane/http": ("include", "std posix abseil curl openssl"),
    "controlplane/kubeconfig": ("include proto/kubernetes controlplane/yaml controlplane/http",
                                "std posix abseil spdlog protobuf"),
    "controlplane/kubernetes": ("include proto controlplane/yaml",
                                "std posix abseil spdlog protobuf yaml curl"),
    "controlplane/watch": ("include proto/kubernetes controlplane/http controlplane/kubeconfig "
                           "controlplane/kubernetes controlplane/yaml/printable.h",
                           "std abseil spdlog protobuf rapidjson"),
    # Pure: of its neighbours it sees what it is given and what it gives, and nothing that runs.
    "controlplane/translate": ("include proto controlplane/kubernetes/object_set.h "
                               "controlplane/push/desired_state.h", "std abseil protobuf"),
    # Of the gateway's clients.
    "controlplane/tls": ("include", "std abseil grpc"),
    "controlplane/push": ("include proto/portico controlplane/tls", "std posix abseil spdlog grpc protobuf"),
    "controlplane/cli": ("include proto/portico controlplane/tls", "std posix abseil grpc protobuf cli11"),
    "controlplane/controller": ("include proto controlplane/yaml controlplane/kubernetes "
                                "controlplane/translate controlplane/push controlplane/tls",
                                "std posix abseil spdlog cli11 protobuf"),
    "controlplane/status": ("include proto controlplane/yaml controlplane/kubernetes "
                            "controlplane/translate controlplane/push controlplane/controller "
                            "controlplane/http controlplane/kubeconfig controlplane/watch",
                            "std posix abseil spdlog protobuf prometheus microhttpd"),
    # The composition root of portico-controller, which meets the gateway only through proto/.
    "controlplane/main.cc": ("include proto controlplane/yaml controlplane/kubernetes "
                             "controlplane/translate controlplane/push controlplane/controller "
                             "controlplane/status controlplane/kubeconfig controlplane/watch",
                             "std posix abseil spdlog grpc protobuf cli11"),
}

# What a stage must not do: it gets memory and gives verdicts.
STAGE = "dataplane/stage"
STAGE_BANS = [
    (r"\bnow\s*\(", "reads a clock: the time is read once a burst and handed down"),
    (r"\brte_(rdtsc|get_\w*cycles|get_timer)\w*|\b__rdtsc\b|\bclock_gettime\b", "reads a clock"),
    (r"\bspdlog\b|\bprintf\s*\(|\bstd::c(out|err)\b", "logs"),
    (r"\bnew\b|\bdelete\b(?!\s*;)|\b(m|c|re)alloc\s*\(|\bfree\s*\(|\brte_\w*alloc\w*|\bmake_(unique|shared)\b",
     "allocates or frees"),
    (r"\bvirtual\b|\boverride\b|\bstd::function\b", "calls what the compiler can't see"),
    (r"\bstd::(atomic|mutex|lock_guard|unique_lock)\b", "synchronises with other workers"),
    (r"\bthrow\b|\btry\b", "throws"),
    (r"\brte_(eth|mbuf|pktmbuf|ring)_\w+", "sends, receives or frees"),
]


def is_under(path, folder):
    return path == folder or path.startswith(folder + "/")


def row_of(path):
    """The table's key for a file, or None."""
    return max((key for key in LAYERS if is_under(path, key)), key=len, default=None)


def check_includes(path, text):
    row = row_of(path)
    if row is None:
        return [Finding(path, 0, "lies in a folder that the table in tests/lint/layers.py does not know")]
    folders, groups = (words.split() for words in LAYERS[row])
    found = []
    for number, quote, name in includes(text):
        ours = quote == '"' and re.match(r"(include|proto|dataplane|controlplane|tests)/", name)
        if ours and not any(is_under(name, folder) for folder in [row, *folders]):
            allowed = ", ".join(folders) or "nothing of ours"
            found.append(Finding(path, number, f'{row} must not include "{name}" (may: {allowed})'))
        if not ours and not any(re.fullmatch(LIBRARIES[group], name) for group in groups):
            allowed = ", ".join(groups)
            found.append(Finding(path, number, f"{row} must not include <{name}> (may: {allowed})"))
    return found


def check_stage(path, text):
    if not is_under(path, STAGE):
        return []
    return [Finding(path, number, f"a stage {why}: {line.strip()}")
            for number, line in code_lines(text)
            for pattern, why in STAGE_BANS
            if not line.lstrip().startswith("#") and re.search(pattern, line)]


def check(root):
    found = []
    for path in files(root, "*.h", "*.cc", "*.def"):
        if re.match(r"(include|dataplane|controlplane)/", path):
            text = read(root, path)
            found += check_includes(path, text) + check_stage(path, text)
    return found


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else ROOT)))
