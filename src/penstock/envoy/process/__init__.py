"""One Envoy: started or taken over, restarted when it dies, hot-restarted, drained at the end.

Envoy is nobody's child and writes to files, so it serves on when the control
plane is killed.  The next control plane with the same state directory finds it
and takes it over as it is; if it was started with another bootstrap, program or
options than are wanted now, it is hot-restarted: a new process takes the
listening sockets from the old one, which finishes its connections and ends.

`starter` makes processes, `waiting` waits for what they become, `supervisor` holds
the one that serves, `run` owns the whole for the time of a block, `left_over` ends
one that nobody wants.
"""

from penstock.envoy.launch import EnvoyError, EnvoySettings
from penstock.envoy.process.left_over import end_left_over
from penstock.envoy.process.run import run_envoy
from penstock.envoy.process.state import ProcessPhase, ProcessState
from penstock.envoy.process.supervisor import EnvoyProcess

__all__ = [
    "EnvoyError",
    "EnvoyProcess",
    "EnvoySettings",
    "ProcessPhase",
    "ProcessState",
    "end_left_over",
    "run_envoy",
]
