"""Certificates out of Secrets: their type, their fields, and what is said where one is missing.

What the fields hold is read and checked by `pem`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.pem import CertificateReading, Field, read_pem
from penstock.dialects.kubernetes.services import Problem
from penstock.model import CertificateName, Finding
from penstock.objects.core import Secret
from penstock.objects.meta import Object

CERT_KEY: Final = "tls.crt"
PRIVATE_KEY: Final = "tls.key"
TLS_TYPE: Final = "kubernetes.io/tls"


def read_certificate(secret: Object[Secret]) -> CertificateReading:
    """Read and check a TLS Secret."""
    findings: list[Finding] = []
    if secret.resource.type != TLS_TYPE:
        message = f"the Secret is of type {secret.resource.type}, not {TLS_TYPE}"
        hint = f"set type: {TLS_TYPE}"
        findings.append(codes.CERT_TYPE.at(secret.origin("type"), message, hint))
    chain, key = _field(secret, CERT_KEY), _field(secret, PRIVATE_KEY)
    if isinstance(chain, Finding):
        return CertificateReading(None, (*findings, chain))
    if isinstance(key, Finding):
        return CertificateReading(None, (*findings, key))
    name = CertificateName(f"{secret.namespace}/{secret.name}")
    reading = read_pem(name, chain, key)
    return reading._replace(findings=(*findings, *reading.findings))


def written_chain(secret: Object[Secret]) -> bytes:
    """What the Secret's ``tls.crt`` says, as it is written; empty if that cannot be read."""
    field = _field(secret, CERT_KEY)
    return b"" if isinstance(field, Finding) else field[0]


def _field(secret: Object[Secret], name: str) -> Field | Finding:
    plain = (secret.resource.string_data or {}).get(name)
    if plain:
        return plain.encode(), secret.origin("stringData", name)
    coded = (secret.resource.data or {}).get(name)
    origin = secret.origin("data", name)
    if not coded:
        held = {*(secret.resource.data or {}), *(secret.resource.string_data or {})}
        message = f"{name} of the Secret is empty" if name in held else f"the Secret has no {name}"
        hint = f"it has {', '.join(sorted(held))}" if held else "it has no data"
        return codes.CERT_DATA.at(secret.origin("data"), message, hint)
    try:
        return base64.b64decode("".join(coded.split()), validate=True), origin
    except (binascii.Error, ValueError):
        message = f"{name} is not base64"
        hint = "encode it, or write it as plain text under stringData"
        return codes.CERT_UNPARSABLE.at(origin, message, hint)


def missing_secret(namespace: str, name: str, homes: tuple[str, ...]) -> Problem:
    """Why a Secret was not found; `homes` are the namespaces that have one of that name."""
    message = f"there is no Secret {name} in namespace {namespace}"
    if homes:
        message += f", only in {', '.join(homes)}"
        return Problem(codes.CERT_MISSING, message, "copy it to the Ingress's own namespace")
    # What it prints is for the files that are read: what is in a cluster is not seen.
    hint = (
        f"add what this prints: kubectl create secret tls {name} -n {namespace} --cert=tls.crt "
        "--key=tls.key --dry-run=client -o yaml"
    )
    return Problem(codes.CERT_MISSING, message, hint)
