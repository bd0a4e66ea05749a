"""Which certificates may stand for a bridge: one profile, to the letter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from cagelab_bridge.errors import CertificateRefused
from cagelab_bridge.identity.certificates import check_peer_certificate, new_certificate
from tests.security.forged import EXTENSIONS, forge, instead, key_usage, without

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
Extensions = tuple[tuple[x509.ExtensionType, bool], ...]
OTHER = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


def _wrong_extensions() -> dict[str, tuple[Extensions, str]]:
    """Extensions of which one is wrong, and a word of the sentence that refuses them."""
    bridge, other = x509.DNSName("bridge.cagelab.internal"), x509.DNSName("alyx.example.org")
    no_ca = x509.BasicConstraints(ca=False, path_length=None)
    signs, more = key_usage(digital_signature=True), key_usage(digital_signature=True, key_agreement=True)
    may_sign = key_usage(digital_signature=True, key_cert_sign=True)
    three = x509.ExtendedKeyUsage([SERVER, CLIENT, ExtendedKeyUsageOID.CODE_SIGNING])
    names = x509.SubjectAlternativeName
    return {
        "an authority": (instead(x509.BasicConstraints(ca=True, path_length=None), critical=True), "authority"),
        "no authority, not critical": (instead(no_ca, critical=False), "authority"),
        "nothing about authority": (without(x509.BasicConstraints), "authority"),
        "may sign others": (instead(may_sign, critical=True), "cannot sign"),
        "keyUsage missing": (without(x509.KeyUsage), "cannot sign"),
        "keyUsage not critical": (instead(signs, critical=False), "cannot sign"),
        "keyUsage with more": (instead(more, critical=True), "cannot sign"),
        "for servers only": (instead(x509.ExtendedKeyUsage([SERVER]), critical=False), "servers and clients"),
        "for more than servers and clients": (instead(three, critical=False), "servers and clients"),
        "for nothing in particular": (without(x509.ExtendedKeyUsage), "servers and clients"),
        "another name": (instead(names([other]), critical=False), "for the name"),
        "a second name": (instead(names([bridge, other]), critical=False), "for the name"),
        "no name": (without(names), "for the name"),
        "says more": ((*EXTENSIONS, (OTHER, False)), "says more"),
    }


def _variants() -> dict[str, tuple[str, str]]:
    """A certificate that is wrong in one thing, and a word of the sentence that refuses it."""
    extensions = {name: (forge(extensions=wrong)[1], word) for name, (wrong, word) in _wrong_extensions().items()}
    return extensions | {
        "Ed25519": (forge(ed25519.Ed25519PrivateKey.generate())[1], "P-256"),
        "RSA": (forge(rsa.generate_private_key(65537, 2048))[1], "P-256"),
        "P-384": (forge(ec.generate_private_key(ec.SECP384R1()))[1], "P-256"),
        "SHA-384": (forge(digest=hashes.SHA384())[1], "SHA-256"),
        "wrong name": (forge(subject="cagelab-" + "0" * 32)[1], "made from its own key"),
        "name of a person": (forge(subject="anna")[1], "made from its own key"),
        "ends too soon": (forge(until=datetime(2030, 1, 1, tzinfo=UTC))[1], "9999"),
        "begins too late": (forge(since=datetime(2026, 1, 1, tzinfo=UTC))[1], "2020"),
        "signed by another key": (forge(signer=ec.generate_private_key(ec.SECP256R1()))[1], "signed by its own key"),
        "issued by another": (forge(issuer="cagelab-" + "1" * 32)[1], "signed by its own key"),
        "two": (forge()[1] + forge()[1], "2 certificates"),
        "none": ("", "not one PEM"),
        "garbage": ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not one PEM"),
        "10 KB": (forge()[1] + "#" * 10_000, "larger than"),
        "with its private key": ("".join(forge()), "private key"),
    }


VARIANTS = _variants()


@pytest.mark.parametrize("variant", VARIANTS)
def test_attack_05_a_certificate_that_is_wrong_in_one_thing_is_refused(variant: str) -> None:
    """Each violation has its sentence; all else about the certificate is right."""
    pem, word = VARIANTS[variant]
    with pytest.raises(CertificateRefused) as refused:
        check_peer_certificate(pem)
    assert word in refused.value.message
    assert refused.value.hint


def test_attack_05_the_forger_makes_good_certificates_too() -> None:
    """What is refused above is refused for that one thing: unchanged, the forger's certificate passes."""
    _, pem = forge()
    assert check_peer_certificate(pem).pem == pem
    assert check_peer_certificate(f"# a comment\n{pem}").pem == pem  # written anew, without what stood around it


def test_attack_05_ones_own_certificate_is_refused() -> None:
    """Whoever pairs a bridge with itself has mixed up two computers."""
    own = check_peer_certificate(new_certificate()[1])
    with pytest.raises(CertificateRefused, match="own"):
        check_peer_certificate(own.pem, own.fingerprint)


def test_attack_05_a_damaged_signature_is_refused() -> None:
    """The last bits of the certificate are its signature."""
    certificate = x509.load_pem_x509_certificate(forge()[1].encode())
    der = bytearray(certificate.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    damaged = x509.load_der_x509_certificate(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(CertificateRefused):
        check_peer_certificate(damaged)


def test_our_own_certificate_has_the_profile() -> None:
    """P-256, signatures only, one fixed name, from 2020 to the end of 9999, and silent about people and places."""
    _, pem = new_certificate()
    found = x509.load_pem_x509_certificate(pem.encode())
    assert isinstance(found.public_key(), ec.EllipticCurvePublicKey)
    assert found.not_valid_before_utc == datetime(2020, 1, 1, tzinfo=UTC)
    assert found.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    uses = found.extensions.get_extension_for_class(x509.KeyUsage)
    assert uses.critical
    assert uses.value == key_usage(digital_signature=True)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["bridge.cagelab.internal"]
    assert found.subject.rfc4514_string() == f"CN={check_peer_certificate(pem).subject}"
    assert len(pem) < 1000
