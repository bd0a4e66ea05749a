"""Where a dataset's object lies on a share: pure functions from a share's address to server, share and path."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from cagelab_bridge import store_address
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.object_names import with_id

SCHEME = "smb"
PORT = 445
USUAL_PORTS = {SCHEME: PORT}
FORMS = "It looks like smb://server/share/folder/; `cagelab-bridge setup --share …` writes it."
# Windows and Samba take none of these in a name; behind a colon there would be a second stream of another file.
FORBIDDEN = frozenset('\\/:*?"<>|')
LONGEST = 255  # units of UTF-16 in one name (MS-FSCC 2.1.5)


class Location(NamedTuple):
    """An object: the server's address, the share, and the path below it, with slashes."""

    endpoint: str
    share: str
    key: str


def is_share(address: str) -> bool:
    """Whether that address is one of a share."""
    return address.lower().startswith(f"{SCHEME}://")


def locate(address: str, relative_path: str, dataset_id: str) -> Location:
    """Where the file `relative_path` of a repository on that share is kept: as in a bucket, with the dataset's UUID
    before the extension. Raises InvalidInput (about "dataUrl" or "path")."""
    endpoint, share, prefix = place(address)
    if not dataset_id:
        raise InvalidInput("The dataset has no id.", about="path")
    path = with_id(relative_path, dataset_id)
    for name in path.split("/"):
        _check(name, f"{relative_path!r} cannot be kept on a share", "path", "Rename it, then upload it anew.")
    return Location(endpoint, share, prefix + path)


def place(address: str) -> tuple[str, str, str]:
    """Endpoint, share and prefix ("" or ending in "/") of a share's address. Raises InvalidInput (about "dataUrl")."""
    told = f"The share's address {store_address.shown(address)!r}"
    url = store_address.split(address, told, USUAL_PORTS, FORMS)
    share, *folders = [unquote(segment) for segment in url.path.strip("/").split("/")]
    if not share:
        raise InvalidInput(f"{told} names no share.", about="dataUrl", hint=FORMS)
    for name in (share, *folders):
        _check(name, told, "dataUrl", FORMS)
    return store_address.endpoint(url, USUAL_PORTS), share, "".join(folder + "/" for folder in folders)


def server_of(endpoint: str) -> tuple[str, int]:
    """Host and port of an endpoint as `place` makes it."""
    url = urlsplit(endpoint)
    return url.hostname or "", url.port or PORT


def _check(name: str, told: str, about: str, hint: str) -> None:
    if name in {"", ".", ".."} or name[-1] in " .":
        raise InvalidInput(f"{told}: {name!r} is no name there.", about=about, hint=hint)
    wrong = [character for character in name if character in FORBIDDEN or ord(character) < 32]
    if wrong:
        raise InvalidInput(f"{told}: a name must not hold {wrong[0]!r}.", about=about, hint=hint)
    if len(name.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST:
        raise InvalidInput(f"{told}: a name has more than {LONGEST} characters.", about=about, hint=hint)
