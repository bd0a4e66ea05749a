"""Certificates of bridges: one P-256 key each, signed by itself, pinned by the others; and the check of every one.

TLS alone is not enough. A certificate without keyUsage, or with keyCertSign, may sign others that TLS then accepts; two
with the same subject hide each other; Ed25519 keys fail in gRPC; an expired pin is refused, and clocks of rigs are
wrong after a flat battery. So there is one profile, made here and enforced to the letter at pairing and at each load.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from cagelab_bridge.errors import CertificateRefused
from cagelab_bridge.secret import Secret

TLS_NAME: Final = "bridge.cagelab.internal"  # in every certificate, so that addresses may change
LARGEST = 4096  # bytes of PEM; ours have some 750
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # trust ends by removal, not by date
_USES = {
    "digital_signature": True,
    "content_commitment": False,
    "key_encipherment": False,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}
PROFILE: Final[tuple[tuple[x509.ExtensionType, bool, str], ...]] = (
    (x509.BasicConstraints(ca=False, path_length=None), True, "must say, critically, that it is no authority"),
    (x509.KeyUsage(**_USES), True, "must be for digital signatures only, so that it cannot sign others"),
    (
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        False,
        "must be for servers and clients",
    ),
    (x509.SubjectAlternativeName([x509.DNSName(TLS_NAME)]), False, f"must be for the name {TLS_NAME}"),
)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A certificate that passed the check."""

    fingerprint: str  # SHA-256 of the DER, hex
    subject: str  # "cagelab-<32 hex digits>": differs for different keys
    pem: str  # written anew: nothing but the certificate


def new_certificate() -> tuple[Secret, str]:
    """A new key and its certificate, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _subject(key.public_key()))])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=SINCE,
        not_valid_after=UNTIL,
    )
    for extension, critical, _ in PROFILE:
        builder = builder.add_extension(extension, critical)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Secret(secret.decode("ascii")), pem.decode("ascii")


def check_peer_certificate(data: str | bytes, own_fingerprint: str = "") -> Certificate:
    """Everything that TLS would not enforce. Raises CertificateRefused with a sentence for each violation."""
    pem = data.encode() if isinstance(data, str) else data
    certificate = _parsed(pem)
    key = _key(certificate)
    _check_signature(certificate)
    subject = _subject(key)
    named = [(part.oid, part.value) for part in certificate.subject]
    if named != [(NameOID.COMMON_NAME, subject)]:
        raise CertificateRefused("Its name is not made from its own key; it could hide another device.")
    if (certificate.not_valid_before_utc, certificate.not_valid_after_utc) != (SINCE, UNTIL):
        raise CertificateRefused("It does not hold from 2020 to the end of 9999.")
    _check_extensions(certificate)
    found = certificate.fingerprint(hashes.SHA256()).hex()
    if found == own_fingerprint:
        raise CertificateRefused("It is this bridge's own.", hint="Pair two different computers.")
    text = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
    return Certificate(fingerprint=found, subject=subject, pem=text)


def key_fits(key: Secret, certificate_pem: str) -> bool:
    """Whether the private key is that of the certificate; False also for what is no key."""
    try:
        private = serialization.load_pem_private_key(key.reveal().encode("ascii"), None)
        public = x509.load_pem_x509_certificate(certificate_pem.encode("ascii")).public_key()
    except (ValueError, TypeError):  # TypeError: it is encrypted
        return False
    return private.public_key() == public


@lru_cache(maxsize=256)
def fingerprint_of_pem(pem: bytes) -> str:
    """SHA-256 of the certificate, as TLS hands it over with each call."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


def _parsed(pem: bytes) -> x509.Certificate:
    if len(pem) > LARGEST:
        raise CertificateRefused(f"It is larger than {LARGEST} bytes.")
    if b"PRIVATE KEY" in pem:
        raise CertificateRefused(
            "That holds a private key, which must never leave its computer.",
            hint="Make that computer a new identity, and send only what `cagelab-bridge id --cert` prints.",
        )
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise CertificateRefused("It is not one PEM certificate.") from None
    if len(found) != 1:
        raise CertificateRefused(f"These are {len(found)} certificates; one is wanted.")
    return found[0]


def _key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateRefused("Its key is none of curve P-256.")
    return key


def _check_signature(certificate: x509.Certificate) -> None:
    try:
        if not isinstance(certificate.signature_hash_algorithm, hashes.SHA256):
            raise CertificateRefused("It is not signed with SHA-256.")
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise CertificateRefused("It is not signed by its own key.") from None


def _check_extensions(certificate: x509.Certificate) -> None:
    try:
        found = {extension.oid: extension for extension in certificate.extensions}
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise CertificateRefused("Its extensions cannot be read.") from None
    for wanted, critical, sentence in PROFILE:
        extension = found.pop(wanted.oid, None)
        if extension is None or extension.critical != critical or not _same(extension.value, wanted):
            raise CertificateRefused(f"It {sentence}.")
    if found:
        raise CertificateRefused("It says more than a bridge's certificate says.")


def _same(found: x509.ExtensionType, wanted: x509.ExtensionType) -> bool:
    if wanted.oid == ExtensionOID.EXTENDED_KEY_USAGE:  # in any order
        assert isinstance(wanted, x509.ExtendedKeyUsage)
        return isinstance(found, x509.ExtendedKeyUsage) and set(found) == set(wanted) and len(list(found)) == 2
    return found == wanted


def _subject(key: ec.EllipticCurvePublicKey) -> str:
    """Unique to the key, and silent about people and places: anybody who connects may read it."""
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"cagelab-{hashlib.sha256(spki).hexdigest()[:32]}"
