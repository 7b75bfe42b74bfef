"""A start with broken input, damaged state or a full disk serves what was served."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from load import load
from stage import HOST, Stage

from e2e.harness import Json, Up, request, until
from e2e.manifests import ingress


def findings(up: Up) -> list[Json]:
    ready = next(event for event in up.events if event["event"] == "ready")
    found: list[Json] = ready["findings"]
    return found


def codes(up: Up) -> set[str]:
    return {str(finding["code"]) for finding in findings(up)}


def kept(stage: Stage, *names: str) -> None:
    """Wait until the files' last good versions are on disk."""
    until(lambda: len(list((stage.state / "last-good").glob("*.record"))) >= len(names))


def truncate(file: Path) -> None:
    file.write_text("")


def tear(file: Path) -> None:
    text = file.read_text()
    file.write_text(text[: len(text) // 2] + "\n\t: '")


def remove(file: Path) -> None:
    file.unlink()


def make_binary(file: Path) -> None:
    file.write_bytes(bytes(range(256)))


@pytest.mark.parametrize("harm", [truncate, tear, make_binary])
@pytest.mark.parametrize("proxy_too", [False, True])
def test_a_broken_file_at_start(
    stage: Stage, harm: Callable[[Path], None], proxy_too: bool
) -> None:
    stage.start()
    address = stage.address
    kept(stage, "ingress", "secret", "services")
    stage.kill()
    if proxy_too:
        stage.kill_envoy()
    harm(stage.folder / "ingress.yaml")
    stage.start()
    assert stage.address == address
    assert request(address, host=HOST).echo["service"] == "one"
    assert "file/kept-last-good" in codes(stage.up)
    stage.write("ingress.yaml", ingress("web", ("/", "two"), tls="tls"))
    until(lambda: request(address, host=HOST).echo["service"] == "two")


@pytest.mark.parametrize("how", ["missing", "empty", "file"])
def test_nothing_at_the_path_at_start(stage: Stage, how: str) -> None:
    stage.start()
    address = stage.address
    kept(stage, "ingress", "secret", "services")
    with load(address, HOST):
        stage.kill()
        away = stage.folder.with_name("away")
        stage.folder.rename(away)
        if how == "empty":
            stage.folder.mkdir()
        elif how == "file":
            stage.folder.symlink_to(away / "nowhere")
        stage.start()
        assert stage.address == address
    hints = [f["hint"] for f in findings(stage.up) if f["code"] == "file/kept-last-good"]
    assert hints
    assert all("--forget" in hint for hint in hints)
    if how == "file":
        stage.folder.unlink()
    if how == "empty":
        stage.folder.rmdir()
    away.rename(stage.folder)
    stage.write("ingress.yaml", ingress("web", ("/", "two"), tls="tls"))
    until(lambda: request(address, host=HOST).echo["service"] == "two")


def test_forgetting(stage: Stage) -> None:
    stage.start()
    kept(stage, "ingress", "secret", "services")
    stage.up.stop()
    for file in stage.folder.iterdir():
        file.unlink()
    stage.start("--forget")
    assert "file/kept-last-good" not in codes(stage.up)
    assert not list((stage.state / "last-good").iterdir())


def test_a_file_removed_beside_others_is_gone(stage: Stage) -> None:
    stage.write("more.yaml", ingress("more", ("/", "two"), host="more.example"))
    stage.start()
    address = stage.address
    kept(stage, "ingress", "more", "secret", "services")
    stage.kill()
    remove(stage.folder / "more.yaml")
    stage.start()
    assert request(address, host=HOST).status == 200
    assert request(address, host="more.example").status == 404
    until(lambda: len(list((stage.state / "last-good").glob("*.record"))) == 3)


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\x00garbage", b'{"LB": "not an address"}'])
def test_damaged_state(stage: Stage, damage: bytes) -> None:
    stage.start()
    kept(stage, "ingress", "secret", "services")
    until(lambda: (stage.state / "pods.json.copy").exists())
    address, envoy, pods = (
        stage.address,
        stage.envoy(),
        stage.up.cli("stand-in", "list", "-o", "json"),
    )
    with load(address, HOST):
        stage.kill()
        for file in stage.state.iterdir():
            if file.suffix in (".json", ".pid") and file.name != "envoy-bootstrap.json":
                file.write_bytes(damage)
        for file in (stage.state / "last-good").iterdir():
            file.write_bytes(damage)
        stage.start()
        assert stage.address == address
        assert stage.up.cli("stand-in", "list", "-o", "json") == pods
        # Nobody knows what it was started with, so it is started anew, without a gap.
        until(lambda: stage.envoy() != envoy)


def test_secrets_are_private(stage: Stage) -> None:
    stage.start()
    kept(stage, "ingress", "secret", "services")
    for file in (stage.state / "last-good").iterdir():
        assert file.stat().st_mode & 0o77 == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting needs root")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk(stage: Stage, small_disk: Path) -> None:
    stage.state = small_disk / "state"
    up = stage.start()
    address, envoy = stage.address, stage.envoy()
    kept(stage, "ingress", "secret", "services")
    filler = small_disk / "filler"
    with load(address, HOST), filler.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 512)
        big = ingress("web", ("/", "two"), tls="tls") + f"# {'x' * 20000}\n"
        stage.write("ingress.yaml", big)
        found = up.wait(lambda e: e["event"] == "finding")
        assert found["code"] == "runtime/state-not-written"
        until(lambda: request(address, host=HOST).echo["service"] == "two")
        stage.kill()
        up = stage.start()
        assert stage.envoy() == envoy
        os.truncate(filler, 0)
        until(lambda: "state-not-written" not in str(up.cli("status", "-o", "json")["findings"]))
    stage.end()
    stage.end = lambda: None  # type: ignore[method-assign]  # the disk goes away before
