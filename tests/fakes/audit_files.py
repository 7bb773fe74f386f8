"""A key for the audit and a place for its anchors, of no worth."""

from pathlib import Path

from bot.audit.keys import make_keys


def audit_files(folder: Path) -> tuple[Path, Path]:
    """Return the file of anchors and the key that signs them, made at the first call."""
    key = folder / "audit-key.pem"
    if not key.exists():
        make_keys(key)
    return folder / "audit-anchors.jsonl", key
