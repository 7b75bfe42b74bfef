"""The state directory: one instance each, private, atomic, findable."""

import os
import stat
from pathlib import Path

import pytest

from penstock.runtime import state
from penstock.runtime.state import NotAStateDirError, StateDir, StateDirBusyError


@pytest.fixture(autouse=True)
def _private_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))


def test_a_directory_has_one_owner(tmp_path: Path) -> None:
    first = StateDir.open(tmp_path / "s")
    with pytest.raises(StateDirBusyError):
        StateDir.open(tmp_path / "s")
    assert state.is_running(tmp_path / "s")
    first.close()
    assert not state.is_running(tmp_path / "s")
    StateDir.open(tmp_path / "s").close()


def test_same_sources_share_a_directory_only_one_after_the_other() -> None:
    first = StateDir.open_for(["manifests"])
    second = StateDir.open_for(["manifests"])
    assert first.path != second.path
    first.close()
    third = StateDir.open_for(["manifests"])
    assert third.path == first.path
    second.close()
    third.close()


def test_order_of_sources_does_not_matter() -> None:
    assert state.default_state_dir(["a", "b"]) == state.default_state_dir(["b", "a"])
    assert state.default_state_dir(["a"]) != state.default_state_dir(["b"])


def test_directory_and_files_are_private(tmp_path: Path) -> None:
    opened = StateDir.open(tmp_path / "s")
    written = opened.write("deep/key.pem", b"secret")
    assert stat.S_IMODE(opened.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    opened.close()


@pytest.mark.parametrize(
    ("mode", "content", "reason"),
    [
        (0o755, {"notes.txt": "mine"}, "something else"),
        (0o755, {"lock": "of another program"}, "something else"),
        (0o755, {"lock/in": "a directory"}, "something else"),
        (0o1777, {}, "shared by all"),
        (0o1777, {"lock": "1\n"}, "shared by all"),
    ],
)
def test_a_directory_that_is_not_ours_stays_as_it_is(
    tmp_path: Path, mode: int, content: dict[str, str], reason: str
) -> None:
    path = tmp_path / "d"
    path.mkdir()
    for name, text in content.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text(text)
    path.chmod(mode)
    before = sorted(path.rglob("*"))
    with pytest.raises(NotAStateDirError, match=reason):
        StateDir.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert sorted(path.rglob("*")) == before


def test_somebody_else_s_directory_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotAStateDirError, match="a file"):
        StateDir.open(tmp_path / "file")
    foreign = Path("/proc/1") if os.geteuid() else _given_away(tmp_path / "foreign")
    with pytest.raises(NotAStateDirError, match="somebody else"):
        StateDir.open(foreign)


def _given_away(path: Path) -> Path:
    path.mkdir()
    os.chown(path, 12345, -1)
    return path


def test_an_empty_directory_and_one_of_before_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "d"
    path.mkdir(mode=0o775)
    for _ in range(2):
        opened = StateDir.open(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        opened.write("envoy.log", b"")
        opened.close()


def test_json_is_read_unless_it_is_damaged(tmp_path: Path) -> None:
    opened = StateDir.open(tmp_path / "s")
    opened.write("addresses.json", b'{"a": "127.10.0.1"}')
    assert opened.read_json("addresses.json") == {"a": "127.10.0.1"}
    (opened.path / "addresses.json").write_text('{"a": "127.')
    assert opened.read_json("addresses.json") is None
    opened.close()


def test_a_long_path_gets_short_sockets(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    opened = StateDir.open(deep)
    assert len(os.fsencode(opened.control_socket)) < 100
    assert StateDir(opened.path).control_socket == opened.control_socket
    assert stat.S_IMODE(opened.sockets.stat().st_mode) == 0o700
    sockets = opened.sockets
    opened.close()
    assert not sockets.exists()


def test_running_instances_are_found_and_ended_ones_forgotten(tmp_path: Path) -> None:
    opened = StateDir.open(tmp_path / "s")
    state.register(opened)
    assert list(state.running_instances()) == [opened.path]
    opened.close()
    assert list(state.running_instances()) == []
    assert list(state.running_instances()) == []
