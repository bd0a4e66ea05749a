"""What outlives the bridge in a simulation: Alyx, the store, the disk, the client; and the bridge's lives."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cagelab_bridge import assembly
from cagelab_bridge.alyx.door import HttpxAlyxDoor
from cagelab_bridge.api.house import House
from cagelab_bridge.config import Settings
from cagelab_bridge.event_models import Receiver
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.keys.sandbox_keyring import NoKeyring
from cagelab_bridge.object_names import with_id
from cagelab_bridge.ports import PeerList, ReceiverDoor
from cagelab_bridge.sandbox import ids
from cagelab_bridge.sandbox.alyx.auth import Accounts
from cagelab_bridge.sandbox.alyx.core import AlyxCore
from cagelab_bridge.sandbox.demo import demo_seed
from cagelab_bridge.sandbox.seed import World as SeededWorld
from cagelab_bridge.sandbox.seed import load
from cagelab_bridge.store import parts
from cagelab_bridge.store.door import S3Door
from tests.simulation.alyx_network import AlyxNetwork
from tests.simulation.chaos import Chaos
from tests.simulation.clock import VirtualLoop
from tests.simulation.computer import BEGIN, SimulatedFiles, SimulatedRuntime
from tests.simulation.matfile import torn
from tests.simulation.store_network import StoreNetwork

ALYX = "http://127.0.0.1:8000"
STORE = "http://127.0.0.1:9000"
SPARE_COPY = "/home/ann/ongoingTaskRun.mat"
QUARANTINE = 60.0  # seconds; longer than a late request can sleep


class Untrue(AssertionError):
    """An invariant does not hold."""


@cache
def seeded() -> SeededWorld:
    """The demo lab; copied for each simulation."""
    return load(demo_seed(STORE))


@cache
def empty_journal() -> bytes:
    """The file of a journal that was just made; its making is proved elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        Journal(Path(folder)).close()
        return (Path(folder) / "journal.db").read_bytes()


@contextlib.contextmanager
def small_parts() -> Iterator[None]:
    """Parts of some KiB, so that multipart uploads cost nothing to simulate; a file of three is read along."""
    old = parts.MIB, parts.SMALLEST, parts.READ_ALONG
    parts.MIB, parts.SMALLEST, parts.READ_ALONG = 1024, 4 * 1024, 8 * 1024
    try:
        yield
    finally:
        parts.MIB, parts.SMALLEST, parts.READ_ALONG = old


class World:
    """Everything around one bridge, and the bridge itself from crash to crash."""

    role = "workstation"
    peers: PeerList | None = None  # whom a rig is paired with

    receivers: ReceiverDoor | None = None  # of events
    rules: tuple[Receiver, ...] = ()

    def __init__(self, chaos: Chaos, folder: Path) -> None:
        self.chaos = chaos
        self.folder = folder
        self.time = 1000.0
        self.lives = 0
        self.boot = "boot"  # names the run of the computer
        self.loop: VirtualLoop | None = None
        self.files = SimulatedFiles(chaos, self.now)
        self.processes: dict[int, int] = {}  # when each client's process began, by its id
        self.store = StoreNetwork(chaos)
        accounts = Accounts(new_token=lambda name: hashlib.sha1(f"{name}{self.now()}".encode()).hexdigest())
        for name, password in seeded().accounts.items():
            accounts.add(name, password)
        self.core = AlyxCore(seeded().state.copy(), self.wall, ids.series(str(chaos.random.random())), accounts)
        self.network = AlyxNetwork(self.core, chaos, self.look)
        self.house: House | None = None
        self._disk = self._inserted(folder / "journal.db")

    def _inserted(self, path: Path) -> sqlite3.Connection:
        """The journal, made; and a connection to it that stays, so that the log of a life is left to the next one to
        read, as a process that dies leaves it: SQLite tidies up when the last connection is closed."""
        path.write_bytes(empty_journal())
        keeper = sqlite3.connect(path)
        keeper.execute("SELECT count(*) FROM session").fetchone()
        return keeper

    def now(self) -> float:
        """Virtual seconds, across lives."""
        return self.loop.time() if self.loop is not None else self.time

    def wall(self) -> datetime:
        """Alyx's clock."""
        return (BEGIN + timedelta(seconds=self.now())).astimezone(UTC).replace(tzinfo=None)

    def open(self) -> House:
        """A new life of the bridge, on what the journal says."""
        self.lives += 1
        self.network.life = self.lives
        runtime = SimulatedRuntime(self.chaos, self.files, self.processes)
        runtime.boot = self.boot
        settings = Settings(
            lab_name="CogLab",
            lab_time_zone="UTC",
            lab_root="/data",
            alyx_quarantine_seconds=QUARANTINE,
            state_folder=str(self.folder),
            files_spare_copy=SPARE_COPY,
            bridge_role=self.role,
        )
        doors = assembly.Doors(
            runtime=runtime,
            alyx=HttpxAlyxDoor(runtime, self.network),
            stores=S3Door(runtime, self.store),
            keyring=NoKeyring(),
            receivers=self.receivers,
            rules=self.rules,
        )
        self.house = assembly.build(settings, Journal(self.folder, edge=self.chaos.edge), doors, peers=self.peers)
        self.house.records.start()
        self.house.delivery.start()
        self.house.event_deliveries.start()
        self.house.abandonment.start()
        return self.house

    def begin_life(self) -> VirtualLoop:
        """An event loop that goes on where time stands."""
        self.loop = VirtualLoop(self.time)
        return self.loop

    def bury(self) -> None:
        """The process is dead: nothing of it runs any more, what was not committed is gone."""
        assert self.loop is not None
        self.time = self.loop.time() + 1.0
        for task in self.loop.unfinished():
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # a dead process does not complain
            with contextlib.suppress(Exception):
                task.get_coro().close()
        self.loop.close()
        self.loop = None
        if self.house is not None:
            self.house.journal.close()
            self.house = None

    def close(self) -> None:
        """The end of the simulation."""
        if self.loop is not None:
            self.bury()
        self._disk.close()

    def look(self) -> None:
        """After every change in Alyx: nothing is called PASS that is not stored as it says."""
        for dataset in self.core.state.rows("dataset"):
            if (dataset["qc"] == "PASS" or dataset["qc"] == 10) and torn(self.require_stored(dataset)):
                raise Untrue(f"{dataset['name']} is PASS but torn")

    def require_stored(self, dataset: dict[str, object]) -> bytes:
        """What the store holds for a dataset, which is what Alyx says of it. Raises Untrue."""
        records = self.core.state.where("file_record", "dataset", dataset["id"])
        paths = [str(record["relative_path"]) for record in records if record["exists"]]
        if not paths:
            raise Untrue(f"{dataset['name']} is judged but not marked as existing")
        # A corrected subject may leave an object of older bytes under the old path, which does not exist for Alyx.
        wanted = with_id(paths[0], str(dataset["id"]))
        found = [thing for key, thing in self.store.objects.items() if key.endswith(wanted)]
        if not found or hashlib.md5(found[0].data).hexdigest() != dataset["hash"]:
            raise Untrue(f"{dataset['name']} is judged but the store does not hold it")
        return found[0].data
