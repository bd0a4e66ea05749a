"""Alyx's base address, from the many ways in which people type it."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import quote

from cagelab_bridge.errors import InvalidInput

HINT = "Give the address as in http://172.16.102.30:8000 or https://alyx.lab.org."
DEFAULT_PORTS = {"http": 80, "https": 443}

# The first parts of the pages that Alyx 3.6.1 serves (its urls.py files). Pasted from a browser, an address ends in one
# of them; what stands before is where Alyx is mounted.
# fmt: off
PAGES = frozenset({
    "admin", "admin-actions", "admin-tasks", "api", "auth", "auth-token", "brain-regions", "cache.zip", "channels",
    "check-protected", "chronic-insertions", "data-formats", "data-notices", "data-repository",
    "data-repository-type", "dataset-types", "datasets", "docs", "downloads", "fields-of-view", "files",
    "fov-location", "imaging-stack", "insertions", "labs", "locations", "new-download", "notes", "procedures",
    "projects", "register-file", "revisions", "sessions", "subjects", "surgeries", "sync-file-status", "tags",
    "tasks", "trajectories", "users", "water-administrations", "water-requirement", "water-restricted-subjects",
    "water-restriction", "water-type", "weighings",
})
# fmt: on

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@lru_cache(maxsize=64)
def normalise(text: str) -> str:
    """The canonical base address: `scheme://host[:port][/path]`, lower case, no trailing slash, no default port.

    Without a scheme it is http for IP addresses, localhost and any port but 443, https otherwise. Query, fragment and
    the path from the first page of Alyx on (`/admin/…`, `/sessions`) are dropped; a path before it is kept
    (`https://lab.org/alyx`). Raises InvalidInput: empty, not http or https, not a host, or with a user name or password
    in it (the sentence never repeats those).
    """
    text = text.strip()
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    if scheme not in {"", *DEFAULT_PORTS}:
        raise _invalid(f"Alyx is reached over http or https, not over {scheme}.")
    authority, path = _split(text[match.end() :] if match else text)
    host, port = _host_and_port(authority)
    scheme = scheme or _guess_scheme(host, port)
    shown_port = "" if port in {None, DEFAULT_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{host}{shown_port}{_mount(path)}"


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, about="address", hint=HINT)


def _split(rest: str) -> tuple[str, str]:
    """Authority and path of an address without its scheme."""
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    authority, _, path = rest.partition("/")
    if "@" in authority:
        raise _invalid("The address of Alyx must not hold a user name or password; they are given separately.")
    if not authority:
        raise _invalid("There is no address of Alyx.")
    if re.search(r"[\s\\\x00-\x1f\x7f]", rest):
        raise _invalid("The address of Alyx has a space, backslash or control character in it.")
    return authority, path


def _host_and_port(authority: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::(.*))?", authority)
    if bracketed or authority.count(":") > 1:
        inside, port = (bracketed[1], bracketed[2]) if bracketed else (authority, None)
        return _ip6(inside), _port(port)
    name, colon, port = authority.partition(":")
    return _name(name), _port(port if colon else None)


def _ip6(text: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise _invalid(f'"{text}" is not an IPv6 address.') from None
    if address.scope_id:
        raise _invalid(f'"{text}" names a network interface; leave out what follows "%".')
    return f"[{address.compressed}]"


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise _invalid(f'"{text}" is not a port: 1 to 65535.')
    return int(text)


def _name(text: str) -> str:
    host = text.rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = ""
    numeric = bool(re.fullmatch(r"[0-9.]+", host))
    if numeric and not _is_ip4(host):
        raise _invalid(f'"{text}" is not an IP address.')
    if not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise _invalid(f'"{text}" is not the name of a computer.')
    return host


def _is_ip4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _guess_scheme(host: str, port: int | None) -> str:
    if port is not None:
        return "https" if port == DEFAULT_PORTS["https"] else "http"
    return "http" if host == "localhost" or host.startswith("[") or _is_ip4(host) else "https"


def _mount(path: str) -> str:
    """The part of the path at which Alyx is mounted: "" or "/alyx"."""
    kept: list[str] = []
    for part in path.split("/"):
        if part.lower() in PAGES:
            break
        if part in {".", ".."}:
            raise _invalid('The address of Alyx has a "." or ".." in its path.')
        if part:
            kept.append(quote(part, safe="-._~%"))
    return "".join(f"/{part}" for part in kept)
