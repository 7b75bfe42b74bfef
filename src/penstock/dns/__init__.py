"""DNS routing policies: a small authoritative responder for names of load balancers."""
