"""Addresses and subnetworks."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    NOT_INTERNAL,
    OUTPUT,
    Table,
    row,
)
from penstock.objects.compute.network import Address, Subnetwork

TABLE: Table = {
    Address: (
        row("address", HONOURED),
        row(
            "addressType",
            NO_EFFECT,
            "the address is used as it is",
            usual=("INTERNAL",),
            values="EXTERNAL INTERNAL UNSPECIFIED_TYPE",
        ),
        row("ipCollection", NOT_INTERNAL, "for external load balancers only"),
        row(
            "ipVersion",
            NO_EFFECT,
            "the address says it",
            usual=("IPV4", "UNSPECIFIED_VERSION"),
            values="IPV4 IPV6 UNSPECIFIED_VERSION",
        ),
        row(
            "ipv6EndpointType", NOT_INTERNAL, "for external load balancers only", values="NETLB VM"
        ),
        row("labelFingerprint", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row("network", NO_EFFECT, "the forwarding rule says the network"),
        row("networkAttachment", NOT_INTERNAL, "for Private Service Connect only"),
        row(
            "networkTier",
            NO_EFFECT,
            "there is one network here",
            usual=("PREMIUM",),
            values="FIXED_STANDARD PREMIUM STANDARD STANDARD_OVERRIDES_FIXED_STANDARD",
        ),
        row("prefixLength", NO_EFFECT, "a forwarding rule takes one address"),
        row(
            "purpose",
            HONOURED,
            "several forwarding rules share one of SHARED_LOADBALANCER_VIP",
            values=(
                "DNS_RESOLVER GCE_ENDPOINT IPSEC_INTERCONNECT NAT_AUTO "
                "PASSTHROUGH_LOAD_BALANCER_AVAILABILITY_GROUP0 "
                "PASSTHROUGH_LOAD_BALANCER_AVAILABILITY_GROUP1 PRIVATE_SERVICE_CONNECT "
                "SERVERLESS SHARED_LOADBALANCER_VIP VPC_PEERING"
            ),
        ),
        row("serviceClassId", NOT_INTERNAL, "for Private Service Connect only"),
        row("status", OUTPUT, values="IN_USE RESERVED RESERVING"),
        row("subnetwork", HONOURED),
        row("users", OUTPUT),
    ),
    Subnetwork: (
        row("allowSubnetCidrRoutesOverlap", NO_EFFECT, "belongs to Google Cloud itself"),
        row("enableFlowLogs", NO_EFFECT, "belongs to Google Cloud itself"),
        row("externalIpv6Prefix", NO_EFFECT, "IPv4 addresses are used"),
        row("gatewayAddress", OUTPUT),
        row("internalIpv6Prefix", NO_EFFECT, "IPv4 addresses are used"),
        row("ipCidrRange", HONOURED),
        row("ipCollection", NO_EFFECT, "belongs to Google Cloud itself"),
        row("ipv6AccessType", NO_EFFECT, "IPv4 addresses are used", values="EXTERNAL INTERNAL"),
        row("ipv6CidrRange", OUTPUT),
        row("ipv6GceEndpoint", OUTPUT, values="VM_AND_FR VM_ONLY"),
        row("logConfig", NO_EFFECT, "belongs to Google Cloud itself"),
        row("network", HONOURED),
        row("params", NO_EFFECT, "belongs to Google Cloud itself"),
        row("privateIpGoogleAccess", NO_EFFECT, "belongs to Google Cloud itself"),
        row(
            "privateIpv6GoogleAccess",
            NO_EFFECT,
            "belongs to Google Cloud itself",
            usual=("DISABLE_GOOGLE_ACCESS",),
            values=(
                "DISABLE_GOOGLE_ACCESS ENABLE_BIDIRECTIONAL_ACCESS_TO_GOOGLE "
                "ENABLE_OUTBOUND_VM_ACCESS_TO_GOOGLE"
            ),
        ),
        row(
            "purpose",
            HONOURED,
            "the proxies connect out of REGIONAL_MANAGED_PROXY and GLOBAL_MANAGED_PROXY",
            values=(
                "GLOBAL_MANAGED_PROXY INTERNAL_HTTPS_LOAD_BALANCER PEER_MIGRATION "
                "PRIVATE PRIVATE_NAT PRIVATE_RFC_1918 PRIVATE_SERVICE_CONNECT "
                "REGIONAL_MANAGED_PROXY"
            ),
        ),
        row("reservedInternalRange", NO_EFFECT, "belongs to Google Cloud itself"),
        row(
            "resolveSubnetMask",
            NO_EFFECT,
            "belongs to Google Cloud itself",
            values=(
                "ARP_ALL_RANGES ARP_BROADCAST_PRIMARY_RANGE "
                "ARP_BROADCAST_PRIMARY_RANGE_WITH_LEARNING ARP_PRIMARY_RANGE"
            ),
        ),
        row(
            "role",
            HONOURED,
            "what is in a BACKUP subnetwork is not used",
            values="ACTIVE BACKUP",
        ),
        row("secondaryIpRanges", HONOURED, "where clients are that have addresses out of them"),
        row(
            "stackType",
            NO_EFFECT,
            "IPv4 addresses are used",
            usual=("IPV4_ONLY",),
            values="IPV4_IPV6 IPV4_ONLY IPV6_ONLY",
        ),
        row("state", OUTPUT, values="DRAINING READY"),
        row("systemReservedExternalIpv6Ranges", OUTPUT),
        row("systemReservedInternalIpv6Ranges", OUTPUT),
        row("utilizationDetails", OUTPUT),
    ),
}
