"""Where a dataset's object lives: pure functions from Alyx's names to a bucket and a key."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from cagelab_bridge import store_address
from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.object_names import with_id

FORMS = "It looks like http://host:9000/<bucket>/<prefix>/; correct it in Alyx (admin, data repositories)."
USUAL_PORTS = {"http": 80, "https": 443}


class Location(NamedTuple):
    """An object: the store's address (no trailing slash), the bucket and the key (not percent-encoded)."""

    endpoint: str
    bucket: str
    key: str


def locate(data_url: str, relative_path: str, dataset_id: str) -> Location:
    """Where the file `relative_path` of a repository with `data_url` is kept, so that Alyx's own URL of it is true.

    Alyx and ONE take data_url + relative path, with the dataset's UUID before the extension.
    Raises InvalidInput (about "dataUrl" or "path").
    """
    endpoint, bucket, prefix = place(data_url)
    if not dataset_id:
        raise InvalidInput("The dataset has no id.", about="path")
    _check(relative_path.split("/"), f"{relative_path!r} is not a relative path of a file.", "path", "")
    return Location(endpoint, bucket, prefix + with_id(relative_path, dataset_id))


def place(data_url: str) -> tuple[str, str, str]:
    """Endpoint, bucket and key prefix ("" or ending in "/") of a repository's `data_url`. Raises InvalidInput."""
    told = f"The repository's data_url {store_address.shown(data_url)!r}"
    url = store_address.split(data_url, told, USUAL_PORTS, FORMS)
    bucket, *folders = [unquote(segment) for segment in url.path.strip("/").split("/")]
    if not bucket:
        raise InvalidInput(f"{told} names no bucket.", about="dataUrl", hint=FORMS)
    _check([bucket, *folders], f"{told} has an empty or dotted folder.", "dataUrl", FORMS)
    return store_address.endpoint(url, USUAL_PORTS), bucket, "".join(folder + "/" for folder in folders)


def _check(segments: list[str], sentence: str, about: str, hint: str) -> None:
    for segment in segments:
        if segment in {"", ".", ".."} or "/" in segment or any(ord(character) < 32 for character in segment):
            raise InvalidInput(sentence, about=about, hint=hint)
