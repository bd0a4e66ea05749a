"""Files that are not as files should be: each has a defined end that the user is told, and stops no other."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cagelab_bridge._gen.cagelab.bridge.v1 import session_pb2, transfer_pb2
from tests.acceptance.bridge import Bridge, wait_until
from tests.acceptance.lab import Lab
from tests.acceptance.test_whole_session import started, stored, written

SPEC = session_pb2.SessionSpec(subject="Algernon", lab="CogLab")
HUGE = 2**31 + 4096  # bytes; more than a 32-bit number counts
HOLD = """
import sys
handle = open(sys.argv[1], "ab")
handle.write(b"more")
handle.flush()
print("open", flush=True)
sys.stdin.read()
"""


def uploaded(bridge: Bridge, session_id: str, *paths: str) -> str:
    request = transfer_pb2.UploadFilesRequest(request_id=str(uuid.uuid4()), session_id=session_id, paths=paths)
    transfer_id: str = bridge.call("UploadFiles", request).transfer.transfer_id
    return transfer_id


@contextmanager
def held_open(path: Path) -> Iterator[None]:
    """Another program has the file open for writing."""
    writer = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdin is not None
    assert writer.stdout.readline() == "open\n"
    try:
        yield
    finally:
        writer.stdin.close()
        writer.wait(30)
        writer.stdout.close()


def test_empty_files_and_names_with_spaces_and_accents_are_delivered(entered: Bridge, lab: Lab) -> None:
    """Nothing about a name or an empty file is special: the object holds what the disk holds."""
    session = started(entered, SPEC)
    files = written(
        session,
        {
            "events.table.empty.tsv": b"",
            "events.table.a name with spaces.tsv": b"spaces",
            "events.table.größe_é_中文.tsv": "größe".encode(),
            "events.table.100%+#&?.tsv": b"signs",
        },
    )
    transfer = entered.settled(uploaded(entered, session.session_id))
    assert transfer.state == transfer_pb2.TRANSFER_STATE_DONE, transfer
    for file in transfer.files:
        assert stored(lab, file) == files[file.relative_path]


def test_a_file_beyond_two_gigabytes_keeps_its_size(entered: Bridge) -> None:
    """Sizes are 64 bits wide from the journal to Alyx."""
    session = started(entered, SPEC)
    path = Path(session.folder) / "mock.img.huge.npy"
    with path.open("wb") as file:
        file.truncate(HUGE)
    transfer_id = uploaded(entered, session.session_id)

    def look() -> transfer_pb2.Transfer | None:
        found = entered.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=transfer_id)).transfer
        return found if found.state == transfer_pb2.TRANSFER_STATE_DONE else None

    (file_,) = wait_until(look, patience=240).files
    assert (file_.size, file_.bytes_sent) == (HUGE, HUGE)


def test_a_file_that_is_still_being_written_waits_for_its_end(entered: Bridge, lab: Lab) -> None:
    """The others go on; once the writer closes it, the file is delivered as it is then."""
    session = started(entered, SPEC)
    written(session, {"events.table.1.tsv": b"whole", "mock.table.growing.npy": b"first "})
    with held_open(Path(session.folder) / "mock.table.growing.npy"):
        transfer_id = uploaded(entered, session.session_id)

        def busy() -> transfer_pb2.Transfer | None:
            found = entered.call("GetTransfer", transfer_pb2.GetTransferRequest(transfer_id=transfer_id)).transfer
            waits = any("open for writing" in file.reason for file in found.files)
            return found if found.files_done == 1 and waits else None

        assert not wait_until(busy).files_blocked
    growing = next(file for file in entered.settled(transfer_id).files if "growing" in file.relative_path)
    assert growing.state == transfer_pb2.FILE_STATE_DONE
    assert stored(lab, growing) == b"first more"


def test_a_missing_file_is_told_and_a_returned_one_is_taken(entered: Bridge) -> None:
    """A named file that is not there is BLOCKED; put back, retry delivers it."""
    session = started(entered, SPEC)
    written(session, {"events.table.1.tsv": b"here"})
    transfer_id = uploaded(entered, session.session_id, "events.table.1.tsv", "events.table.2.tsv")
    transfer = entered.settled(transfer_id)
    (missing,) = [file for file in transfer.files if file.blocked]
    assert (transfer.files_done, missing.relative_path) == (1, "events.table.2.tsv")
    assert "There is no file" in missing.reason
    assert "retry" in missing.hint
    written(session, {"events.table.2.tsv": b"back"})
    entered.call("RetryTransfer", transfer_pb2.RetryTransferRequest(transfer_id=transfer_id))
    wait_until(lambda: entered.settled(transfer_id).files_done == 2 or None)


def test_sources_are_never_touched(entered: Bridge) -> None:
    """Delivery reads: content, times and names of the files stay as they were."""
    session = started(entered, SPEC)
    files = written(session, {"events.table.1.tsv": b"mine", "raw/mock.img.npy": b"picture"})
    before = {path: path.stat() for path in (Path(session.folder) / name for name in files)}
    entered.settled(uploaded(entered, session.session_id))
    for path, stat in before.items():
        now = path.stat()
        assert (now.st_size, now.st_mtime_ns, now.st_ino, now.st_mode) == (
            stat.st_size,
            stat.st_mtime_ns,
            stat.st_ino,
            stat.st_mode,
        )
