"""The invented people and entities that `make run` starts with."""

from pathlib import Path
from typing import Final

DEMO_REGISTER: Final = Path(__file__).with_name("register.toml")
