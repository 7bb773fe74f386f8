"""The certificate with which the bot signs in, checked before anything depends on it."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class AppCertificateError(ValueError):
    """The file cannot be signed in with."""


def check_app_certificate(path: Path) -> None:
    """Check that a PEM file holds an RSA key and a certificate that belong together.

    Entra takes RSA only: https://learn.microsoft.com/entra/identity-platform/certificate-credentials

    Raises:
        AppCertificateError: Says what is wrong, and nothing of what is in the file.
    """
    try:
        pem = path.read_bytes()
        key = load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise AppCertificateError("must hold a private key in PEM, without password") from error
    if not isinstance(key, RSAPrivateKey):
        raise AppCertificateError("must hold an RSA key: Entra takes no other")
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise AppCertificateError("must hold a certificate in PEM beside the key") from error
    if certificate.public_key() != key.public_key():
        raise AppCertificateError("has a certificate that does not belong to its key")
