"""Labs, users, subjects, locations, projects: only people can make them."""

from __future__ import annotations

from collections.abc import Iterator

from cagelab_bridge.cli.setting_up.database import Database
from cagelab_bridge.cli.setting_up.step import Step, ok, tell

# What there must be one of, how grave it is when not, what for, and where it is made.
MUST = (
    ("labs", "lab", "error", "every subject and session belongs to one", "misc/lab/add"),
    ("users", "user", "error", "every session has an experimenter", "misc/labmember/add"),
    ("subjects", "subject", "error", "a session is about one", "subjects/subject/add"),
    ("projects", "project", "warning", "opticka starts no session without one", "subjects/project/add"),
    ("locations", "location", "warning", "CageLab's menus name one", "misc/lablocation/add"),
)


def look(database: Database) -> Iterator[Step]:
    """There is one of each kind, and subjects and locations know their lab."""
    for field, noun, word, why, page in MUST:
        names = sorted(getattr(database, field))
        if names:
            shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            yield ok(field, f"{len(names)}", f"{shown}")
        else:
            yield tell(word, field, "none", f"There is no {noun}: {why}.", f"Make one: {database.admin(page)}")
    homeless = sorted(name for name, row in database.subjects.items() if row.get("lab") not in database.labs)
    if homeless:
        message = "has no lab: its files have no repository." if len(homeless) == 1 else "have no lab."
        hint = f"Give them one: {database.admin('subjects/subject')}"
        yield tell("warning", "subjects", ", ".join(homeless[:3]), message, hint)
