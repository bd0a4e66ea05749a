"""What can be wrong with a computer: planted by the tests, found by `doctor`."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

SECRET = "planted-canary-7e31"  # in everything that is planted: `doctor` must name the place and never show it


def mc_config(home: Path) -> None:
    """MinIO's client, as CageLab's old minioManager set it up."""
    alias = {"url": "http://172.16.102.77:9000", "accessKey": "coglab", "secretKey": SECRET}
    own = {"url": "https://play.min.io", "accessKey": "known", "secretKey": "to everybody"}
    place = home / ".mc" / "config.json"
    place.parent.mkdir()
    place.write_text(json.dumps({"version": "10", "aliases": {"play": own, "coglab": alias}}))


def plain_keyring(home: Path) -> None:
    """What keyrings.alt leaves behind."""
    place = home / ".local" / "share" / "python_keyring" / "keyring_pass.cfg"
    place.parent.mkdir(parents=True)
    place.write_text(f"[cagelab-bridge]\nalyx = {SECRET}\n")


def mat_file(path: Path, *words: str) -> None:
    """A MAT file of version 7 with one compressed variable that holds the words, as names of properties stand in it."""
    inside = "\0".join([*words, SECRET]).encode() + bytes(64)
    packed = zlib.compress(struct.pack("<II", 1, len(inside)) + inside)
    header = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x01IM"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + struct.pack("<II", 15, len(packed)) + packed)


def old_data(home: Path) -> None:
    """A session's file with the object of the old class, secrets and all; and one of the new class beside it."""
    mat_file(home / "lastTaskRun.mat", "alyxManager", "baseURL", "password", "AWS_ID", "AWS_KEY")
    mat_file(home / "ongoingTaskRun.mat", "alyxManager", "baseURL")


def matlab_preferences(home: Path) -> None:
    """setpref with a key in it."""
    mat_file(home / ".matlab" / "R2025b" / "matlabprefs.mat", "opticka", "AWS_KEY")


def start_file(home: Path) -> None:
    """A password for every shell."""
    (home / ".bashrc").write_text(f"# AlyxPassword=none\nexport PATH=$PATH\nexport AlyxPassword='{SECRET}'\n")


def set_aside(state: Path) -> None:
    """What the bridge does on a copied disk."""
    (state / "set-aside-2026-01-31T10-00-00Z").mkdir()
