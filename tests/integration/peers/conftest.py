"""A control PC and a rig to call."""

from __future__ import annotations

from tests.security.lan_fixtures import control, rig

__all__ = ["control", "rig"]  # fixtures
