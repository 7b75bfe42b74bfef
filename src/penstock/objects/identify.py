"""What a mapping says it is: a kind to read, one to pass over, or a mistake."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from penstock.model import FieldPath, FindingCode
from penstock.objects import codes
from penstock.objects.compute import kinds as compute
from penstock.objects.compute.recognise import kind_by_fields, other_collection, self_linked
from penstock.objects.dns import kinds as dns
from penstock.objects.dns.base import PREFIX as DNS_PREFIX
from penstock.objects.known_kinds import (
    KINDS,
    KINDS_OF_OTHERS,
    OWN_KINDS,
    REMOVED_VERSIONS,
    group_of,
    is_later,
    is_own,
    is_passed_over,
)
from penstock.objects.meta import Resource
from penstock.objects.schema import describe
from penstock.objects.suggest import nearest


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind to read, or what to say; neither means: pass over."""

    kind: type[Resource] | None = None
    code: FindingCode | None = None
    path: FieldPath = ()
    message: str = ""
    hint: str = ""
    unread: bool = True
    """With a code: whether the author meant an object that now is left out."""

    @property
    def consequence(self) -> str:
        """The message's last sentence, if that says so."""
        sentence = self.message.rpartition(". ")[2]
        return sentence if sentence.endswith(" is left out.") else ""


_PASS = Verdict(unread=False)
_LIKE_A_KIND: Final = 0.75
"""How alike a word has to be to a kind to be a slip of the pen, from 0 to 1."""


def identify(value: dict[str, Any]) -> Verdict:
    """What a document or list item is."""
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if api_version is None and kind is None:
        return _no_object(value)
    for name, given in (("apiVersion", api_version), ("kind", kind)):
        if given is not None and not isinstance(given, str):
            message = f"`{name}` must be text, but it is {describe(given)}. The object is left out."
            return Verdict(None, codes.WRONG_TYPE, (name,), message, f"Quote the value of {name}.")
    if not kind:
        return _no_kind(value)
    if str(kind).startswith(compute.PREFIX):
        return _of_compute(str(kind), api_version)
    if str(kind).startswith(DNS_PREFIX):
        return _of_dns(str(kind), api_version)
    if not api_version:
        return _no_api_version(str(kind))
    return _of_kind(str(api_version), str(kind))


def _no_kind(value: dict[str, Any]) -> Verdict:
    if value.keys() >= _CHART_KEYS and "metadata" not in value:
        message = "This is the description of a Helm chart, not a Kubernetes object."
        return Verdict(None, codes.NOT_KUBERNETES, (), message, _HELM_HINT)
    message = "`kind` is missing, so nobody knows what this object is. It is left out."
    near = nearest("kind", [key for key in value if key != "apiVersion"])
    hint = (
        f"`{near}` looks like it: write `kind`." if near else "Add kind:, for example kind: Ingress"
    )
    return Verdict(None, codes.MISSING_KIND, (), message, hint)


def _no_api_version(kind: str) -> Verdict:
    meant = _without_prefix(kind)
    if meant:
        message = f"There is no kind `{kind[:60]}`. The object is left out."
        hint = f"Of Compute resources, write kind: {meant}"
        return Verdict(None, codes.KIND_MISSPELT, ("kind",), message, hint)
    known = KINDS.get(kind) or KINDS.get(nearest(kind, KINDS) or "")
    hint = f"Add apiVersion: {known.API_VERSIONS[0]}" if known else "Add the kind's apiVersion."
    message = f"`apiVersion` is missing. The {kind[:60]} is left out."
    return Verdict(None, codes.MISSING_API_VERSION, (), message, hint)


def _of_kind(api_version: str, kind: str) -> Verdict:
    known = KINDS.get(kind)
    if known is not None and api_version in known.API_VERSIONS:
        return Verdict(known)
    group = group_of(api_version)
    if known is not None and group in (group_of(known.API_VERSIONS[0]), *KINDS_OF_OTHERS):
        return _wrong_version(api_version, known)
    meant = nearest(kind, KINDS_OF_OTHERS.get(group, ()), _LIKE_A_KIND)
    if meant:
        return _misspelt(api_version, kind, meant)
    if is_later(api_version, kind):
        return _later(kind)
    if is_passed_over(api_version, kind):
        return _PASS
    if kind == "Kustomization" and group == "kustomize.config.k8s.io":
        message = "A kustomization is a recipe: what it adds and changes is not applied here."
        return Verdict(None, codes.NOT_KUBERNETES, ("kind",), message, _KUSTOMIZE_HINT)
    if known is not None and _means(api_version, known):
        return _wrong_version(api_version, known)
    meant = _meant_kind(api_version, kind)
    if meant:
        return _misspelt(api_version, kind, meant)
    message = f"Penstock does not know {kind[:60]} ({api_version[:80]}) and passes it over."
    return Verdict(None, codes.UNKNOWN_KIND, ("kind",), message, unread=False)


def _misspelt(api_version: str, kind: str, meant: str) -> Verdict:
    message = f"There is no kind `{kind[:60]}` in {api_version[:60]}. The object is left out."
    return Verdict(None, codes.KIND_MISSPELT, ("kind",), message, f"Did you mean `{meant}`?")


def _without_prefix(kind: str) -> str | None:
    """The Compute kind that ``urlMap``, ``UrlMap`` or ``urlMaps`` stands for."""
    if kind in KINDS:
        return None
    lower = kind.lower()
    for collection, of in compute.COLLECTIONS.items():
        if lower in (collection.lower(), of.KIND.removeprefix(compute.PREFIX).lower()):
            return of.KIND
    return None


def _without_version(known: type[Resource], api_version: Any) -> Verdict:
    """A kind of one of Google's APIs, which write no apiVersion."""
    if api_version in (None, *known.API_VERSIONS):
        return Verdict(known)
    message = f"A {known.KIND} has no apiVersion `{str(api_version)[:60]}`. It is left out."
    path = ("apiVersion",)
    return Verdict(None, codes.WRONG_API_VERSION, path, message, "Remove apiVersion.")


def _nobodys(kind: str, kinds: Iterable[str]) -> Verdict:
    """A kind of one of Google's APIs that Penstock does not know."""
    meant = nearest(kind, kinds, 0.85)
    if meant:
        message = f"There is no kind `{kind[:60]}`. The resource is left out."
        return Verdict(None, codes.KIND_MISSPELT, ("kind",), message, f"Did you mean `{meant}`?")
    message = f"Penstock does not know {kind[:60]} and passes it over."
    return Verdict(None, codes.UNKNOWN_KIND, ("kind",), message, unread=False)


def _of_compute(kind: str, api_version: Any) -> Verdict:
    known = compute.KINDS.get(kind)
    if known is not None:
        return _without_version(known, api_version)
    of_list = compute.item_kind(kind)
    if of_list in compute.KINDS:
        message = f"`items` of a {kind} must be a list. It is left out."
        return Verdict(None, codes.WRONG_TYPE, ("items",), message)
    name = (of_list or kind).removeprefix(compute.PREFIX)
    if name in compute.PASSED_OVER:
        return _PASS
    if name in compute.LATER:
        verdict = _later(kind)
        return dataclasses.replace(verdict, hint=_INSTANCE_HINT if name == "instance" else "")
    return _nobodys(kind, compute.KINDS)


def _of_dns(kind: str, api_version: Any) -> Verdict:
    known = dns.KINDS.get(kind)
    if known is not None:
        return _without_version(known, api_version)
    if kind in dns.LISTS:
        message = f"`{dns.LISTS[kind]}` of a {kind} must be a list. It is left out."
        return Verdict(None, codes.WRONG_TYPE, (dns.LISTS[kind],), message)
    if kind.removeprefix(DNS_PREFIX) in dns.PASSED_OVER:
        return _PASS
    return _nobodys(kind, dns.KINDS)


_CERTIFICATE_HINT = "Give it a Secret or files under spec.certificates of a PenstockConfig."
_INSTANCE_HINT = "Give machines their addresses under spec.instances of a PenstockConfig."


def _later(kind: str) -> Verdict:
    message = f"{kind[:60]} is not supported yet; Penstock passes it over."
    return Verdict(None, codes.NOT_SUPPORTED_YET, ("kind",), message, unread=False)


def _means(api_version: str, known: type[Resource]) -> bool:
    """Whether an apiVersion is a mistaken one of Kubernetes, not another product's."""
    group = group_of(api_version)
    right = known.API_VERSIONS[0]
    return is_own(group) or "." not in group or nearest(api_version, [right], 0.8) is not None


def _wrong_version(api_version: str, known: type[Resource]) -> Verdict:
    kind, right = known.KIND, known.API_VERSIONS[0]
    hint = f"Write apiVersion: {right}"
    if api_version in REMOVED_VERSIONS.get(kind, ()):
        message = (
            f"{api_version} no longer carries {kind}: Kubernetes removed it in favour of {right}. "
            f"The {kind} is left out."
        )
        if kind == "Ingress":
            hint += (
                ", give each path a pathType, and write serviceName and servicePort as "
                "service: {name: NAME, port: {number: 80}}."
            )
        return Verdict(None, codes.OLD_API_VERSION, ("apiVersion",), message, hint)
    message = f"{api_version[:80]} does not carry {kind}; {right} does. The {kind} is left out."
    return Verdict(None, codes.WRONG_API_VERSION, ("apiVersion",), message, hint)


def _meant_kind(api_version: str, kind: str) -> str | None:
    """The kind that a misspelt one most likely stands for."""
    group = group_of(api_version)
    if is_own(group) or "." not in group:
        known = sorted({*KINDS, *OWN_KINDS})
        begun = [name for name in KINDS if len(kind) > 2 and name.startswith(kind)]
        return nearest(kind, known, _LIKE_A_KIND) or (begun[0] if begun else None)
    return None


_TOOLS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("services",)), "a Docker Compose file"),
    (frozenset(("true", "jobs")), "a CI workflow"),
    (frozenset(("openapi", "paths")), "an OpenAPI description"),
)
_KUSTOMIZE_KEYS = frozenset(
    (
        *("resources", "bases", "components", "generators", "transformers", "replacements"),
        *("patches", "patchesStrategicMerge", "patchesJson6902", "images", "commonLabels"),
        *("configMapGenerator", "secretGenerator", "namePrefix", "nameSuffix"),
    )
)
_KUSTOMIZE_HINT = "Render it first: kubectl kustomize DIRECTORY | penstock up -f -"
_CHART_KEYS = frozenset(("apiVersion", "name", "version"))
_HELM_HINT = "Render the chart first: helm template CHART | penstock up -f -"


def _no_object(value: dict[str, Any]) -> Verdict:
    if self_linked(value):
        return _PASS
    collection = other_collection(value)
    if collection is not None:
        message = f"The resource {value['name'][:100]} is not supported yet; it is passed over."
        hint = _CERTIFICATE_HINT if collection == "certificates" else ""
        return Verdict(None, codes.NOT_SUPPORTED_YET, ("name",), message, hint, unread=False)
    compute_kind = kind_by_fields(value)
    if compute_kind is not None:
        what = compute_kind.KIND.removeprefix(compute.PREFIX)
        message = f"This looks like a Compute {what}, but does not say so. It is left out."
        hint = f"Add this line: kind: {compute_kind.KIND}"
        return Verdict(None, codes.MISSING_KIND, (), message, hint)
    near = nearest("apiVersion", [str(key) for key in value], 0.85)
    if near:
        message = f"`{near}` should be `apiVersion`, and `kind` is missing. The object is left out."
        return Verdict(None, codes.MISSING_API_VERSION, (near,), message, "Write `apiVersion`.")
    if "metadata" in value or "spec" in value:
        message = "`apiVersion` and `kind` are missing. The object is left out."
        hint = "Add apiVersion: and kind: at the start, without indentation."
        return Verdict(None, codes.MISSING_KIND, (), message, hint)
    message = "This document has neither apiVersion nor kind, so it is no Kubernetes object."
    return Verdict(None, codes.NOT_KUBERNETES, (), message, "Leave it out of the input.")


def not_kubernetes_hint(file: str, value: dict[str, Any]) -> str | None:
    """What a document that is no object most likely is, and what to do; None if unknown."""
    name = re.split(r"[/\\]", file)[-1].lower()
    if name in ("kustomization.yaml", "kustomization.yml") or _KUSTOMIZE_KEYS & value.keys():
        return f"It looks like a kustomization. {_KUSTOMIZE_HINT}"
    if re.fullmatch(r"(chart|values[\w.-]*|.*-values)\.ya?ml", name):
        return f"It looks like a part of a Helm chart. {_HELM_HINT}"
    for keys, what in _TOOLS:
        if keys <= value.keys():
            return f"It looks like {what}; leave it out of the input."
    return None
