"""Where a dataset's object lives: pure functions from Alyx's names to a bucket and a key."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

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
    told = f"The repository's data_url {_shown(data_url)!r}"
    url = _split(data_url, told)
    if not data_url.endswith("/"):
        # Alyx joins data_url and path as they are: without the slash the last folder and the subject become one.
        raise InvalidInput(f"{told} does not end in a slash.", about="dataUrl", hint=FORMS)
    bucket, *folders = [unquote(segment) for segment in url.path.strip("/").split("/")]
    if not bucket:
        raise InvalidInput(f"{told} names no bucket.", about="dataUrl", hint=FORMS)
    _check([bucket, *folders], f"{told} has an empty or dotted folder.", "dataUrl", FORMS)
    return _endpoint(url), bucket, "".join(folder + "/" for folder in folders)


def _split(data_url: str, told: str) -> SplitResult:
    try:
        url = urlsplit(data_url)
        known = url.scheme in USUAL_PORTS and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise InvalidInput(f"{told} is not an http or https address.", about="dataUrl", hint=FORMS)
    if url.username is not None or url.query or url.fragment:
        raise InvalidInput(f"{told} holds more than an address.", about="dataUrl", hint=FORMS)
    return url


def _endpoint(url: SplitResult) -> str:
    host = url.hostname or ""
    named = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{named}" + (f":{url.port}" if url.port not in {None, USUAL_PORTS[url.scheme]} else "")


def _check(segments: list[str], sentence: str, about: str, hint: str) -> None:
    for segment in segments:
        if segment in {"", ".", ".."} or "/" in segment or any(ord(character) < 32 for character in segment):
            raise InvalidInput(sentence, about=about, hint=hint)


def _shown(data_url: str) -> str:
    """The address without what may be a password in front of the host."""
    scheme, mark, rest = data_url.partition("://")
    return scheme + mark + rest.rpartition("@")[2]
