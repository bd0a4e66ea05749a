"""Alyx over HTTP; the only place that knows httpx."""

from __future__ import annotations

from cagelab_bridge.alyx.address import normalise
from cagelab_bridge.alyx.connection import HttpxAlyx
from cagelab_bridge.alyx.door import HttpxAlyxDoor

__all__ = ["HttpxAlyx", "HttpxAlyxDoor", "normalise"]
