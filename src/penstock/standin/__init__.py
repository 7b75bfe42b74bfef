"""Stand-ins: small echo servers that take a pod's place where no pod runs.

Two halves.  `plan` decides, purely, which pods the input asks for and what
Kubernetes would say about their endpoints.  `python -m penstock.standin` is a
process that runs any number of such pods, told what to do over a Unix socket
(`client`); it is separate so that their traffic never stalls the control plane.
The package imports nothing here, because that process has to start fast.
"""


class StandInError(Exception):
    """The stand-in process refused: the text says why."""
