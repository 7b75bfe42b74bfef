"""Reads the certificate files that PenstockConfigs name, and keeps what was good of them.

A renewal writes two files, one after the other: between the two writes they do
not belong together, and the pair that was good stays.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from penstock.model import Finding, Origin
from penstock.objects.certificate_files import CertificateFiles, certificate_files, path_beside
from penstock.objects.meta import Object
from penstock.objects.penstock_config import PenstockConfig
from penstock.sources import codes
from penstock.sources.discover import directories_of_links

MAX_BYTES = 1 << 20
"""Of one file; a chain with its key takes some thousand."""
_Pair = tuple[str, str]


class _Wish(NamedTuple):
    """Two files that a PenstockConfig names, each with its field."""

    chain: tuple[str, Origin]
    key: tuple[str, Origin]

    @property
    def paths(self) -> _Pair:
        return (self.chain[0], self.key[0])


class CertificateReader:
    """The certificate files of all PenstockConfigs, through their lives."""

    def __init__(self) -> None:
        self.objects: tuple[Object[CertificateFiles], ...] = ()
        self.findings: tuple[Finding, ...] = ()
        self._good: dict[_Pair, Object[CertificateFiles]] = {}
        self._directories: frozenset[str] = frozenset()
        self._real: frozenset[str] = frozenset()

    @property
    def directories(self) -> frozenset[str]:
        """Real paths of the directories in which a change can matter."""
        return self._directories

    @property
    def holding(self) -> frozenset[str]:
        """Those of them that hold the files themselves."""
        return frozenset(os.path.dirname(path) for path in self._real)  # noqa: PTH120

    def is_read(self, path: str) -> bool:
        """Whether a real path is that of one of the files."""
        return path in self._real

    def refresh(self, objects: Iterable[Object[Any]]) -> bool:
        """Read what `objects` name; says whether it gives anything else than before."""
        wishes = list(_wishes(objects))
        before = (self.objects, self.findings)
        findings: list[Finding] = []
        taken: dict[_Pair, Object[CertificateFiles]] = {}
        for wish in wishes:
            obj = self._read(wish, findings)
            if obj is not None:
                taken.setdefault(wish.paths, obj)
        self._good = taken
        self.objects, self.findings = tuple(taken.values()), tuple(findings)
        paths = {path for wish in wishes for path in wish.paths if "\0" not in path}
        self._directories = frozenset(d for path in paths for d in directories_of_links(path))
        self._real = frozenset(os.path.realpath(path) for path in paths)
        return before != (self.objects, self.findings)

    def _read(self, wish: _Wish, findings: list[Finding]) -> Object[CertificateFiles] | None:
        good = self._good.get(wish.paths)
        chain, key = _read_field(wish.chain), _read_field(wish.key)
        if isinstance(chain, Finding) or isinstance(key, Finding):
            findings += [bad for bad in (chain, key) if isinstance(bad, Finding)]
            if good is not None:
                findings.append(_kept(wish, "cannot be read"))
            return good
        pem = (chain, key)
        if good is not None and (good.resource.chain, good.resource.key) == pem:
            return good
        if good is not None and _fit(good.resource.chain, good.resource.key) and not _fit(*pem):
            findings.append(_kept(wish, "are not a certificate and its key"))
            return good
        return Object(certificate_files(*wish.paths, pem), wish.chain[1].locator)


def _wishes(objects: Iterable[Object[Any]]) -> Iterator[_Wish]:
    for obj in objects:
        if obj.kind != PenstockConfig.KIND or obj.locator is None:
            continue
        for i, item in enumerate(obj.resource.spec.certificates):
            if item.certificate_file and item.key_file:
                at, file = obj.origin("spec", "certificates", i), obj.locator.file
                yield _Wish(
                    (path_beside(file, item.certificate_file), at.child("certificateFile")),
                    (path_beside(file, item.key_file), at.child("keyFile")),
                )


def _read_field(field: tuple[str, Origin]) -> bytes | Finding:
    path, origin = field
    try:
        data = _read_regular(path)
    except OSError as error:
        return _unreadable(path, origin, error.strerror or type(error).__name__)
    except ValueError as error:
        return _unreadable(path, origin, str(error))
    if len(data) > MAX_BYTES:
        return _unreadable(path, origin, "it is larger than 1 MiB")
    return data


def _read_regular(path: str) -> bytes:
    """At most one byte more than may be; neither pipes nor devices are opened or waited for."""
    _refuse_others(os.stat(path).st_mode)  # noqa: PTH116
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:  # noqa: PTH123
        _refuse_others(os.fstat(descriptor).st_mode)
        return stream.read(MAX_BYTES + 1)


def _refuse_others(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise ValueError("it is a directory")
    if not stat.S_ISREG(mode):
        raise ValueError("it is not a regular file")


def _unreadable(path: str, origin: Origin, reason: str) -> Finding:
    message = f"`{path}` cannot be read: {reason}."
    hint = "Paths are relative to the manifest. Without the file, local mode generates one."
    return codes.CERTIFICATE_FILE.at(origin, message, hint)


def _kept(wish: _Wish, what: str) -> Finding:
    chain, key = wish.paths
    message = f"`{chain}` and `{key}` {what} now; what they last held stays live."
    return codes.KEPT_LAST_GOOD.at(wish.chain[1], message, "Mend the files to replace it.")


def _fit(chain: bytes, key: bytes) -> bool:
    """Whether a key is that of one of the certificates; the dialect says what is wrong if not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            private = serialization.load_pem_private_key(
                key, password=None, unsafe_skip_rsa_key_validation=True
            )
            public = private.public_key()
            return any(c.public_key() == public for c in x509.load_pem_x509_certificates(chain))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
