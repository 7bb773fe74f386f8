"""Text as somebody with bad intentions would type it."""

from typing import Final

from hypothesis import strategies as st

FRAGMENTS: Final = (
    "**vet**",
    "_schuin_",
    "~~weg~~",
    "`code`",
    "[klik](https://kwaad.example)",
    "![beeld](https://kwaad.example/x.png)",
    "https://kwaad.example",
    "www.kwaad.example",
    "<at>Iedereen</at>",
    "<https://kwaad.example>",
    "<b>",
    "{{DATE(2026-01-01T00:00:00Z, SHORT)}}",
    "${naam}",
    "{0}",
    "&lt;script&gt;",
    "&#42;&#42;",
    "\n# kop",
    "# kop",
    "> citaat",
    "- punt",
    "+ punt",
    "1. punt",
    "1) punt",
    "---",
    "===",
    "| a | b |",
    "\\",
    "\\*",
    "*",
    "_",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u00ad",
    "\u2800",
    "\ud800",
    "\x00",
    "\x1b[31m",
    "\r\n\r\n",
    "\u2028",
    "z\u0300\u0301\u0302\u0303\u0304",
    "\U000e0041",
    " ",
    "Jan",
)

hostile_texts: Final = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=6
).map("".join)

FORGED_KEYS: Final = (
    "approverId",
    "actor",
    "person",
    "aadObjectId",
    "entity",
    "decision",
    "retention",
    "state",
    "outcome",
    "subject",
    "upn",
    "msteams",
    "__class__",
)
"""Names in a card's data that claim what only the bot may know."""
