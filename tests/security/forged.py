"""Certificates that are almost those of bridges."""

from __future__ import annotations

import hashlib
import inspect
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cagelab_bridge.identity.certificates import PROFILE, SINCE, UNTIL

PEM = serialization.Encoding.PEM
EXTENSIONS = tuple((extension, critical) for extension, critical, _ in PROFILE)


def subject_of(key: Any) -> str:
    """The name that belongs to a key."""
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"cagelab-{hashlib.sha256(spki).hexdigest()[:32]}"


def forge(
    key: Any = None,
    *,
    subject: str = "",
    issuer: str = "",
    signer: Any = None,
    since: datetime = SINCE,
    until: datetime = UNTIL,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = EXTENSIONS,
    digest: Any = None,
) -> tuple[str, str]:
    """Key and certificate, both PEM; right in all that is not named."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    named = subject or subject_of(key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(named))
        .issuer_name(_name(issuer or named))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    no_digest = "Ed25519" in type(signer or key).__name__
    certificate = builder.sign(signer or key, None if no_digest else digest or hashes.SHA256())
    secret = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return secret.decode(), certificate.public_bytes(PEM).decode()


def without(kind: type[x509.ExtensionType]) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """The extensions but one."""
    return tuple(pair for pair in EXTENSIONS if not isinstance(pair[0], kind))


def instead(extension: x509.ExtensionType, *, critical: bool) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    """The extensions, one of them another."""
    return (*without(type(extension)), (extension, critical))


def key_usage(**uses: bool) -> x509.KeyUsage:
    """A keyUsage with these."""
    names = inspect.signature(x509.KeyUsage.__init__).parameters
    return x509.KeyUsage(**{name: uses.get(name, False) for name in names if name != "self"})


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
