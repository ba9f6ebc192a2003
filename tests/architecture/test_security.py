"""What docs/security.md promises and only the code as a whole can hold."""

import ast
from pathlib import Path

import pytest

import hinge_imu

PACKAGE = Path(hinge_imu.__file__).parent
DOCS = PACKAGE.parent / "docs"
# The demo's private broker asks the kernel for a free port; the dashboard is the coach's computer, and a server.
BROKER = PACKAGE / "publish" / "broker.py"
STRAP = sorted({*PACKAGE.rglob("*.py")} - {BROKER, *PACKAGE.glob("dashboard/**/*.py")})
LISTENING = {"socketserver", "http.server", "xmlrpc.server", "wsgiref", "multiprocessing.managers", "uvicorn"}
RUNNING = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml"}
UNCHECKED = {"CERT_NONE", "CERT_OPTIONAL", "_create_unverified_context", "tls_insecure_set"}


@pytest.fixture(scope="module")
def code():
    """What each of the strap's files is, as a tree."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in STRAP}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def serves(tree):
    modules = set(imported(tree))
    names = {getattr(node, "attr", getattr(node, "id", None)) for node in ast.walk(tree)}
    knows_sockets = any(module.split(".")[0] in {"socket", "asyncio"} for module in modules)
    makes = {"bind", "listen", "create_server", "start_server", "start_unix_server"}
    return bool(modules & LISTENING) or (knows_sockets and bool(names & makes))


def test_the_strap_s_code_opens_no_port(code):
    assert serves(ast.parse(BROKER.read_text(encoding="utf-8"))), "one would be seen"
    assert [path.name for path, tree in code.items() if serves(tree)] == []


def test_nothing_reads_a_format_that_can_run_code_and_no_shell_sees_what_somebody_has_sent(code):
    for path, tree in code.items():
        assert not {module.split(".")[0] for module in imported(tree)} & RUNNING, path
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not {node.func.id for node in calls if isinstance(node.func, ast.Name)} & {"eval", "exec"}, path
        given = {(keyword.arg, getattr(keyword.value, "value", None)) for node in calls for keyword in node.keywords}
        assert not given & {("allow_pickle", True), ("shell", True)}, path


def test_no_certificate_goes_unchecked(code):
    for path, tree in code.items():
        names = {getattr(node, "attr", getattr(node, "id", None)) for node in ast.walk(tree)}
        assert not names & UNCHECKED, path


def test_every_test_that_the_page_names_is_there():
    page = (DOCS / "security.md").read_text(encoding="utf-8")
    named = {part.split(")")[0] for part in page.split("](../")[1:]}
    assert len(named) > 5
    assert [name for name in sorted(named) if not (PACKAGE.parent / name).exists()] == []
