"""Puts the generated tables into docs/permissions.md: `make permissions`."""

from typing import Final

from fulfilment.tenants.microsoft365.permissions import tables
from tests.contract.microsoft365.metadata import ROOT

PAGE: Final = ROOT / "docs" / "permissions.md"


def rendered(page: str) -> str:
    """Return the page with its tables made anew between their marks."""
    for name, table in tables().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        assert begin in page, f"the mark of {name} is missing"
        before, _, rest = page.partition(begin)
        page = before + begin + table + "\n" + end + rest.partition(end)[2]
    return page


if __name__ == "__main__":
    PAGE.write_text(rendered(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
