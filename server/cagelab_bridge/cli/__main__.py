"""`python -m cagelab_bridge.cli`: the same as `cagelab-bridge`."""

from __future__ import annotations

from cagelab_bridge.cli import main

if __name__ == "__main__":
    main()
