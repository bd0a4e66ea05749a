"""A program that writes an HDF5 file and is killed in the middle.

Arguments: path, user block (bytes), libver, "flushed" or not.
"""

from __future__ import annotations

import os
import signal
import sys

import h5py

path, userblock, libver, flushed = sys.argv[1:]
file = h5py.File(path, "w", userblock_size=int(userblock), libver=libver)
rows = file.create_dataset("rows", (0, 100), maxshape=(None, 100), chunks=(100, 100), dtype="f8")
for number in range(60):
    rows.resize(rows.shape[0] + 100, 0)
    rows[-100:] = number
    if flushed == "flushed" and number == 30:
        file.flush()
os.kill(os.getpid(), signal.SIGKILL)
