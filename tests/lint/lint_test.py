"""The lints find what they are there for: each gets a small tree with a violation in it."""

import json
import subprocess
import textwrap

import drop_reasons
import headers
import hot_path
import layers
import pytest
import semantics
import sources
import style


def tree(tmp_path, **contents):
    """Writes files; `a__b_h` is the path a/b.h."""
    for name, text in contents.items():
        path = tmp_path / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return tmp_path


def messages(findings):
    return "\n".join(str(finding) for finding in findings)


# --- sources


def test_words_in_comments_and_literals_are_no_code():
    text = 'int a; // new\n/* new\nnew */ int b;\nauto s = "new"; char c = \'n\'; auto r = R"(new)";\n'
    assert "new" not in "".join(line for _, line in sources.code_lines(text))
    assert [line for line in sources.code_lines(text)][2][1].strip() == "int b;"


def test_files_of_a_git_tree_are_those_not_ignored(tmp_path):
    tree(tmp_path, a_h="", b_h="", c__d_h="")
    (tmp_path / ".gitignore").write_text("b.h\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert sources.files(tmp_path, "*.h") == ["a.h", "c/d.h"]


# --- layers


@pytest.mark.parametrize("path, include, allowed", [
    ("dataplane__net__parse_h", '"include/portico/time.h"', True),
    ("dataplane__net__parse_h", '"dataplane/packet/packet.h"', True),
    ("dataplane__net__parse_h", '"dataplane/net/wire.h"', True),
    ("dataplane__net__parse_h", "<cstdint>", True),
    ("dataplane__net__parse_h", '"dataplane/state/table.h"', False),
    ("dataplane__net__parse_h", '"controlplane/store/store.h"', False),
    ("dataplane__packet__packet_h", '"dataplane/net/wire.h"', False),
    ("dataplane__state__table_h", "<rte_hash.h>", True),
    ("dataplane__state__table_h", "<rte_ring.h>", False),
    ("dataplane__stage__a_h", "<rte_mbuf.h>", False),
    ("dataplane__stage__a_h", '"absl/status/status.h"', False),
    ("dataplane__stage__a_h", '"dataplane/runtime/worker.h"', False),
    ("dataplane__runtime__a_h", "<rte_ethdev.h>", False),
    ("dataplane__io__a_h", '"dataplane/runtime/worker.h"', False),
    ("dataplane__io__a_h", "<rte_ethdev.h>", True),
    ("include__portico__a_h", "<rte_ethdev.h>", False),
    ("include__portico__a_h", '"proto/portico/v1/gateway.pb.h"', False),
    ("controlplane__store__a_h", '"dataplane/state/table.h"', False),
    ("controlplane__config__a_h", '"controlplane/yaml/reader.h"', True),
    ("controlplane__kubernetes__a_h", '"controlplane/yaml/reader.h"', True),
    ("controlplane__kubernetes__a_h", '"controlplane/config/config.h"', False),
    ("controlplane__yaml__a_h", '"controlplane/config/config.h"', False),
    ("controlplane__push__a_h", '"controlplane/api/service.h"', False),
    ("controlplane__cli__a_h", '"dataplane/io/ports.h"', False),
    ("controlplane__translate__a_h", '"controlplane/store/store.h"', False),
    ("dataplane__main_cc", '"controlplane/api/server.h"', True),
    ("dataplane__main_cc", '"controlplane/push/client.h"', False),
    ("controlplane__main_cc", '"controlplane/push/client.h"', True),
    ("controlplane__main_cc", '"dataplane/io/ports.h"', False),
    ("dataplane__elsewhere__a_h", "<cstdint>", False),
])
def test_layers(tmp_path, path, include, allowed):
    found = layers.check(tree(tmp_path, **{path: f"#pragma once\n#include {include}\n"}))
    assert (found == []) == allowed, messages(found)


@pytest.mark.parametrize("line", [
    "auto t = std::chrono::steady_clock::now();",
    "auto t = rte_rdtsc();",
    'spdlog::info("x");',
    "auto* p = new int;",
    "void* p = malloc(1);",
    "virtual void f();",
    "rte_pktmbuf_free(m);",
    "rte_eth_tx_burst(0, 0, m, 1);",
])
def test_stage_bans(tmp_path, line):
    found = layers.check(tree(tmp_path, dataplane__stage__a_h=f"\n{line}\n", dataplane__runtime__a_h=line))
    assert [(finding.path, finding.line) for finding in found] == [("dataplane/stage/a.h", 2)]


def test_stage_may_say_what_it_is_not(tmp_path):
    code = "// no new, no virtual call\nA(const A&) = delete;\n#include <new>\nint renew = 0;\n"
    assert layers.check(tree(tmp_path, dataplane__stage__a_h=code)) == []


# --- headers


def compile_commands(build):
    build.mkdir(exist_ok=True)
    command = "ccache c++ -Ix -I. -I.. -std=c++20 -Wall -Werror -DA=1 -MD -MF x.d -o x.o -c ../x.cc"
    (build / "compile_commands.json").write_text(
        json.dumps([{"directory": str(build), "command": command, "file": "../x.cc"}]))
    return build


def test_headers(tmp_path):
    tree(tmp_path, include__good_h="#include <string>\ninline std::string s() { return {}; }\n",
         include__bad_h="inline std::string s() { return {}; }\n")
    found = headers.check(compile_commands(tmp_path / "build"), tmp_path)
    assert [finding.path for finding in found] == ["include/bad.h"]


def test_a_header_is_compiled_again_when_one_that_it_includes_changes(tmp_path):
    tree(tmp_path, include__a_h='#include "include/b.h"\ninline B b() { return {}; }\n',
         include__b_h="struct B {};\n")
    build = compile_commands(tmp_path / "build")
    assert headers.check(build, tmp_path) == []
    tree(tmp_path, include__b_h="struct C {};\n")
    assert [finding.path for finding in headers.check(build, tmp_path)] == ["include/a.h"]


def test_compiler_and_flags(tmp_path):
    compiler, flags = headers.compiler_and_flags(compile_commands(tmp_path / "build"))
    assert compiler == ["c++"]
    assert flags == ["-Ix", "-I.", "-I..", "-std=c++20", "-Wall", "-Werror", "-DA=1"]


# --- hot path


def build_objects(tmp_path, **codes):
    for name, code in codes.items():
        folder = tmp_path / "dataplane" / name
        folder.mkdir(parents=True)
        subprocess.run(["c++", "-std=c++20", "-O2", "-c", "-x", "c++", "-", "-o", folder / "a.o"],
                       input=code, text=True, check=True)
    return hot_path.check(tmp_path)


def test_hot_path_may_copy_memory_and_call_itself(tmp_path):
    assert build_objects(
        tmp_path,
        state="int find(int key) { return key + 1; } void* grow() { return new int; }",
        stage="""#include <cstring>
                 int find(int);
                 void run(char* to, const char* from, unsigned n) noexcept {
                   std::memcpy(to, from, n + static_cast<unsigned>(find(1)));
                 }""") == []


@pytest.mark.parametrize("qualifier, findings", [("const", 0), ("", 1)])
def test_hot_path_may_read_constants_alone(tmp_path, qualifier, findings):
    found = build_objects(
        tmp_path,
        net=f"""template <typename T> struct Table {{ static {qualifier} int numbers[2]; }};
                template <typename T> {qualifier} int Table<T>::numbers[2] = {{1, 2}};
                int at(int i) {{ return Table<char>::numbers[i]; }}""")
    assert len(found) == findings, messages(found)


@pytest.mark.parametrize("body", ["delete p;", "__builtin_printf(\"%d\", *p);", "if (p == nullptr) throw 1;"])
def test_hot_path_finds_foreign_symbols(tmp_path, body):
    assert build_objects(tmp_path, net=f"void f(int* p) {{ {body} }}") != []


def test_hot_path_follows_calls_and_tells_the_way(tmp_path):
    found = build_objects(
        tmp_path,
        # `local` has no name outside its file, and is called from another section.
        state="""namespace { [[gnu::noinline]] int* local() { return new int; } }
                 template <typename T> [[gnu::noinline]] T* middle() { return local(); }
                 int* insert() { return middle<int>() + 1; }""",
        stage="int* insert(); int* create_connection() noexcept { return insert(); }")
    assert len(found) == 1, messages(found)
    for step in ("create_connection", "insert", "middle<int>", "local", "operator new"):
        assert step in found[0].message


def test_hot_path_begins_after_loading(tmp_path):
    assert build_objects(tmp_path, net="#include <iostream>\nint f() { return 1; }") == []


def test_hot_path_wants_something_to_look_at(tmp_path):
    assert hot_path.check(tmp_path) != []


# --- drop reasons


def check_drops(root):
    return drop_reasons.check(root, {"transmit_full": "a reason of the test's"})


def drop_tree(tmp_path, conversation="", unit=""):
    return tree(
        tmp_path,
        include__portico__drop_reasons_def="""
            // The list.
            PORTICO_DROP_REASON(no_route, "a")
            PORTICO_DROP_REASON(transmit_full, "b")
        """.replace("            ", ""),
        tests__packet__a_conv=conversation, tests__unit__a_test_cc=unit)


GOOD_CONVERSATION = "client > tcp\ndrop no_route\n"
GOOD_UNIT = "EXPECT_EQ(r, DropReason::transmit_full);"


def test_drop_reasons_provoked(tmp_path):
    assert check_drops(drop_tree(tmp_path, GOOD_CONVERSATION, GOOD_UNIT)) == []


@pytest.mark.parametrize("conversation, unit, missing", [
    ("", GOOD_UNIT, "no_route"),
    ("# drop no_route\n> drop no_route\n", GOOD_UNIT, "no_route"),
    (GOOD_CONVERSATION, "", "transmit_full"),
    (GOOD_CONVERSATION, "// DropReason::transmit_full", "transmit_full"),
    (GOOD_CONVERSATION + "drop transmit_full\n", GOOD_UNIT, "transmit_full"),
])
def test_drop_reasons_not_provoked(tmp_path, conversation, unit, missing):
    found = check_drops(drop_tree(tmp_path, conversation, unit))
    assert len(found) == 1 and missing in found[0].message


# --- semantics


def semantics_of(tmp_path, row):
    tree(tmp_path, tests__a_conv="", tests__b_cc="TEST_F(Suite,\n       Case) {", tests__c_py="def test_c():")
    table = f"| rule | source | proved by |\n|---|---|---|\n{row}\n\n| what | why |\n|---|---|\n| a | b |\n"
    return messages(semantics.check(tree(tmp_path, **{"docs__service-semantics_md": table})))


@pytest.mark.parametrize("row", [
    "| x | RFC 1 | [a](../tests/a.conv) |",
    "| x \\| y | RFC 1 | [b](../tests/b.cc#Suite.Case), [c](../tests/c.py#test_c) |",
])
def test_semantics_proved(tmp_path, row):
    assert semantics_of(tmp_path, row) == ""


@pytest.mark.parametrize("row, expected", [
    ("| x | RFC 1 | |", ":3: has no proved by"),
    ("| x | | [a](../tests/a.conv) |", ":3: has no source"),
    ("| x | [a](../tests/a.conv) |", ":3: has 2 columns"),
    ("| x | RFC 1 | a.conv |", ":3: links to no test"),
    ("| x | RFC 1 | [a](architecture.md) |", ":3: architecture.md is no test"),
    ("| x | RFC 1 | [d](../tests/d.conv) |", ":3: tests/d.conv is not there"),
    ("| x | RFC 1 | [b](../tests/b.cc#Suite.Cas) |", ":3: tests/b.cc has no Suite.Cas"),
    ("| x | RFC 1 | [c](../tests/c.py#test) |", ":3: tests/c.py has no test"),
])
def test_semantics_not_proved(tmp_path, row, expected):
    assert expected in semantics_of(tmp_path, row)


# --- style


def styled(tmp_path, **contents):
    (tmp_path / ".clang-format").write_text("BasedOnStyle: Google\n")
    return messages(style.check(tree(tmp_path, **contents)))


def test_style_accepts_what_is_tidy(tmp_path):
    assert styled(tmp_path, a_h="int a;\n", b_py="a = 1\n", c_sh="#!/usr/bin/env bash\necho hi\n") == ""


@pytest.mark.parametrize("name, text, expected", [
    ("a_h", "int  a ;\n", "a.h:1: run clang-format"),
    ("a_h", "int a;\n" * 401, "a.h:401: has 401 lines"),
    ("a_py", "a = 1 \n", "a.py:1: white space"),
    ("a_md", "a", "a.md:1: no newline"),
    ("a_cc", "// TO" "DO: later\n", "a.cc:1: a leftover"),
    ("a_sh", "#!/usr/bin/env bash\nif true\n", "a.sh: "),
    ("a_py", "def f(:\n", "a.py:1: "),
    ("scripts__packages_txt", "b\na\n", "packages.txt:1: 'b' is out of order"),
])
def test_style_finds(tmp_path, name, text, expected):
    assert expected in styled(tmp_path, **{name: text})
