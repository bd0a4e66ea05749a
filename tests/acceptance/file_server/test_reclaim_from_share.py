"""Files that a share of a real smbd holds leave this computer, and what lies loose on it is found."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.file_server.nas import PREFIX, Nas
from tests.acceptance.test_whole_session import asked, completed, ended, started, written

APART = 0.36  # seconds
FILES = {"events.table.1.tsv": b"a\tb\n", "mock.table.nothing.npy": b"", "raw_video/mock.img.npy": b"picture" * 1000}


@pytest.fixture
def soon(nas: Nas, tmp_path: Path) -> Iterator[Bridge]:
    """A bridge that is logged in everywhere, in a lab that was set up, and holds nothing back."""
    hold = {"RECLAIM_HOLD_DAYS": "0", "RECLAIM_APART_HOURS": str(APART / 3600)}
    with nas.bridge(tmp_path / "bridge", **hold) as bridge:
        yield bridge


def test_a_share_is_read_before_a_file_goes(nas: Nas, soon: Bridge) -> None:
    """An object that a bad disk changed keeps its file; the others go, an empty one too. A file on the share that is no
    session's is found."""
    session = started(soon)
    written(session, FILES)
    ended(soon, session.session_id, upload_folder=True)
    final = completed(soon, session.session_id)
    verified = time.monotonic()
    wait_until(lambda: time.monotonic() - verified > APART)  # two verifications at the same time are one
    [row] = [row for row in asked(soon, f"datasets?session={final.alyx_id}") if row["name"] == "events.table.1.tsv"]
    place = f"{PREFIX}/{final.subject}/{final.date}/{final.alyx_number:03d}"
    nas.stored(f"{place}/events.table.1.{row['url'].rpartition('/')[2]}.tsv").write_bytes(b"x\ty\n")
    ran = soon.command("reclaim", session.session_id, "--delete", "--yes", "--json")
    told = {file["relative_path"]: file for file in json.loads(ran.stdout)["sessions"][0]["files"]}
    states = {path: file["state"].removeprefix("RECLAIM_STATE_") for path, file in told.items()}
    assert states == dict.fromkeys(FILES, "RECLAIMED") | {"events.table.1.tsv": "STAYS"}, told
    assert "other bytes" in told["events.table.1.tsv"]["reason"]
    folder = Path(session.folder)
    assert [(folder / path).exists() for path in sorted(FILES)] == [True, False, False]
    stray = nas.stored(f"{PREFIX}/Ghost/{final.date}/001/a.b.tsv")
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    audit = json.loads(soon.command("audit", "--subject", "Ghost", "--json").stdout)
    assert [one["what"].endswith(f"Ghost/{final.date}/001/") for one in audit["store"]] == [True], audit
