"""DNS routing policies: a small authoritative responder for names of load balancers.

`choose` decides what a client is answered and why; `places` says where a client is;
`catalogue` which names there are; `answer` turns one query's bytes into its answer's;
`udp`, `tcp` and `responder` are the sockets.  All but the sockets is pure.
"""

from penstock.dns.answer import Answerer, Knowledge
from penstock.dns.catalogue import Catalogue
from penstock.dns.choose import Choice, Order, TargetHealth, TargetState, choose
from penstock.dns.places import Place, Places
from penstock.dns.responder import Responder

__all__ = [
    "Answerer",
    "Catalogue",
    "Choice",
    "Knowledge",
    "Order",
    "Place",
    "Places",
    "Responder",
    "TargetHealth",
    "TargetState",
    "choose",
]
