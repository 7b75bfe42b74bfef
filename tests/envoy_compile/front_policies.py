"""SSL policies by Google's names, and what each lets clients negotiate."""

from penstock.model import SslPolicy, TlsVersion

AEAD = tuple(
    f"ECDHE-{key}-{suite}"
    for suite in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)
CBC = tuple(
    f"ECDHE-{key}-{suite}" for suite in ("AES128-SHA", "AES256-SHA") for key in ("ECDSA", "RSA")
)
STATIC = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA")

PROFILES = {
    "COMPATIBLE": (*AEAD, *CBC, *STATIC),
    "MODERN": (*AEAD, *CBC),
    "RESTRICTED": AEAD,
    "FIPS_202205": tuple(suite for suite in AEAD if "GCM" in suite),
    "CUSTOM": ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "AES128-SHA"),
}
TLS_1_3 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


def policy(profile, minimum):
    fips = profile == "FIPS_202205"
    return SslPolicy(
        minimum,
        cipher_suites=PROFILES[profile],
        curves=("P-256", "P-384") if fips else (),
        fips=fips,
    )


def negotiable(profile, minimum):
    """Version → suites that a client can get, by OpenSSL's names.

    Before TLS 1.2 there are no suites but those with CBC and SHA-1.
    """
    versions = list(TlsVersion)
    suites = set(PROFILES[profile])
    old = {suite for suite in suites if suite.endswith("-SHA")}
    new = set(TLS_1_3) - ({TLS_1_3[2]} if profile == "FIPS_202205" else set())
    by_version = dict(zip(versions, (old, old, suites, new), strict=True))
    return {
        v: by_version[v] if v in versions[versions.index(minimum) :] else set() for v in versions
    }


EVERY = [
    (profile, minimum)
    for profile in PROFILES
    for minimum in TlsVersion
    if (profile, minimum) != ("FIPS_202205", TlsVersion.TLS_1_3)  # no such policy can be made
]
