"""The settings of a process in a scene, without prefix."""

from pathlib import Path

from bot.demo import DEMO_REGISTER
from tests.conversations.stage import APP_ID, CARD_KEY, TENANT_ID
from tests.fakes.audit_files import audit_files
from tests.fakes.bot_connector import FakeConnector
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.signing import FakeBotFramework


def common(folder: Path, connector: FakeConnector) -> dict[str, object]:
    """Return what every process has: quick, and soon found dead."""
    return {
        "DATA_DIR": folder / "data",
        "SERVICE_URL": connector.url,
        "DEAD_WORKER_AFTER_S": 1,
        "RECHECK_S": 600,
        "JOB_POLLING_S": 0.05,
        "VERIFY_EVERY_S": 0.05,
        "SIMULATED_LAG_S": 0.1,
    }


def live(folder: Path, signer: FakeBotFramework, login: FakeEntraLogin) -> dict[str, object]:
    """Return what a process in live mode has beside that."""
    register = folder / "register.toml"
    register.write_bytes(DEMO_REGISTER.read_bytes())
    anchor, audit_key = audit_files(folder)
    return {
        "MODE": "live",
        "AUDIT_ANCHOR": anchor,
        "AUDIT_KEY": audit_key,
        "REGISTER": register,
        "APP_ID": APP_ID,
        "APP_TENANT_ID": TENANT_ID,
        "APP_SECRET": "a-secret-of-the-test",
        "CARD_KEYS": CARD_KEY,
        "OPENID_METADATA_URL": signer.metadata_url,
        "AUTHORITY_URL": login.authority.rsplit("/", 1)[0],
        "CA_BUNDLE": login.ca_bundle,
        "SERVICE_HOSTS": "127.0.0.1",
    }
