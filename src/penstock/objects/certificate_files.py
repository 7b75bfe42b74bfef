"""A certificate from two files: what a source read for a PenstockConfig that names them.

Nobody writes this kind; the source of manifests puts it into the world, so that
dialects stay pure.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from penstock.model import PrivateBytes
from penstock.objects.meta import ObjectMeta, Resource


class CertificateFiles(Resource, frozen=True):
    """A chain and its key as they are in the files; not checked."""

    KIND: ClassVar[str] = "CertificateFiles"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("penstock.dev/internal",)
    NAMESPACED: ClassVar[bool] = False

    chain: PrivateBytes
    """Private, too: some files hold both."""
    key: PrivateBytes


def path_beside(manifest: str, path: str) -> str:
    """A path in a manifest, relative to it; what ``<stdin>`` says to the working directory."""
    return str(PurePath(manifest).parent / path)


def pair_name(chain: str, key: str) -> str:
    """The name of the object for two paths."""
    return f"{chain} with {key}"


def certificate_files(chain: str, key: str, pem: tuple[bytes, bytes]) -> CertificateFiles:
    """The object for two paths and what is in them."""
    return CertificateFiles(
        api_version=CertificateFiles.API_VERSIONS[0],
        kind=CertificateFiles.KIND,
        metadata=ObjectMeta(name=pair_name(chain, key)),
        chain=PrivateBytes(pem[0]),
        key=PrivateBytes(pem[1]),
    )
