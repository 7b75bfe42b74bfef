"""Golden cases of every dialect: reading, translating, dumping."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from penstock.dialects import TranslateOptions, translate
from penstock.model import Finding, Model, Origin, PrivateBytes, Setting
from penstock.objects.parse import Parsed, parse_text
from penstock.objects.world import World
from penstock.status.dump import shown_fields

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


def all_cases(folder: Path) -> list[Case]:
    return [Case(path) for path in sorted(folder.iterdir()) if path.is_dir()]


def check_golden(case: Case, *, update: bool) -> None:
    """The case's model and findings are those of its files, or become them."""
    for name, text in case.golden().items():
        file = case.path / name
        if update:
            file.write_text(text)
        assert file.read_text() == text, f"{file} differs; --update-golden writes it anew"


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
        count = value.count(b"BEGIN CERTIFICATE")
        return f"<{count} certificates>" if count or not value else value.decode("ascii")
    if isinstance(value, msgspec.Struct):
        fields = dict(shown_fields(value))
        tag = value.__struct_config__.tag
        return {**({"action": tag} if tag else {}), **{k: show(v) for k, v in fields.items()}}
    if isinstance(value, dict):
        return {str(key): show(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [show(item) for item in value]
    return value if isinstance(value, (int, float, bool, type(None))) else str(value)
