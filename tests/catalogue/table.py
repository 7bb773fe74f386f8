"""Finds the tests that are marked with a row of the catalogue, and makes the table of them."""

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TABLE_FILE: Final = ROOT / "docs" / "cases.md"
_CASES_FILE: Final = Path(__file__).with_name("cases.toml")
_GROUPS: Final = {
    "J": "Who may speak",
    "P": "What they may say",
    "Z": "Who may do what",
    "D": "Twice, at once, out of order",
    "C": "Killed and broken",
    "N": "The neighbours fail",
    "F": "Time",
    "U": "Files",
    "M": "Texts and cards",
    "L": "Logs",
    "A": "Audit",
    "O": "Running it",
    "I": "Invariants",
}
_HEAD: Final = """# The catalogue of cases

Made by `make cases` from the marks on the tests and `tests/catalogue/cases.toml`; a test fails
when it is out of date. Grade A blocks a release, B comes before real accounts, C is good to have.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row: what happens, what must come of it, and why no test shows it if none does."""

    id: str
    grade: str
    case: str
    expected: str
    not_done: str = ""


@dataclass(frozen=True, slots=True, order=True)
class MarkedTest:
    """A test function, by file and name."""

    file: str
    name: str

    @property
    def shown(self) -> str:
        """How the table names it."""
        return f"{self.file.removeprefix('tests/')}::{self.name}"


def load_cases() -> Sequence[Case]:
    """Return the catalogue in the order of its file."""
    rows = tomllib.loads(_CASES_FILE.read_text(encoding="utf-8"))
    return [Case(id=identity, **row) for identity, row in rows.items()]


def marked_tests() -> Mapping[str, Sequence[MarkedTest]]:
    """Return for each id the tests that carry it, read from the source of the tests."""
    found: dict[str, set[MarkedTest]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" in path.parts:
            continue
        file = path.relative_to(ROOT).as_posix()
        for identity, name in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(identity, set()).add(MarkedTest(file, name))
    return {identity: sorted(tests) for identity, tests in found.items()}


def _marks(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                yield from ((identity, node.name) for identity in _ids(decorator))
    tests = [
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    for statement in module.body:
        if isinstance(statement, ast.Assign):
            target = ast.unparse(statement.targets[0])
            names = tests if target == "pytestmark" else [target]
            for identity in _ids(statement.value):
                yield from ((identity, name) for name in names)


def _ids(node: ast.AST) -> Iterator[str]:
    """Yield the arguments of every `pytest.mark.case(...)` inside an expression."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != "pytest.mark.case":
            continue
        for argument in call.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def render(cases: Sequence[Case], tests: Mapping[str, Sequence[MarkedTest]]) -> str:
    """Return the page with one table for each group."""
    shown = [case for case in cases if case.id in tests]
    grades = [
        f"{sum(case.grade == grade for case in shown)} of"
        f" {sum(case.grade == grade for case in cases)} of grade {grade}"
        for grade in "ABC"
    ]
    lines = [_HEAD, f"Shown by tests: {', '.join(grades)}.", ""]
    for letter, title in _GROUPS.items():
        lines += [f"## {title}", "", "| id | grade | case | expected | shown by |"]
        lines.append("|---|---|---|---|---|")
        lines += [_row(case, tests.get(case.id, ())) for case in cases if case.id[0] == letter]
        lines.append("")
    return "\n".join(lines)


def _row(case: Case, tests: Sequence[MarkedTest]) -> str:
    shown_by = "<br>".join(f"`{test.shown}`" for test in tests) or f"not done: {case.not_done}"
    return f"| {case.id} | {case.grade} | {case.case} | {case.expected} | {shown_by} |"
