"""Where secrets and data may go without encryption: to this computer, and to the hosts that the settings name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from cagelab_bridge.errors import InvalidInput, NoCredentials, NotLoggedIn

ANYWHERE = "*"
NAME = re.compile(r"[a-z0-9_.-]+")


class PlainHttp:
    """The hosts that plain http may reach. Names are compared as they are written: none is looked up, so that nobody
    who answers for names can widen the list."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        """`hosts`: names or addresses without port, or "*" for all. Raises InvalidInput for what is no host."""
        self._hosts = frozenset(map(_host, hosts))
        self._safe: set[str] = set()  # asked before each request

    def demand(self, url: str, refuse: type[NotLoggedIn] | type[NoCredentials]) -> None:
        """Raises `refuse` (about "insecure") for an http address elsewhere: a login or key waits until the settings
        name the host."""
        if url in self._safe:
            return
        parts = urlsplit(url)
        host = _canonical(parts.hostname or "")
        if parts.scheme != "http" or is_loopback(host) or not self._hosts.isdisjoint({host, ANYWHERE}):
            self._safe.add(url)
            return
        raise refuse(
            f"{url} is not encrypted: anybody in the network between could read the password or key, and the data.",
            about="insecure",
            hint=f"Use an https address where there is one. If your lab accepts plain http in its own network, put "
            f'insecure_hosts = ["{host}"] under [network] in bridge.toml and start the bridge again.',
        )


def is_loopback(host: str) -> bool:
    """True for this computer itself, by address or as "localhost"."""
    return ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _canonical(host: str) -> str:
    """The one way to write a host: lower case, IPv6 at its shortest, without brackets, other scripts in ASCII."""
    bare = host.removeprefix("[").removesuffix("]").lower().rstrip(".")
    if _is_address(bare):
        return ipaddress.ip_address(bare).compressed
    try:
        return bare.encode("idna").decode("ascii")
    except UnicodeError:
        return bare


def _host(text: str) -> str:
    """A host of the settings. Raises InvalidInput."""
    host = _canonical(text.strip())
    if host != ANYWHERE and not NAME.fullmatch(host) and not _is_address(host):
        raise InvalidInput(
            f"network.insecure_hosts names {text!r}, which is no host.",
            about="settings",
            hint='Write names or addresses without http:// and port, such as ["172.16.102.30"], or ["*"] for all.',
        )
    return host
