"""What must never creep in (registry addresses, unfinished code, keys), and what must agree."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from pathlib import Path

import pytest
from house_markdown import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-sslyze.lock")
PINNED = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>\S+) \\$", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")
UNFINISHED = re.compile(r"\b(NotImplementedError|TODO|FIXME|XXX|HACK)\b")
LONGEST_FUNCTION = 80
REGISTRIES = re.compile(
    r"https?://|--(extra-)?index-url|--find-links|--trusted-host|\bpypi\b", re.I
)


def project() -> dict[str, object]:
    """The `project` table of pyproject.toml."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert isinstance(table, dict)
    return table


def locked(lock: str) -> dict[str, str]:
    """Versions by name."""
    return {m["name"]: m["version"] for m in PINNED.finditer((ROOT / lock).read_text())}


def normalised(requirement: str) -> str:
    """A requirement's name as lock files write it (PEP 503)."""
    match = NAME.match(requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match.group(0)).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_registry(lock: str) -> None:
    assert not REGISTRIES.search((ROOT / lock).read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert text.count("==") == len(locked(lock))
    for match in PINNED.finditer(text):
        assert text[match.end() :].lstrip().startswith("--hash=sha256:"), match["name"]


def test_locks_agree() -> None:
    development = locked("requirements-dev.lock")
    for package, version in locked("requirements.lock").items():
        assert development.get(package) == version


def test_every_dependency_is_locked() -> None:
    table = project()
    optional = table["optional-dependencies"]
    assert isinstance(optional, dict)
    runtime = {normalised(r) for r in table["dependencies"]}  # type: ignore[attr-defined]
    development = {normalised(r) for r in optional["dev"]}
    assert runtime <= locked("requirements.lock").keys(), "run `make lock`"
    assert development <= locked("requirements-dev.lock").keys(), "run `make lock`"


def test_version_is_the_same_everywhere() -> None:
    from penstock import __version__

    assert project()["version"] == __version__


def sources() -> list[Path]:
    """Every file of the package."""
    return sorted((ROOT / "src/penstock").rglob("*.py"))


def test_no_unfinished_code() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if UNFINISHED.search(line)
    ]
    assert not found, "\n".join(found)


def test_every_module_says_why_it_exists() -> None:
    for path in sources():
        assert path.read_text(encoding="utf-8").startswith(('"""', 'r"""')), path


def test_functions_are_short() -> None:
    """None over 80 lines, signature and decorators aside."""
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.body[0].lineno >= LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def test_no_private_key_in_examples() -> None:
    for path in (ROOT / "examples").rglob("*"):
        if path.is_file():
            assert "PRIVATE KEY" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("script", [".ci/run", "scripts/setup.sh", "scripts/lock.sh"])
def test_scripts_stop_at_the_first_error(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
