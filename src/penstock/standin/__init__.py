"""Stand-ins: small echo servers that take a pod's place where no pod runs."""
