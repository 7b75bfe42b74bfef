"""Files and directories, read once: which, in which order, and what is said about the rest."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from penstock.sources.files import Batch, FileSource


def service(name: str, port: int | str = 80) -> str:
    head = f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{ports: [{{port: {port}}}]}}\n"


def names(batch: Batch) -> list[str]:
    return [obj.name for obj in batch.objects]


def codes(batch: Batch) -> list[str]:
    return [finding.code for finding in batch.findings]


@pytest.fixture
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_directories_are_read_recursively_and_in_order(cwd: Path) -> None:
    (cwd / "m" / "sub").mkdir(parents=True)
    for name in ("b.yaml", "a.yml", "c.json", "sub/d.yaml"):
        (cwd / "m" / name).write_text(service(Path(name).stem))
    for name in ("e.txt", ".f.yaml", "g.yaml~", "#h.yaml", ".i.yaml.swp", "j.yaml.bak"):
        (cwd / "m" / name).write_text(service("no"))
    (cwd / "m" / ".git").mkdir()
    (cwd / "m" / ".git" / "k.yaml").write_text(service("no"))
    batch = FileSource(["m/"]).load()
    assert names(batch) == ["a", "b", "c", "d"]
    assert batch.changed_files == ("m/a.yml", "m/b.yaml", "m/c.json", "m/sub/d.yaml")
    assert batch.objects[3].origin().file == "m/sub/d.yaml"
    assert not batch.findings


def test_files_are_named_as_they_were_typed(cwd: Path) -> None:
    (cwd / "any.txt").write_text(service("a"))
    (cwd / "m").mkdir()
    (cwd / "m" / "b.yaml").write_text(service("b"))
    paths = ["./any.txt", str(cwd / "m"), "m/../m"]
    batch = FileSource(paths).load()
    assert names(batch) == ["a", "b"]
    assert set(batch.changed_files) == {"./any.txt", str(cwd / "m" / "b.yaml")}
    assert not batch.findings, "a file that two paths name is read once"


def test_standard_input_is_read_once() -> None:
    source = FileSource(["-"], io.BytesIO(service("a").encode()))
    assert names(source.load()) == ["a"]
    again = source.load()
    assert names(again) == ["a"]
    assert again.objects[0].origin().file == "<stdin>"
    assert codes(FileSource(["-"]).load()) == ["file/empty"]


def test_paths_that_give_nothing(cwd: Path) -> None:
    (cwd / "empty").mkdir()
    (cwd / "blank.yaml").write_text(" \n")
    (cwd / "dangling.yaml").symlink_to("nowhere")
    paths = ["missing.yaml", "empty", "blank.yaml", "dangling.yaml", "\0"]
    batch = FileSource(paths).load()
    assert not batch.objects
    assert sorted(codes(batch)) == [
        "file/empty",
        "file/missing",
        "file/missing",
        "file/no-manifests",
        "file/unreadable",
    ]
    for finding in batch.findings:
        assert finding.origin.position is not None
        assert str(finding.origin.file) in finding.message


def test_links_in_circles_and_links_that_dangle(cwd: Path) -> None:
    (cwd / "m").mkdir()
    (cwd / "m" / "a.yaml").write_text(service("a"))
    (cwd / "m" / "loop").symlink_to("..")
    (cwd / "m" / "self.yaml").symlink_to("self.yaml")
    (cwd / "m" / "dangling.yaml").symlink_to("nowhere")
    batch = FileSource(["m"]).load()
    assert names(batch) == ["a"]
    assert len(batch.findings) == 2


def test_nobody_waits_for_a_pipe_in_a_directory(cwd: Path) -> None:
    """Nor for one that takes a file's place, by itself or behind a link."""
    (cwd / "m").mkdir()
    pipe, file = cwd / "pipe", cwd / "m" / "b.yaml"
    os.mkfifo(pipe)
    (cwd / "m" / "a.yaml").symlink_to(pipe)
    file.write_text(service("b"))
    source = FileSource(["m"])
    batch = source.load()
    assert (names(batch), codes(batch)) == (["b"], ["file/unreadable"])
    file.unlink()
    os.mkfifo(file)
    batch = source.load()
    assert names(batch) == ["b"]
    assert codes(batch) == ["file/unreadable", "file/unreadable", "file/kept-last-good"]
    assert "it is a pipe" in batch.findings[0].message


def test_a_pipe_given_by_name_is_read_once(cwd: Path) -> None:
    os.mkfifo(cwd / "p.yaml")
    writer = threading.Thread(target=(cwd / "p.yaml").write_text, args=(service("a"),))
    writer.start()
    source = FileSource(["p.yaml"])
    assert names(source.load()) == ["a"]
    writer.join()
    assert names(source.load()) == ["a"]


def test_a_link_that_dangles_from_now_on_is_said_at_once(cwd: Path) -> None:
    (cwd / "a.yaml").write_text(service("a"))
    (cwd / "m").mkdir()
    (cwd / "m" / "a.yaml").symlink_to("../a.yaml")
    source = FileSource(["m"])
    assert names(source.load()) == ["a"]
    (cwd / "a.yaml").unlink()
    batch = source.load()
    assert (names(batch), codes(batch)) == ([], ["file/missing"])


def test_unreadable_files_are_findings(cwd: Path) -> None:
    (cwd / "a.yaml").write_text(service("a"))
    (cwd / "a.yaml").chmod(0)
    cwd.chmod(0o755)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root reads everything
    try:
        assert codes(FileSource(["a.yaml"]).load()) == ["file/unreadable"]
    finally:
        os.seteuid(user)


def test_of_a_closed_directory_nobody_says_what_it_holds(cwd: Path) -> None:
    (cwd / "m").mkdir()
    (cwd / "m" / "a.yaml").write_text(service("a"))
    (cwd / "m").chmod(0)
    cwd.chmod(0o755)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root reads everything
    try:
        assert codes(FileSource(["m/"]).load()) == ["file/unreadable"]
    finally:
        os.seteuid(user)
        (cwd / "m").chmod(0o755)


def test_a_directory_named_like_a_manifest(cwd: Path) -> None:
    (cwd / "x.yaml").mkdir()
    (cwd / "x.yaml" / "a.yaml").write_text(service("a"))
    assert names(FileSource(["."]).load()) == ["a"]


def test_the_first_of_duplicates_in_two_files_stays(cwd: Path) -> None:
    (cwd / "b.yaml").write_text(service("a", 2))
    (cwd / "a.yaml").write_text(service("a", 1))
    batch = FileSource(["b.yaml", "a.yaml"]).load()
    assert [obj.resource.spec.ports[0].port for obj in batch.objects] == [1]
    (finding,) = batch.findings
    assert finding.origin.file == "b.yaml"
    assert "a.yaml:3" in finding.message


def test_broken_input_is_no_last_good_at_first(cwd: Path) -> None:
    (cwd / "a.yaml").write_text(service("a") + "---\n\tx\n")
    batch = FileSource(["a.yaml"]).load()
    assert names(batch) == ["a"]
    assert codes(batch) == ["yaml/tab"]


def reload(source: FileSource, path: Path, text: str) -> Batch:
    path.write_text(text)
    return source.load()


def test_last_good_stays_and_is_replaced(cwd: Path) -> None:
    path = cwd / "a.yaml"
    path.write_text(service("a") + "---\n" + service("b"))
    source = FileSource(["a.yaml"])
    before = source.load()

    broken = reload(source, path, service("a", 81) + "---\n" + service("b")[:-5] + '"\n')
    assert sorted(names(broken)) == ["a", "b"]
    assert "file/kept-last-good" in codes(broken)
    kept = next(obj for obj in broken.objects if obj.name == "b")
    assert kept is before.objects[1]
    (word,) = [f for f in broken.findings if f.code == "file/kept-last-good"]
    assert "Service default/b" in word.message
    assert word.origin.position is not None
    assert word.origin.position.line == 5

    invalid = reload(source, path, service("a", 82) + "---\n" + service("b", 0))
    assert sorted(names(invalid)) == ["a", "b"]
    assert sorted(codes(invalid)) == ["file/kept-last-good", "object/invalid-port"]

    mended = reload(source, path, service("a", 83) + "---\n" + service("b", 84))
    assert [obj.resource.spec.ports[0].port for obj in mended.objects] == [83, 84]
    assert not mended.findings

    assert names(reload(source, path, service("a"))) == ["a"], "removed from a readable file"
    path.unlink()
    assert not source.load().objects


def test_a_partly_bad_object_is_refused_once_it_was_good(cwd: Path) -> None:
    path = cwd / "a.yaml"
    good = service("a").replace("[{port: 80}]", "[{name: x, port: 80}, {name: z, port: 81}]")
    bad = good.replace("81", "0")
    path.write_text(bad)
    source = FileSource(["a.yaml"])
    assert len(source.load().objects[0].resource.spec.ports) == 1
    assert len(reload(source, path, bad + "# c\n").objects[0].resource.spec.ports) == 1
    assert len(reload(source, path, good).objects[0].resource.spec.ports) == 2
    refused = reload(source, path, bad)
    assert len(refused.objects[0].resource.spec.ports) == 2
    assert "file/kept-last-good" in codes(refused)
    [flaw] = refused.objects[0].flaws
    assert flaw.startswith("`port: 0` is not allowed")
    assert not reload(source, path, good).objects[0].flaws


OUT = " left out"


def test_what_stays_live_is_not_said_to_be_left_out(cwd: Path) -> None:
    path = cwd / "a.yaml"
    path.write_text(service("a", 0))
    source = FileSource(["a.yaml"])
    [at_first] = source.load().findings
    assert OUT in at_first.message

    reload(source, path, service("a"))
    refused, kept = reload(source, path, service("a", 0)).findings
    assert refused.message == at_first.message.partition(" The Service is left out.")[0]
    assert kept.message.endswith("its last good version stays live.")

    later = service("b", 0) + "---\n" + service("a", 0)
    found = reload(source, path, later).findings
    told = {f.origin.object: f.message for f in found if f.code == "object/invalid-port"}
    assert OUT in told["Service default/b"], "never was live"
    assert OUT not in told["Service default/a"]

    wrong_version = service("a").replace("apiVersion: v1", "apiVersion: v2")
    assert not [f for f in reload(source, path, wrong_version).findings if OUT in f.message]
    assert not [f for f in reload(source, path, "kind: 'Service").findings if OUT in f.message]


def test_an_object_that_moves_between_files_outranks_a_kept_one(cwd: Path) -> None:
    (cwd / "a.yaml").write_text(service("a", 1))
    source = FileSource(["."])
    source.load()
    (cwd / "a.yaml").write_text("a: 'x")
    (cwd / "b.yaml").write_text(service("a", 2))
    batch = source.load()
    assert [obj.resource.spec.ports[0].port for obj in batch.objects] == [2]
    assert "object/duplicate" not in codes(batch)


def test_what_cannot_be_read_any_more_stays(cwd: Path) -> None:
    path = cwd / "a.yaml"
    path.write_text(service("a"))
    source = FileSource(["a.yaml"])
    source.load()
    path.unlink()
    path.symlink_to("a.yaml")  # a link to itself, which not even root can read
    for _ in range(2):
        batch = source.load()
        assert names(batch) == ["a"]
        assert codes(batch) == ["file/unreadable", "file/kept-last-good"]
    path.unlink()
    path.write_text(service("b"))
    batch = source.load()
    assert names(batch) == ["b"]
    assert not batch.findings
