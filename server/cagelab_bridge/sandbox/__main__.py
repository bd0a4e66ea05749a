"""`python -m cagelab_bridge.sandbox`."""

from __future__ import annotations

import sys

from .command import main

sys.exit(main())
