"""Names as Kubernetes allows them, with reasons why others are not.

The rules are those of the API server (RFC 1123 labels and subdomains, RFC 1035
labels, qualified names).  Each function answers None for a good name and
otherwise a short reason that fits behind "… is not allowed: ".
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
_DNS_1035 = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?", re.ASCII)
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*", re.ASCII)
_QUALIFIED = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]", re.ASCII)
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*", re.ASCII)
_LONGEST_LABEL = 63
_LONGEST_SUBDOMAIN = 253
_LONGEST_PORT_NAME = 15

_cached = functools.lru_cache(maxsize=16384)


@_cached
def bad_label(name: str) -> str | None:
    """Why `name` is no RFC 1123 label (namespaces)."""
    if len(name) <= _LONGEST_LABEL and _LABEL.fullmatch(name):
        return None
    return _reason(name, _LONGEST_LABEL, dots=False)


@_cached
def bad_dns_1035(name: str) -> str | None:
    """Why `name` is no RFC 1035 label (Services)."""
    if len(name) <= _LONGEST_LABEL and _DNS_1035.fullmatch(name):
        return None
    if name[:1].isdigit() and bad_label(name) is None:
        return "it must start with a letter"
    return _reason(name, _LONGEST_LABEL, dots=False)


@_cached
def bad_subdomain(name: str) -> str | None:
    """Why `name` is no RFC 1123 subdomain (most objects)."""
    if len(name) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(name):
        return None
    return _reason(name, _LONGEST_SUBDOMAIN, dots=True)


def _reason(name: str, longest: int, dots: bool) -> str:
    if not name:
        return "it is empty"
    if len(name) > longest:
        return f"it is longer than {longest} characters"
    if any(c.isupper() for c in name):
        return "it has upper-case letters"
    if "_" in name:
        return "it has an underscore; use a dash"
    if "." in name and not dots:
        return "it has a dot"
    allowed = "lower-case letters, digits and dashes" + (", and dots between them" if dots else "")
    if not name[0].isalnum() or not name[-1].isalnum():
        return "it must start and end with a letter or digit"
    return f"it may hold only {allowed}"


def lower_hint(name: str) -> str:
    """The nearest allowed spelling, as a hint; empty if there is none."""
    if not name.isascii():
        with contextlib.suppress(UnicodeError):
            name = name.lower().encode("idna").decode()
            return f"Write `{name}`." if _SUBDOMAIN.fullmatch(name) else ""
    tried = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    return f"Write `{tried}`." if tried != name and _SUBDOMAIN.fullmatch(tried) else ""


@_cached
def bad_qualified(key: str) -> str | None:
    """Why `key` is no label or annotation key (``prefix/name`` or ``name``)."""
    prefix, slash, name = key.rpartition("/")
    if slash and bad_subdomain(prefix.lower()):
        return f"the part before the slash is no DNS name ({bad_subdomain(prefix.lower())})"
    if not name:
        return "it is empty" if not slash else "nothing follows the slash"
    if len(name) > _LONGEST_LABEL:
        return f"its name is longer than {_LONGEST_LABEL} characters"
    if not _QUALIFIED.fullmatch(name):
        return (
            "it may hold only letters, digits, - _ . and must begin and end with a letter or digit"
        )
    return None


@_cached
def bad_label_value(value: str) -> str | None:
    """Why `value` is no label value."""
    if not value or (len(value) <= _LONGEST_LABEL and _QUALIFIED.fullmatch(value)):
        return None
    if len(value) > _LONGEST_LABEL:
        return f"it is longer than {_LONGEST_LABEL} characters"
    return "it may hold only letters, digits, - _ . and letters or digits at the ends"


@_cached
def bad_port_name(name: str) -> str | None:
    """Why `name` is no port name (RFC 6335 service names, at most 15 characters)."""
    if len(name) <= _LONGEST_PORT_NAME and _PORT_NAME.fullmatch(name):
        return None
    if len(name) > _LONGEST_PORT_NAME:
        return f"it is longer than {_LONGEST_PORT_NAME} characters"
    if name.isdigit():
        return "it has no letter, so it looks like a number"
    return "it may hold only lower-case letters, digits and single dashes between them"


def bad_port(number: int) -> str | None:
    """Why `number` is no port."""
    return None if 1 <= number <= 65535 else "ports go from 1 to 65535"


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@_cached
def bad_host(host: str) -> tuple[str, str] | None:
    """Why `host` is no host of an Ingress, and a hint."""
    if is_ip(host.strip("[]")):
        return "it is an IP address", "Ingress hosts are names; leave the host out to match all."
    if "://" in host:
        return "it is a URL", f"Write only the name: `{host.split('://', 1)[1].split('/')[0]}`."
    if "/" in host:
        return "it has a path", "Put the path under http.paths."
    if ":" in host:
        return "it has a port", f"Write `{host.split(':')[0]}`; Ingresses listen on 80 and 443."
    if "*" in host:
        return _bad_wildcard(host)
    reason = bad_subdomain(host)
    return (reason, lower_hint(host)) if reason else None


def _bad_wildcard(host: str) -> tuple[str, str] | None:
    if host == "*":
        return "a wildcard needs a domain behind it", "Leave the host out to match every host."
    if not host.startswith("*.") or "*" in host[1:]:
        hint = "Write `*.example.com`."
        return "a wildcard may only be the whole first label", hint
    reason = bad_subdomain(host[2:])
    return (reason, lower_hint(host[2:]).replace("Write `", "Write `*.")) if reason else None
