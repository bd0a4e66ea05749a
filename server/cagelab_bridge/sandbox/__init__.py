"""An Alyx-compatible server and an S3 server on loopback, for demos, tests and the simulator.

It imports nothing of the rest of the package.
"""

from __future__ import annotations

from .alyx_service import AlyxService
from .faults import Fault, FaultPlan
from .sandbox import Sandbox

__all__ = ["AlyxService", "Fault", "FaultPlan", "Sandbox"]
