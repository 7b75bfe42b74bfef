"""Every field of every Cloud DNS schema that is read, and what becomes of it.

The table of docs/dns.md, checks of enumerations and findings on fields without
effect come from it; tests hold it together with the kinds' fields and with the
API's own schema.
"""

from __future__ import annotations

from typing import Final

from penstock.objects.compute.fields.row import (
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    OUTPUT,
    FieldRow,
    Table,
    row,
)
from penstock.objects.dns.managed_zone import (
    CloudLoggingConfig,
    DnsSecConfig,
    ManagedZone,
    VisibilityConfig,
    VisibilityNetwork,
)
from penstock.objects.dns.record_set import (
    GeoPolicy,
    GeoPolicyItem,
    HealthCheckTargets,
    LoadBalancerTarget,
    PrimaryBackupPolicy,
    ResourceRecordSet,
    RoutingPolicy,
    WrrPolicy,
    WrrPolicyItem,
)

_UNSIGNED: Final = "answers are not signed"
_OF_OTHERS: Final = "others answer for a zone that has it: queries for it are refused"
_KIND: Final = row("kind", OUTPUT)
_SIGNATURES: Final = row("signatureRrdatas", NO_EFFECT, _UNSIGNED)


def _items(*more: FieldRow) -> tuple[FieldRow, ...]:
    return (
        row("healthCheckedTargets", HONOURED),
        _KIND,
        row("rrdatas", HONOURED, "answered whatever their health"),
        _SIGNATURES,
        *more,
    )


FIELDS: Final[Table] = {
    ResourceRecordSet: (
        row("kind", HONOURED, "which resource it is"),
        row("name", HONOURED, "the zone with the longest name that it ends in has it"),
        row("routingPolicy", HONOURED),
        row("rrdatas", HONOURED),
        _SIGNATURES,
        row("ttl", HONOURED, "300 where it is not written, as `gcloud` has it"),
        row("type", HONOURED, "A and AAAA; of other types only that the name is there"),
    ),
    RoutingPolicy: (
        row("geo", HONOURED),
        row("healthCheck", NO_EFFECT, "external endpoints are not probed from here"),
        _KIND,
        row("primaryBackup", HONOURED),
        row("wrr", HONOURED),
    ),
    GeoPolicy: (
        row("enableFencing", HONOURED),
        row("items", HONOURED),
        _KIND,
    ),
    GeoPolicyItem: _items(row("location", HONOURED, "a region")),
    WrrPolicy: (row("items", HONOURED), _KIND),
    WrrPolicyItem: _items(row("weight", HONOURED, "0 where it is not written")),
    PrimaryBackupPolicy: (
        row("backupGeoTargets", HONOURED),
        _KIND,
        row("primaryTargets", HONOURED),
        row("trickleTraffic", HONOURED),
    ),
    HealthCheckTargets: (
        row("externalEndpoints", HONOURED, "answered, but not probed"),
        row("internalLoadBalancers", HONOURED),
    ),
    LoadBalancerTarget: (
        row("ipAddress", HONOURED, "answered is the address that the rule really has"),
        row("ipProtocol", HONOURED, values="tcp udp undefined"),
        _KIND,
        row(
            "loadBalancerType",
            HONOURED,
            "regional and global Application Load Balancers",
            values="globalL7ilb none regionalL4ilb regionalL7ilb",
        ),
        row("networkUrl", HONOURED),
        row("port", HONOURED),
        row("project", HONOURED),
        row("region", HONOURED),
    ),
    ManagedZone: (
        row("kind", HONOURED, "which resource it is"),
        row("cloudLoggingConfig", NO_EFFECT, "there is no log of queries"),
        row("creationTime", OUTPUT),
        row("description", DESCRIPTIVE, "for people"),
        row("dnsName", HONOURED),
        row("dnssecConfig", NO_EFFECT, _UNSIGNED, usual=("off",)),
        row("forwardingConfig", HONOURED, _OF_OTHERS),
        row("id", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row("name", HONOURED, "names the resource in its project"),
        row("nameServerSet", NO_EFFECT, "there is one responder"),
        row("nameServers", HONOURED, "the zone's NS records"),
        row("peeringConfig", HONOURED, _OF_OTHERS),
        row("privateVisibilityConfig", HONOURED),
        row("reverseLookupConfig", HONOURED, _OF_OTHERS),
        row("serviceDirectoryConfig", HONOURED, _OF_OTHERS),
        row(
            "visibility",
            HONOURED,
            "a public zone honours every client's EDNS subnet; public where it is not written",
            values="private public",
        ),
    ),
    DnsSecConfig: (
        row("defaultKeySpecs", NO_EFFECT, _UNSIGNED),
        _KIND,
        row("nonExistence", NO_EFFECT, _UNSIGNED, usual=("nsec3",), values="nsec nsec3"),
        row("state", NO_EFFECT, _UNSIGNED, usual=("off",), values="off on transfer"),
    ),
    CloudLoggingConfig: (
        row("enableLogging", NO_EFFECT, "there is no log of queries"),
        _KIND,
    ),
    VisibilityConfig: (
        row("gkeClusters", NO_EFFECT, "clusters have no networks of their own here"),
        _KIND,
        row("networks", HONOURED, "clients of other networks are refused"),
    ),
    VisibilityNetwork: (_KIND, row("networkUrl", HONOURED)),
}
"""By the type of the schema, in the order of the documentation."""
