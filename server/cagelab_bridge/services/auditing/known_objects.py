"""Whether an object is some dataset's: its name holds the dataset's id."""

from __future__ import annotations

from cagelab_bridge.errors import RecordMissing
from cagelab_bridge.object_names import with_id
from cagelab_bridge.ports import Alyx

ID_LENGTH = 36


async def is_a_datasets(alyx: Alyx, key: str) -> bool:
    """True when Alyx has a dataset of that id which lies there. Raises Unreachable …"""
    for part in key.rpartition("/")[2].split("."):
        if len(part) == ID_LENGTH and part.count("-") == 4:
            try:
                record = await alyx.read(f"datasets/{part}")
            except RecordMissing:
                continue
            paths = [with_id(str(entry["relative_path"]), part) for entry in record["file_records"]]
            return any(key.endswith(path) for path in paths)
    return False
