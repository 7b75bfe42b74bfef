"""Watching real files; every wait is for a condition."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import pytest
from asyncinotify import Inotify, Mask

from penstock.sources.discover import discover
from penstock.sources.files import Batch, FileSource
from penstock.sources.watch import Wanted, next_event, watch

_PATIENCE = 20.0


def service(name: str, port: int = 80) -> str:
    head = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{ports: [{{port: {port}}}]}}\n"


def state(batch: Batch) -> dict[str, int]:
    return {obj.name: obj.resource.spec.ports[0].port for obj in batch.objects}


class Watched:
    """A source under watch; remembers every batch."""

    def __init__(self, changes: AsyncGenerator[Batch, None]) -> None:
        self._changes = changes
        self.batches: list[Batch] = []

    async def until(self, condition: Callable[[Batch], bool]) -> Batch:
        async with asyncio.timeout(_PATIENCE):
            while True:
                batch = await anext(self._changes)
                self.batches.append(batch)
                if condition(batch):
                    return batch


@contextlib.asynccontextmanager
async def watching(*paths: Path, settle: Path | None = None) -> AsyncIterator[Watched]:
    """Load and watch; on entry the watch stands, which a first change in `settle` proves."""
    source = FileSource([str(path) for path in paths])
    source.load()
    async with contextlib.aclosing(source.changes()) as changes:
        watched = Watched(changes)
        if settle is not None:
            settle.write_text(service("settled"))  # noqa: ASYNC240 - tiny
            await watched.until(lambda batch: "settled" in state(batch))
        yield watched


async def test_a_save_a_creation_a_deletion(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(service("a", 1))
    async with watching(tmp_path) as watched:
        (tmp_path / "a.yaml").write_text(service("a", 2))
        batch = await watched.until(lambda b: state(b) == {"a": 2})
        assert batch.changed_files == (str(tmp_path / "a.yaml"),)
        (tmp_path / "b.yaml").write_text(service("b", 3))
        await watched.until(lambda b: state(b) == {"a": 2, "b": 3})
        (tmp_path / "b.yaml").rename(tmp_path / "c.yaml")
        await watched.until(
            lambda b: state(b) == {"a": 2, "b": 3} and str(tmp_path / "c.yaml") in b.changed_files
        )
        (tmp_path / "c.yaml").rename(tmp_path / "c.yaml~")
        await watched.until(lambda b: state(b) == {"a": 2})
        (tmp_path / "a.yaml").unlink()
        await watched.until(lambda b: state(b) == {})


async def test_editors_that_write_beside_and_rename(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(service("a", 1))
    async with watching(path) as watched:
        for port in (2, 3, 4):
            (tmp_path / "a.yaml.tmp").write_text(service("a", port))
            (tmp_path / "a.yaml.tmp").rename(path)
            await watched.until(lambda b, port=port: state(b) == {"a": port})  # type: ignore[misc]
        path.rename(tmp_path / "a.yaml~")
        path.write_text(service("a", 5))
        await watched.until(lambda b: state(b) == {"a": 5})


async def test_directories_that_come_later(tmp_path: Path) -> None:
    async with watching(tmp_path / "m") as watched:
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "a.yaml").write_text(service("a"))
        await watched.until(lambda b: state(b) == {"a": 80})
        (tmp_path / "m" / "x" / "y").mkdir(parents=True)
        (tmp_path / "m" / "x" / "y" / "b.yaml").write_text(service("b"))
        await watched.until(lambda b: state(b) == {"a": 80, "b": 80})
        (tmp_path / "m" / "x" / "y" / "b.yaml").write_text(service("b", 81))
        await watched.until(lambda b: state(b) == {"a": 80, "b": 81})
        (tmp_path / "m" / "x").rename(tmp_path / "gone")
        await watched.until(lambda b: state(b) == {"a": 80})


async def test_config_maps_swap_a_link(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"..{number}").mkdir()
        (tmp_path / f"..{number}" / "a.yaml").write_text(service("a", number))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    async with watching(tmp_path) as in_folder, watching(tmp_path / "a.yaml") as by_name:
        (tmp_path / "..data_tmp").symlink_to("..2")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        await in_folder.until(lambda b: state(b) == {"a": 2})
        await by_name.until(lambda b: state(b) == {"a": 2})


async def test_links_to_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "real.yaml").write_text(service("a", 1))
    (tmp_path / "m" / "a.yaml").symlink_to("../else/real.yaml")
    async with watching(tmp_path / "m") as watched:
        (tmp_path / "else" / "real.yaml").write_text(service("a", 2))
        await watched.until(lambda b: state(b) == {"a": 2})


async def test_a_half_written_file_keeps_what_was_good(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(service("a", 1))
    async with watching(path) as watched:
        path.write_text(service("a", 2) + "---\napiVersion: v1\nkind: 'Ser")
        batch = await watched.until(lambda b: bool(b.findings))
        assert state(batch) == {"a": 2}
        path.write_text(service("a", 3)[:-4])
        batch = await watched.until(lambda b: len(b.findings) == 2)
        assert state(batch) == {"a": 2}
        assert [f.code for f in batch.findings] == ["yaml/syntax", "file/kept-last-good"]
        path.write_text(service("a", 4))
        batch = await watched.until(lambda b: state(b) == {"a": 4})
        assert not batch.findings


async def test_an_emptied_file_has_a_moment_to_be_filled_again(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(service("a", 1))
    async with watching(tmp_path, settle=tmp_path / "z.yaml") as watched:
        path.write_text("")
        (tmp_path / "z.yaml").write_text(service("settled", 2))
        batch = await watched.until(lambda b: state(b).get("settled") == 2)
        assert state(batch) == {"a": 1, "settled": 2}, "held back"
        batch = await watched.until(lambda b: "a" not in state(b))
        assert [finding.code for finding in batch.findings] == ["file/empty"]


async def test_a_burst_is_one_batch_and_no_change_is_none(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"{n}.yaml").write_text(service(f"s{n}", 1))
    async with watching(tmp_path, settle=tmp_path / "z.yaml") as watched:
        seen = len(watched.batches)
        for n in range(30):
            (tmp_path / f"{n}.yaml").write_text(service(f"s{n}", 1))
        (tmp_path / "README.md").write_text("nothing")
        for n in range(30):
            (tmp_path / f"{n}.yaml").write_text(service(f"s{n}", 2))
        await watched.until(lambda b: all(state(b)[f"s{n}"] == 2 for n in range(30)))
        # Scheduling may cut a burst in two; it must never come one by one.
        assert len(watched.batches) - seen <= 3


async def test_two_saves_within_a_clock_tick_are_both_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(service("a", 10))
    async with watching(path) as watched:
        for port in range(11, 31):
            path.write_text(service("a", port))
            os.utime(path, ns=(1, 1))
            await watched.until(lambda b, port=port: state(b) == {"a": port})  # type: ignore[misc]


async def test_a_save_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(service("a", 10))
    async with watching(tmp_path, settle=tmp_path / "z.yaml") as watched:
        times = []
        for port in range(11, 22):
            started = time.monotonic()
            path.write_text(service("a", port))
            await watched.until(lambda b, port=port: state(b)["a"] == port)  # type: ignore[misc]
            times.append(time.monotonic() - started)
        assert sorted(times)[len(times) // 2] < 0.08, times


async def test_standard_input_is_not_watched() -> None:
    source = FileSource(["-"])
    source.load()
    async with asyncio.timeout(_PATIENCE):
        assert [batch async for batch in source.changes()] == []


@pytest.mark.parametrize("early", [True, False])
async def test_a_watch_can_be_cancelled(tmp_path: Path, early: bool) -> None:
    source = FileSource([str(tmp_path)])
    source.load()
    changes = source.changes()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0 if early else 0.2):
            await anext(changes)
    await changes.aclose()


@pytest.mark.parametrize("beside", ["m", "m/deeper", "."])
async def test_a_log_that_grows_beside_the_manifests_stirs_nothing(
    tmp_path: Path, beside: str
) -> None:
    (tmp_path / "m/deeper").mkdir(parents=True)
    (tmp_path / "m/a.yaml").write_text(service("a", 1))
    log = tmp_path / beside / "access.log"
    log.write_text("")
    found = discover([str(tmp_path / "m")])
    wanted = Wanted(frozenset(found.directories), frozenset(found.holding), found.is_manifest)
    async with asyncio.timeout(_PATIENCE), contextlib.aclosing(watch(lambda: wanted)) as stirs:
        assert (await anext(stirs)).begins
        with log.open("a") as growing:
            for _ in range(20):
                growing.write("a line\n")
                growing.flush()
        (tmp_path / "m/a.yaml").write_text(service("a", 2))
        paths = frozenset[str]()
        while not paths:
            paths = (await anext(stirs)).paths
        assert paths == {str(tmp_path / "m/a.yaml")}


async def test_a_file_given_by_name_may_have_any(tmp_path: Path) -> None:
    path = tmp_path / "shop"
    path.write_text(service("a", 1))
    async with watching(path) as watched:
        path.write_text(service("a", 2))
        await watched.until(lambda b: state(b) == {"a": 2})


async def test_no_event_is_lost_when_time_is_up(tmp_path: Path) -> None:
    """The loop is held up until both are due: the end of the wait, and what was waited for."""
    with Inotify(sync_timeout=0) as inotify:
        inotify.add_watch(tmp_path, Mask.CREATE)
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(next_event(inotify, 0.01))
            await asyncio.sleep(0)
            (tmp_path / "a").touch()
            time.sleep(0.02)  # noqa: ASYNC251 - holds the loop up
        event = waiting.result() or await next_event(inotify, 1.0)
    assert event is not None
    assert event.name == Path("a")
