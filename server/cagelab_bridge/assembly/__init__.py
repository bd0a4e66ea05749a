"""Builds all objects in one place: the doors to the outside world, the services, the one way in."""

from cagelab_bridge.assembly.dispatcher import dispatcher
from cagelab_bridge.assembly.doors import Doors, real_doors
from cagelab_bridge.assembly.house import build

__all__ = ["Doors", "build", "dispatcher", "real_doors"]
