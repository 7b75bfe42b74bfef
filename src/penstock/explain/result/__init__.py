"""What `explain` answers, as plain values; docs/json-output.md lists the keys.

Everything that somebody wrote, or that is somebody's default, says so in a
`Source` beside it.  Text output is made from the same values.
"""

from penstock.explain.result.backend import (
    Affinity,
    Backend,
    Choice,
    Endpoint,
    EndpointTls,
    Group,
    Guard,
    Limit,
    Logging,
    Outliers,
    Retry,
)
from penstock.explain.result.entrance import (
    Access,
    Asked,
    Balancer,
    ClientCertificates,
    Clients,
    Front,
    PresentedCertificate,
    Proxy,
    SslRules,
    Tls,
)
from penstock.explain.result.explanation import Action, Answer, Explanation, Unserved
from penstock.explain.result.routing import (
    Change,
    Cors,
    Fault,
    HeaderChange,
    Host,
    LostHost,
    Mirroring,
    Rewrite,
    Route,
)
from penstock.explain.result.values import PLANE, Part, Seconds, Source, Text, seconds, source, text

__all__ = [
    "PLANE",
    "Access",
    "Action",
    "Affinity",
    "Answer",
    "Asked",
    "Backend",
    "Balancer",
    "Change",
    "Choice",
    "ClientCertificates",
    "Clients",
    "Cors",
    "Endpoint",
    "EndpointTls",
    "Explanation",
    "Fault",
    "Front",
    "Group",
    "Guard",
    "HeaderChange",
    "Host",
    "Limit",
    "Logging",
    "LostHost",
    "Mirroring",
    "Outliers",
    "Part",
    "PresentedCertificate",
    "Proxy",
    "Retry",
    "Rewrite",
    "Route",
    "Seconds",
    "Source",
    "SslRules",
    "Text",
    "Tls",
    "Unserved",
    "seconds",
    "source",
    "text",
]
