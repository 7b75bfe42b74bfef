"""Finding codes of the stand-in planner."""

from penstock.model import Severity, code

PORT_NAME_UNKNOWN = code(
    "stand-in/port-name-unknown",
    Severity.ERROR,
    "A Service's target port names no port of the pods it selects",
)
PORT_CONFLICT = code(
    "stand-in/port-conflict",
    Severity.WARNING,
    "Two Services want different protocols on one pod port",
)
PROTOCOL_UNSUPPORTED = code(
    "stand-in/protocol-unsupported",
    Severity.INFO,
    "A Service's port has a protocol that stand-ins do not speak",
)
REPLICAS_LIMITED = code(
    "stand-in/replicas-limited",
    Severity.INFO,
    "A workload wants more replicas than stand-ins are started",
)
SELECTOR_MATCHES_NOTHING = code(
    "stand-in/selector-matches-nothing",
    Severity.WARNING,
    "A Service's selector matches no workload, but nearly matches one",
)
NO_ADDRESS = code(
    "stand-in/no-address",
    Severity.ERROR,
    "No loopback address is left for a stand-in",
)
CLUSTER_ENDPOINTS = code(
    "stand-in/cluster-endpoints",
    Severity.INFO,
    "Stand-ins take the place of a cluster's pods",
)
