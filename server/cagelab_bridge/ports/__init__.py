"""What must be replaceable: the computer the bridge runs on (Runtime, Files), Alyx, the store and other bridges.

Services and adapters reach clocks, sleep, randomness, ids, threads and the file system only through `Runtime`; that is
what lets the very same code run in a simulator, in virtual time, with faults.
"""

from cagelab_bridge.ports.alyx import Alyx, AlyxDoor, Page
from cagelab_bridge.ports.computer import Arrival, Arrivals, Files, FileStat, Json, Runtime
from cagelab_bridge.ports.keyring import Keyring, KeyringState, KeyringView
from cagelab_bridge.ports.peers import PeerDoor, PeerLink, PeerList
from cagelab_bridge.ports.receivers import ReceiverDoor
from cagelab_bridge.ports.store import (
    NO_TOKEN,
    SHORTEST_WATCHED,
    Contents,
    Hashes,
    Place,
    Reading,
    Signer,
    SignOrder,
    Store,
    StoredObject,
    StoreDoor,
    StoreKeys,
    Upload,
    UploadEvents,
    Watched,
)

__all__ = [
    "NO_TOKEN",
    "SHORTEST_WATCHED",
    "Alyx",
    "AlyxDoor",
    "Arrival",
    "Arrivals",
    "Contents",
    "FileStat",
    "Files",
    "Hashes",
    "Json",
    "Keyring",
    "KeyringState",
    "KeyringView",
    "Page",
    "PeerDoor",
    "PeerLink",
    "PeerList",
    "Place",
    "Reading",
    "ReceiverDoor",
    "Runtime",
    "SignOrder",
    "Signer",
    "Store",
    "StoreDoor",
    "StoreKeys",
    "StoredObject",
    "Upload",
    "UploadEvents",
    "Watched",
]
