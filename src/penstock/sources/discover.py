"""Finds the manifests behind the paths that a user gave, and the directories to watch."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from penstock.model import Finding, FindingCode, Origin, Position
from penstock.objects.yaml.locate import Point
from penstock.sources import codes

SUFFIXES = (".yaml", ".yml", ".json")
"""What a manifest's name ends with in a directory; files given by name may have any."""
STDIN = "-"
_MOST_LINKS = 40


@dataclass(slots=True)
class Discovery:
    """What is behind the paths at one moment."""

    files: dict[str, str] = field(default_factory=dict)
    """Name, as the user would type it, → path; each file once however it was named."""
    findings: list[Finding] = field(default_factory=list)
    directories: set[str] = field(default_factory=set)
    """Real paths of directories in which a change can matter."""
    holding: set[str] = field(default_factory=set)
    """Those of them with manifests in them; in the others only names matter: what comes
    and goes, not what is written."""
    closed: set[str] = field(default_factory=set)
    """Directories that cannot be read; nobody knows what became of the files in them."""
    _seen: set[str] = field(default_factory=set)

    def is_gone(self, name: str) -> bool:
        """Whether a file that was there once is not there any more."""
        return name not in self.files and not any(
            name.startswith(folder + os.sep) for folder in self.closed
        )

    def is_manifest(self, path: str) -> bool:
        """Whether what is written to a file of this (real) path can matter."""
        return path.endswith(SUFFIXES) or path in self._seen

    def add_file(self, name: str, path: str) -> None:
        """Take a file, unless it is there under another name."""
        real = os.path.realpath(path)
        self._add(name, path, real)
        self.directories.update(directories_of_links(path))
        self.holding.add(os.path.dirname(real))  # noqa: PTH120

    def add_plain(self, name: str, path: str, real_directory: str) -> None:
        """`add_file` for what is known to be no link, in a directory that is watched already."""
        self._add(name, path, os.path.join(real_directory, os.path.basename(path)))  # noqa: PTH118, PTH119

    def _add(self, name: str, path: str, real: str) -> None:
        if real not in self._seen:
            self._seen.add(real)
            self.files[name] = path


def discover(paths: Sequence[str]) -> Discovery:
    """Walk the paths; nothing is raised for what is not there."""
    found = Discovery()
    for path in paths:
        if path != STDIN:
            _discover_path(found, path)
    return found


def _discover_path(found: Discovery, path: str) -> None:
    target = Path(path)
    found.directories.update(directories_of_links(path))
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        message = f"`{path}` does not exist."
        found.findings.append(about(codes.MISSING, path, message, "Check the path's spelling."))
        return
    except ValueError as error:
        found.findings.append(unreadable(path, error))
        return
    except OSError:
        # Whoever reads it finds out what is wrong, and keeps what was good.
        found.add_file(path, path)
        return
    if not stat.S_ISDIR(mode):
        found.add_file(path, path)
        return
    before = len(found.files)
    _walk(found, path)
    is_closed = os.path.normpath(path) in found.closed
    if len(found.files) == before and not is_closed and not _all_known(found, path):
        message = f"`{path}` holds no manifests (*.yaml, *.yml, *.json)."
        found.findings.append(about(codes.NO_MANIFESTS, path, message))


def _all_known(found: Discovery, path: str) -> bool:
    """Whether a directory's files are there already, because a path before named them."""
    real = os.path.realpath(path)
    return any(os.path.realpath(file).startswith(real + os.sep) for file in found.files.values())


def _walk(found: Discovery, root: str) -> None:
    visited: set[str] = set()
    pending = [root]
    while pending:
        directory = pending.pop()
        real = os.path.realpath(directory)
        if real in visited:
            continue
        visited.add(real)
        found.directories.add(real)
        found.holding.add(real)
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError as error:
            found.findings.append(unreadable(os.path.normpath(directory), error))
            found.closed.add(os.path.normpath(directory))
            continue
        pending.extend(_take(found, entries, real))


def _take(found: Discovery, entries: list[os.DirEntry[str]], real: str) -> Iterator[str]:
    """Add the manifests among a directory's entries; yields its subdirectories."""
    for entry in entries:
        if entry.name.startswith((".", "#")):
            continue
        try:
            if entry.is_dir():
                yield entry.path
            elif entry.name.endswith(SUFFIXES):
                name = os.path.normpath(entry.path)
                if entry.is_symlink():
                    found.add_file(name, entry.path)
                else:
                    found.add_plain(name, entry.path, real)
        except OSError as error:
            found.findings.append(unreadable(os.path.normpath(entry.path), error))


def is_plain(path: str) -> bool:
    """Whether a path is a file itself, neither a directory nor a link that may lead elsewhere."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def is_passing(path: str) -> bool:
    """Whether a path is a hidden file, or was: what editors write and rename while they save."""
    hidden = os.path.basename(path).startswith((".", "#"))  # noqa: PTH119
    return hidden and (is_plain(path) or not os.path.lexists(path))


def directories_of_links(path: str) -> Iterator[str]:
    """The directories of a path and of every link on its way; of the nearest parent if missing."""
    current = Path(path).absolute()
    for _ in range(_MOST_LINKS):
        # `os.path` asks quietly: a parent that may not be searched is no error here.
        parent = next((p for p in current.parents if os.path.isdir(p)), Path("/"))  # noqa: PTH112
        yield os.path.realpath(parent)
        # A parent may itself be a link that is swapped.
        for folder in (parent, *parent.parents):
            if os.path.islink(folder):  # noqa: PTH114
                yield os.path.realpath(folder.parent)
        if not os.path.islink(current):  # noqa: PTH114
            return
        current = current.parent / current.readlink()


def about(code: FindingCode, name: str, message: str, hint: str = "") -> Finding:
    """A finding about a path as a whole."""
    return code.at(Origin("", (), Point(name, Position(1, 1)), at=name), message, hint)


def unreadable(name: str, error: OSError | ValueError) -> Finding:
    """A finding about a path that cannot be read."""
    reason = getattr(error, "strerror", None) or "the name is not valid"
    return about(codes.UNREADABLE, name, f"`{name}` cannot be read: {reason}.")
