"""SSL policies: versions and cipher suites of TLS that clients may use.

The profiles' suites are those of https://docs.cloud.google.com/load-balancing/docs/
ssl-policies-concepts, in its order; the API names them as IANA does, the model as
OpenSSL.  BoringSSL, which Envoy is built with, speaks all of them (3DES, too, if it is
asked for by name), but the suites of TLS 1.3 are not configurable there.
"""

from __future__ import annotations

from typing import Final

from penstock.dialects.compute import codes, defaults
from penstock.model import Finding, Origin, Setting, TlsVersion
from penstock.model import SslPolicy as ModelPolicy
from penstock.objects.compute.tls import SslPolicy
from penstock.objects.meta import Object

_GCM: Final = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
)
_CHACHA: Final = (
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
_CBC: Final = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
)
_RSA: Final = (
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
)
PROFILES: Final = {
    "COMPATIBLE": (*_GCM, *_CHACHA, *_CBC, *_RSA),
    "MODERN": (*_GCM, *_CHACHA, *_CBC),
    "RESTRICTED": (*_GCM, *_CHACHA),
    "FIPS_202205": _GCM,
}
"""Profile → suites of TLS 1.2 and older, by the names of IANA."""
TLS13: Final = (
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
)
_ODD_NAMES: Final = {"TLS_RSA_WITH_3DES_EDE_CBC_SHA": "DES-CBC3-SHA"}
_POST_QUANTUM: Final = ("X25519MLKEM768", "X25519", "P-256")
_CLASSIC: Final = ("X25519", "P-256")
_CUSTOM: Final = "CUSTOM"
_FIPS: Final = "FIPS_202205"


def openssl_name(suite: str) -> str:
    """OpenSSL's name of a suite: ``ECDHE-RSA-AES128-GCM-SHA256``."""
    if suite in _ODD_NAMES:
        return _ODD_NAMES[suite]
    name = suite.removeprefix("TLS_").replace("_WITH_", "_").removeprefix("RSA_")
    name = name.removesuffix("_SHA256") if "POLY1305" in name else name
    return (
        name.replace("AES_128", "AES128")
        .replace("AES_256", "AES256")
        .replace("_CBC", "")
        .replace("_", "-")
    )


def suites(names: tuple[str, ...]) -> tuple[str, ...]:
    """What of a list can be configured, by OpenSSL's names."""
    return tuple(openssl_name(n) for n in names if n in PROFILES["COMPATIBLE"])


DEFAULT: Final = Setting(
    ModelPolicy(TlsVersion.TLS_1_0, cipher_suites=suites(PROFILES["COMPATIBLE"])), defaults.ORIGIN
)
"""Of a target proxy without a policy."""


def read_policy(obj: Object[SslPolicy], findings: list[Finding]) -> Setting[ModelPolicy]:
    """What a policy allows."""
    resource = obj.resource
    profile = resource.profile or "COMPATIBLE"
    custom = tuple(resource.custom_features or ())
    names = custom if profile == _CUSTOM else PROFILES.get(profile, PROFILES["COMPATIBLE"])
    minimum = _minimum(resource, profile)
    chosen = suites(names)
    if profile == _CUSTOM:
        _check_custom(custom, chosen, minimum, obj, findings)
        if not chosen:
            minimum = TlsVersion.TLS_1_3
    curves = _curves(resource.post_quantum_key_exchange)
    policy = ModelPolicy(minimum, cipher_suites=chosen, curves=curves, fips=profile == _FIPS)
    return Setting(policy, obj.origin())


def _minimum(resource: SslPolicy, profile: str) -> TlsVersion:
    written = resource.min_tls_version
    minimum = TlsVersion(written) if written in set(TlsVersion) else TlsVersion.TLS_1_0
    order = list(TlsVersion)
    if profile == _FIPS and order.index(minimum) < order.index(TlsVersion.TLS_1_2):
        return TlsVersion.TLS_1_2
    return minimum


def _check_custom(
    custom: tuple[str, ...],
    chosen: tuple[str, ...],
    minimum: TlsVersion,
    obj: Object[SslPolicy],
    findings: list[Finding],
) -> None:
    origin = obj.origin("customFeatures")
    unknown = [name for name in custom if name not in (*PROFILES["COMPATIBLE"], *TLS13)]
    if unknown:
        message = f"the proxy does not speak {', '.join(unknown)}; they are left out"
        hint = f"known are {', '.join((*TLS13, *PROFILES['COMPATIBLE']))}"
        findings.append(codes.CIPHER.at(origin, message, hint))
    _check_tls13(custom, origin, findings)
    if not chosen and minimum is not TlsVersion.TLS_1_3:
        message = "no suite of TLS 1.2 or older is left that the proxy speaks; only TLS 1.3 is"
        findings.append(codes.NO_CIPHERS.at(origin, message))


def _check_tls13(names: tuple[str, ...], origin: Origin, findings: list[Finding]) -> None:
    without = [name for name in TLS13 if name not in names]
    if without:
        message = f"{', '.join(without)} stays allowed: suites of TLS 1.3 cannot be chosen"
        findings.append(codes.TLS13_CIPHERS.at(origin, message))


def _curves(key_exchange: str | None) -> tuple[str, ...]:
    """Hybrid post-quantum agreement if asked for, never where it is put off."""
    if key_exchange == "ENABLED":
        return _POST_QUANTUM
    return _CLASSIC if key_exchange == "DEFERRED" else ()
