"""Golden cases of the dialect: reading, translating, dumping, and a matcher for requests."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import re2
import yaml

from penstock.dialects import TranslateOptions, translate
from penstock.model import (
    Finding,
    Forward,
    HostKind,
    Model,
    Origin,
    PathKind,
    PathMatch,
    PrivateBytes,
    RouteRule,
    Setting,
    UrlMap,
)
from penstock.objects.parse import Parsed, parse_text
from penstock.objects.world import World
from penstock.status.dump import shown_fields

CASES = Path(__file__).parent / "cases"
NOW = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def options(**changes: Any) -> TranslateOptions:
    return TranslateOptions(**{"now": NOW, **changes})


def parse(text: str) -> Parsed:
    return parse_text(text, "in.yaml")


def translated(text: str, **changes: Any) -> Model:
    """Translate clean manifests."""
    parsed = parse(text)
    assert [f.message for f in parsed.findings] == []
    return translate(World(parsed.objects), options(**changes))


def codes_of(model: Model) -> list[str]:
    return [finding.code for finding in model.findings]


def found(model: Model, code: str) -> Finding:
    """The one finding of a code."""
    [finding] = [f for f in model.findings if f.code == code]
    return finding


@dataclass(frozen=True)
class Case:
    """One folder of cases/."""

    path: Path

    @property
    def options(self) -> dict[str, Any]:
        """From the optional options.yaml."""
        file = self.path / "options.yaml"
        return yaml.safe_load(file.read_text()) if file.exists() else {}

    @property
    def requests(self) -> list[dict[str, Any]]:
        file = self.path / "requests.yaml"
        return yaml.safe_load(file.read_text()) if file.exists() else []

    def parsed(self) -> Parsed:
        return parse((self.path / "in.yaml").read_text())

    def model(self) -> Model:
        return translate(World(self.parsed().objects), options(**self.options))

    def golden(self) -> dict[str, str]:
        """File name → what it must say."""
        model = self.model()
        findings = [
            {k: v for k, v in f.as_dict().items() if v is not None and k != "file"}
            for f in model.findings
        ]
        return {"model.yaml": dump(show_model(model)), "findings.yaml": dump(findings)}


def all_cases() -> list[Case]:
    return [Case(path) for path in sorted(CASES.iterdir()) if path.is_dir()]


def dump(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, width=100, allow_unicode=True))


def show_model(model: Model) -> dict[str, Any]:
    data = show(model)
    del data["findings"]
    return {key: value for key, value in data.items() if value}


def show(value: Any) -> Any:
    """Plain data; settings say where they come from, keys and chains only that they are there."""
    if isinstance(value, Setting):
        return {"value": show(value.value), "from": value.origin.describe()}
    if isinstance(value, Origin):
        return value.describe()
    if isinstance(value, PrivateBytes):
        return "<private>"
    if isinstance(value, bytes):
        return f"<{value.count(b'BEGIN CERTIFICATE')} certificates>"
    if isinstance(value, msgspec.Struct):
        fields = dict(shown_fields(value))
        tag = value.__struct_config__.tag
        return {**({"action": tag} if tag else {}), **{k: show(v) for k, v in fields.items()}}
    if isinstance(value, dict):
        return {str(key): show(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [show(item) for item in value]
    return value if isinstance(value, (int, float, bool, type(None))) else str(value)


def is_covered(match: PathMatch, path: str) -> bool:
    if match.kind is PathKind.EXACT:
        return path == match.value
    if match.kind is PathKind.PREFIX:
        return match.value == "/" or path == match.value or path.startswith(f"{match.value}/")
    return re2.fullmatch(match.value, path) is not None


def find_route(url_map: UrlMap, host: str, path: str) -> RouteRule | None:
    """The rule that a proxy must choose; None is the default action."""
    parent = host.partition(".")[2]
    for kind, value in (
        (HostKind.EXACT, host),
        (HostKind.ONE_LABEL_WILDCARD, parent),
        (HostKind.ANY, ""),
    ):
        for rule in url_map.host_rules:
            if rule.host.kind is kind and rule.host.value == value:
                return next((r for r in rule.routes if is_covered(r.match.path, path)), None)
    return None


def answer(model: Model, host: str, path: str, lb: str | None = None) -> dict[str, Any]:
    """What a client is to see, with endpoints behind every backend service."""
    url_map = model.url_maps[lb] if lb else next(iter(model.url_maps.values()))
    path = path.partition("?")[0]
    route = find_route(url_map, host.split(":")[0].lower(), path)
    action = route.action if route else url_map.default_action
    if not isinstance(action, Forward):
        return {"status": action.status}
    backend = action.backends[0].backend_service
    service = backend.split("/")[2].split(":")[0]
    if action.rewrite:
        rewrite = action.rewrite.value
        path = re2.sub(rewrite.pattern, rewrite.substitution, path)
    return {"status": 200, "service": service, "path": path}
