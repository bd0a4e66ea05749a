"""A peer as a file: TOML, one file per peer, named after it.

# pacman-002.toml: a bridge that this one trusts. Deleting the file ends that at once.
roles = ["rig"]
address = "192.168.3.22"
port = 7461
lend = "lab"              # or "after-forward", "never": what a control PC lends to this rig
subjects = []             # lend only for these; empty: any
projects = []
lend_raw_keys = false     # true: the rig may hold the store's key pair itself
certificate = \"\"\"
-----BEGIN CERTIFICATE-----
…
\"\"\"
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, Final

from cagelab_bridge.errors import InvalidInput
from cagelab_bridge.identity.certificates import check_peer_certificate
from cagelab_bridge.models import Lend, Lending, Peer

ROLES: Final = ("control", "rig", "client")
DEFAULT_PORT: Final = 7461
LARGEST = 16 * 1024  # bytes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:_-]{0,254}")  # a host name, IPv4 or IPv6; never an option
_KEYS = frozenset(("roles", "address", "port", "lend", "subjects", "projects", "lend_raw_keys", "certificate"))


def checked_name(text: str) -> str:
    """A name that is a file name everywhere. Raises InvalidInput."""
    if not _NAME.fullmatch(text) or text.endswith(".toml"):
        raise InvalidInput(
            f"{text[:80]!r} cannot name a peer.",
            about="name",
            hint="Use up to 63 letters, digits, dots, dashes and underscores, beginning with a letter or digit.",
        )
    return text


def checked_address(text: str) -> str:
    """A host name or IP address, without port. Raises InvalidInput."""
    if not _ADDRESS.fullmatch(text) or (":" in text and not re.fullmatch(r"[0-9A-Fa-f:.]+", text)):
        raise InvalidInput(
            f"{text[:80]!r} is no address of a computer.", about="address", hint="Use a name such as rig7 or 10.0.0.17."
        )
    return text


def parse_peer(name: str, data: bytes, own_fingerprint: str) -> Peer:
    """The peer that a file's content describes. Raises InvalidInput, CertificateRefused."""
    checked_name(name)
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        raise _wrong("It is not TOML.") from None
    unknown = sorted(set(document) - _KEYS)
    if unknown:
        raise _wrong(f"It says {unknown[0][:40]!r}, which means nothing here.")
    certificate = check_peer_certificate(_text(document, "certificate"), own_fingerprint)
    address = _text(document, "address")
    port = document.get("port", DEFAULT_PORT)
    if type(port) is not int or not 0 < port < 65536:
        raise _wrong("Its port is none.")
    return Peer(
        name=name,
        fingerprint=certificate.fingerprint,
        certificate_pem=certificate.pem,
        roles=_roles(document),
        address=checked_address(address) if address else "",
        port=port,
        lending=_lending(document),
    )


def peer_text(peer: Peer) -> str:
    """The file's content for a peer."""
    lines = [
        f"# {peer.name}: a bridge that this one trusts. Deleting this file ends that at once.",
        f"roles = {_toml(sorted(peer.roles))}",
    ]
    if peer.address:
        lines += [f"address = {_toml(peer.address)}", f"port = {peer.port or DEFAULT_PORT}"]
    if "rig" in peer.roles:
        lines += [
            f"lend = {_toml(peer.lending.lend.value)}",
            f"subjects = {_toml(list(peer.lending.subjects))}",
            f"projects = {_toml(list(peer.lending.projects))}",
            f"lend_raw_keys = {_toml(peer.lending.raw_keys)}",
        ]
    lines.append(f'certificate = """\n{peer.certificate_pem.strip()}\n"""')
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """Texts, switches and lists of texts are written as in JSON; only DEL is one more character to escape."""
    return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f")


def _roles(document: dict[str, Any]) -> frozenset[str]:
    roles = _texts(document, "roles")
    if not roles or set(roles) - set(ROLES):
        raise _wrong(f"Its roles must be some of {', '.join(ROLES)}.")
    return frozenset(roles)


def _lending(document: dict[str, Any]) -> Lending:
    word, raw = document.get("lend", Lend.LAB.value), document.get("lend_raw_keys", False)
    if word not in list(Lend):
        raise _wrong(f"`lend` must be one of {', '.join(Lend)}.")
    if not isinstance(raw, bool):
        raise _wrong("`lend_raw_keys` must be true or false.")
    return Lending(
        lend=Lend(word), subjects=_texts(document, "subjects"), projects=_texts(document, "projects"), raw_keys=raw
    )


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise _wrong(f"`{key}` must be text.")
    return value


def _texts(document: dict[str, Any], key: str) -> tuple[str, ...]:
    value = document.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(f"`{key}` must be a list of texts.")
    return tuple(value)


def _wrong(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, about="peer", hint="Mend the file, or pair again.")
