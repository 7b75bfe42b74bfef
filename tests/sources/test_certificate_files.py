"""Certificate files that PenstockConfigs name: read, kept while broken, watched."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from e2e.certificates import self_signed
from penstock.objects.certificate_files import CertificateFiles
from penstock.sources.files import Batch, FileSource

CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec: {certificates: [{name: web, certificateFile: tls/web.pem, keyFile: tls/web.key}]}
"""


def site(folder: Path, pem: tuple[bytes, bytes] | None) -> Path:
    (folder / "tls").mkdir()
    if pem:
        write(folder / "tls", pem)
    (folder / "config.yaml").write_text(CONFIG)
    return folder / "config.yaml"


def write(folder: Path, pem: tuple[bytes, bytes]) -> None:
    (folder / "web.pem").write_bytes(pem[0])
    (folder / "web.key").write_bytes(pem[1])


def held(batch: Batch) -> tuple[bytes, bytes] | None:
    for obj in batch.objects:
        if isinstance(obj.resource, CertificateFiles):
            return bytes(obj.resource.chain), bytes(obj.resource.key)
    return None


def test_they_are_read_and_shown_nowhere(tmp_path: Path) -> None:
    pem = self_signed("a.example")
    batch = FileSource([str(site(tmp_path, pem))]).load()
    assert held(batch) == pem
    assert not batch.findings
    assert "PRIVATE KEY" not in repr([obj.resource for obj in batch.objects])


@pytest.mark.parametrize("kind", ["missing", "directory", "fifo", "device", "big"])
def test_what_cannot_be_read_is_a_finding_at_its_field(tmp_path: Path, kind: str) -> None:
    path = site(tmp_path, self_signed("a.example"))
    key = tmp_path / "tls" / "web.key"
    key.unlink()
    if kind == "directory":
        key.mkdir()
    elif kind == "fifo":
        os.mkfifo(key)
    elif kind == "device":
        key.symlink_to("/dev/zero")
    elif kind == "big":
        key.write_bytes(b"x" * ((1 << 20) + 1))
    batch = FileSource([str(path)]).load()
    assert held(batch) is None
    assert [(f.code, f.origin.field) for f in batch.findings] == [
        ("file/certificate-unreadable", "spec.certificates[0].keyFile")
    ]


async def test_a_renewal_a_break_and_a_swapped_link(tmp_path: Path) -> None:
    old, new, third = (self_signed(f"{n}.example") for n in "abc")
    path = site(tmp_path, old)
    tls = tmp_path / "tls"
    source = FileSource([str(path)])
    assert held(source.load()) == old
    async with contextlib.aclosing(source.changes()) as changes, asyncio.timeout(20):
        (tls / "web.pem").write_bytes(new[0])
        batch = await anext(changes)
        assert held(batch) == old
        assert [f.code for f in batch.findings] == ["file/kept-last-good"]
        (tls / "web.key").write_bytes(new[1])
        batch = await anext(changes)
        assert (held(batch), batch.findings) == (new, ())
        (tls / "web.key").unlink()
        batch = await anext(changes)
        assert held(batch) == new
        live = tmp_path / "live-3"
        live.mkdir()
        write(live, third)
        for name in ("web.pem", "web.key"):
            (tls / f"{name}.new").symlink_to(live / name)
            (tls / f"{name}.new").rename(tls / name)
        while held(batch) != third:
            batch = await anext(changes)
