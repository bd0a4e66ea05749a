"""What addresses of stores have in common, whichever protocol they name."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from cagelab_bridge.errors import InvalidInput


def split(address: str, told: str, usual_ports: Mapping[str, int], forms: str) -> SplitResult:
    """The parts of an address that names a scheme of `usual_ports`, a host, and no more than that and a path.

    `told`: the address as sentences name it; `forms`: what it should look like. Raises InvalidInput (about "dataUrl").
    """
    try:
        url = urlsplit(address)
        known = url.scheme in usual_ports and bool(url.hostname) and url.port != 0
    except ValueError:
        known = False
    if not known:
        kinds = " or ".join(usual_ports)
        raise InvalidInput(f"{told} is not an {kinds} address.", about="dataUrl", hint=forms)
    if url.username is not None or url.query or url.fragment:
        raise InvalidInput(f"{told} holds more than an address.", about="dataUrl", hint=forms)
    if not address.endswith("/"):
        # Alyx joins address and path as they are: without the slash the last folder and the subject become one.
        raise InvalidInput(f"{told} does not end in a slash.", about="dataUrl", hint=forms)
    return url


def endpoint(url: SplitResult, usual_ports: Mapping[str, int]) -> str:
    """The one way to write the server of an address: without the usual port, without a slash."""
    host = url.hostname or ""
    named = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{named}" + (f":{url.port}" if url.port not in {None, usual_ports[url.scheme]} else "")


def shown(address: str) -> str:
    """The address without what may be a password in front of the host."""
    scheme, mark, rest = address.partition("://")
    return scheme + mark + rest.rpartition("@")[2]
