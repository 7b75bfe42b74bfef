"""Names as Kubernetes gives them to pods, but the same for the same input."""

from __future__ import annotations

import hashlib
import zlib

import msgspec

from penstock.objects.workloads import PodTemplateSpec

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""Kubernetes' safe alphabet: no vowels, nothing to be misread (apimachinery, util/rand)."""
_SUFFIX = 5
_MAX_BASE = 63 - _SUFFIX
"""Kubernetes cuts the generated part's prefix so that the name fits a label."""


def template_hash(template: PodTemplateSpec) -> str:
    """What stands for a pod template in the names of a Deployment's pods: 8 to 10 characters."""
    return safe_hash(msgspec.json.encode(template, order="deterministic"))


def safe_hash(data: bytes) -> str:
    """A 32-bit checksum, its decimal digits written in the safe alphabet."""
    digits = f"{zlib.crc32(data):08d}"
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in digits)


def suffix(*parts: str) -> str:
    """Five characters of the safe alphabet, as good as random and always the same."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:_SUFFIX])


def generated(base: str, namespace: str, index: int) -> str:
    """``base-suffix`` for the pod of a number."""
    stem = f"{base}-"[:_MAX_BASE]
    return stem + suffix(namespace, base, str(index))
