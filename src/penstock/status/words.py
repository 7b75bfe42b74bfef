"""Words of users in a terminal."""

from __future__ import annotations


def host_part(address: str) -> str:
    """An address as it stands before a port or in a URL: IPv6 in brackets (RFC 3986, 3.2.2)."""
    return f"[{address}]" if ":" in address else address


def visible(text: str) -> str:
    """Control characters as escapes: what a file says must not command a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
