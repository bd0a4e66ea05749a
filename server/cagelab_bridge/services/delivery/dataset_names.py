"""What Alyx and ONE make of a file's name, before it is registered."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping

from cagelab_bridge.errors import Finding, Gravity
from cagelab_bridge.ports import Json

# Alyx 3.6.1 silently drops a collection with other characters; the file would collide with one in the session folder.
COLLECTION = re.compile(r"[\w.-]+(/[\w.-]+)*")
# ONE 3.6.1 lists only names of the form [_namespace_]object.attribute[_timescale][.extra…].extension.
ALF = re.compile(r"(_[a-zA-Z0-9]+_)?(?P<object>[a-zA-Z]\w*)\.(?P<attribute>[a-zA-Z]\w*)(\.[^/.]+)*\.\w+")


def split(relative_path: str) -> tuple[str, str]:
    """(collection, name); the collection is "" in the session folder."""
    collection, _, name = relative_path.rpartition("/")
    return collection, name


def bad_collection(relative_path: str) -> bool:
    """True when Alyx would drop the collection."""
    collection, _ = split(relative_path)
    return bool(collection) and not COLLECTION.fullmatch(collection)


def findings(relative_path: str, types: Mapping[str, Json], formats: Mapping[str, Json]) -> list[Finding]:
    """Everything Alyx would refuse, or ONE would not show."""
    _, name = split(relative_path)
    found = [*_type_findings(relative_path, name, types), *_format_findings(relative_path, name, formats)]
    if bad_collection(relative_path):
        found.append(
            Finding(
                gravity=Gravity.ERROR,
                field="file",
                value=relative_path,
                message="Alyx drops a sub-folder whose name holds anything but letters, digits, dot, dash, underscore.",
                hint="Rename the sub-folder before the session starts.",
            )
        )
    if not ALF.fullmatch(name):
        found.append(
            Finding(
                gravity=Gravity.INFO,
                field="file",
                value=relative_path,
                message="The name is not ALF: the file is stored and registered, but ONE does not list it.",
                hint="Name it object.attribute.extra.extension, if analysis is to find it through ONE.",
            )
        )
    return found


def kinds_of(name: str, types: Mapping[str, Json]) -> list[str]:
    """The dataset types that Alyx would find for a file of that name: it takes a file only where that is one."""
    patterns = {kind: record.get("filename_pattern") or "" for kind, record in types.items()}
    return sorted(kind for kind, pattern in patterns.items() if matches(name, kind, pattern))


def _type_findings(path: str, name: str, types: Mapping[str, Json]) -> list[Finding]:
    matching = kinds_of(name, types)
    if len(matching) == 1:
        return []
    if matching:
        message = f"Two dataset types match this name: {', '.join(matching)}."
        hint = "Make their patterns tell such names apart, in Alyx's admin page."
    else:
        message = "No dataset type matches this name."
        hint = "Create one whose filename_pattern matches it: `cagelab-bridge submit dataset-types …`."
    return [Finding(gravity=Gravity.ERROR, field="file", value=path, message=message, hint=hint)]


def matches(name: str, kind: str, pattern: str) -> bool:
    """Alyx 3.6.1: the pattern without case against the whole name; without pattern, object.attribute is the type's."""
    if pattern.strip():
        return fnmatch.fnmatchcase(name.casefold(), pattern.casefold())
    alf = ALF.fullmatch(name)
    return kind == (f"{alf['object']}.{alf['attribute']}" if alf else name.rpartition(".")[0])


def _format_findings(path: str, name: str, formats: Mapping[str, Json]) -> list[Finding]:
    extension = f".{name.rpartition('.')[2]}" if "." in name else ""
    count = sum(1 for record in formats.values() if record.get("file_extension") == extension)
    if count == 1 or not formats:
        return []
    known = "two data formats" if count else "no data format"
    return [
        Finding(
            gravity=Gravity.ERROR,
            field="file",
            value=path,
            message=f"Alyx knows {known} with the extension {extension or '(none)'}.",
            hint="Create the data format in Alyx's admin page, or write the file in a format it has.",
        )
    ]
