"""The statistics of several proxies as one Prometheus exposition.

A family's samples have to stand together, and samples of different proxies need to be
told apart: those of every proxy but the first of the home fleet get a label ``proxy``,
so that the first one's series stay what they are when others come and go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from penstock.runtime.nodes import HOME_NODE

_SAMPLE: Final = re.compile(rb"^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})?( .*)$")
_TYPE: Final = b"# TYPE "


def joined(texts: Mapping[str, bytes]) -> bytes:
    """One exposition from those of the proxies, by node."""
    if texts.keys() <= {HOME_NODE}:
        return b"".join(texts.values())
    families: dict[bytes, list[bytes]] = {}
    for node, text in texts.items():
        label = None if node == HOME_NODE else b'proxy="' + _escaped(node) + b'"'
        _collect(families, text, label)
    return b"".join(head + b"\n" + b"".join(lines) for head, lines in families.items())


def _collect(families: dict[bytes, list[bytes]], text: bytes, label: bytes | None) -> None:
    samples: list[bytes] = []
    for line in text.splitlines():
        if line.startswith(_TYPE):
            samples = families.setdefault(line, [])
        elif line and not line.startswith(b"#"):
            samples.append(_labelled(line, label) + b"\n")


def _labelled(line: bytes, label: bytes | None) -> bytes:
    found = _SAMPLE.match(line) if label is not None else None
    if found is None or label is None:
        return line
    name, labels, value = found.groups()
    return name + b"{" + (labels + b"," if labels else b"") + label + b"}" + value


def _escaped(value: str) -> bytes:
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return text.encode()
