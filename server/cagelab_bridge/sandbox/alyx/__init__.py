"""The Alyx 3.6.1 stand-in of the sandbox: an I/O-free core that computes its answers from its records."""

from __future__ import annotations

from .auth import Accounts
from .core import AlyxCore
from .messages import Request, Response
from .state import State

__all__ = ["Accounts", "AlyxCore", "Request", "Response", "State"]
