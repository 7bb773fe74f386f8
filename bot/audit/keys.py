"""The keys with which the head of the audit is signed: Ed25519, in PEM files."""

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


class AuditKeyError(Exception):
    """A file holds no key of the right kind; says which file."""


def read_private_key(file: Path) -> Ed25519PrivateKey:
    """Return the key that signs.

    Raises:
        AuditKeyError: Not a readable PEM file with an Ed25519 private key without a password.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise AuditKeyError(f"{file} is no PEM file with a private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditKeyError(f"{file} holds a key of another kind than Ed25519")
    return key


def read_public_key(file: Path) -> Ed25519PublicKey:
    """Return the key that checks.

    Raises:
        AuditKeyError: Not a readable PEM file with an Ed25519 public key.
    """
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise AuditKeyError(f"{file} is no PEM file with a public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise AuditKeyError(f"{file} holds a key of another kind than Ed25519")
    return key


def make_keys(private: Path) -> Path:
    """Write a new pair: `private`, for its owner only, and beside it the public key.

    Returns:
        The file of the public key: the same name and `.pub`.

    Raises:
        FileExistsError: One of the files is there already; both are left alone.
    """
    public = private.with_name(f"{private.name}.pub")
    if public.exists():
        raise FileExistsError(public)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(pem)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    public.write_bytes(pem)
    return public


def key_id(key: Ed25519PublicKey) -> str:
    """Return the short name of a key: the first 16 digits of its SHA-256."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]
