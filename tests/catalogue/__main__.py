"""Write docs/cases.md anew: `python -m tests.catalogue`."""

from tests.catalogue.table import TABLE_FILE, load_cases, marked_tests, render

if __name__ == "__main__":
    TABLE_FILE.write_text(render(load_cases(), marked_tests()), encoding="utf-8")
