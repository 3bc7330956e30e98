"""A certificate authority for a test, and certificates of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
PEM = serialization.Encoding.PEM
LONGEST_NAME = 64
"""Characters of a common name: https://www.rfc-editor.org/rfc/rfc5280#appendix-A.1."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Signs certificates that a test's clients trust."""

    ca: Path
    """Its own certificate, for `SSL_CERT_FILE` and `PGSSLROOTCERT`."""
    key: ec.EllipticCurvePrivateKey

    def issue(self, place: Path, *hosts: str) -> None:
        """Write `server.pem` and `server.key` for these hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host) for host in hosts]
        server = (
            _begin(_name(hosts[0][:LONGEST_NAME]), ISSUER, key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        (place / "server.pem").write_bytes(server.public_bytes(PEM))
        secret = place / "server.key"
        secret.write_bytes(
            key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        secret.chmod(0o600)


def authority(place: Path) -> Authority:
    """A new authority with the certificate `ca.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    root = (
        _begin(ISSUER, ISSUER, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (place / "ca.pem").write_bytes(root.public_bytes(PEM))
    return Authority(ca=place / "ca.pem", key=key)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


ISSUER = _name("Test CA")


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )
