"""Mistakes that stay until somebody mends them, told by Alyx's own sentences.

Alyx 3.6.1 answers 500 with `str(exception)` for many of them, so that the status alone cannot tell them from a passing
failure. Texts: its data/transfers.py and data/views.py, ONE's `get_dataset_type`, Django, PostgreSQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

RETRY = "then `cagelab-bridge retry`."


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A mistake: what it is about (one word), and what to do next."""

    about: str
    hint: str


_TABLE: tuple[tuple[str, str, str], ...] = (
    # pattern, about, hint
    (
        r"No dataset type found for filename",
        "datasetType",
        f"Create the dataset type in Alyx with a pattern that matches this name, {RETRY}",
    ),
    (
        r"Multiple matching dataset types found",
        "twoDatasetTypes",
        f"Change the patterns of these dataset types in Alyx so that only one matches this name, {RETRY}",
    ),
    (
        r"DataFormat matching query does not exist",
        "dataFormat",
        f"Create the data format for this file's extension in Alyx (Admin, Data formats), {RETRY}",
    ),
    (
        r"get\(\) returned more than one DataFormat\b",
        "dataFormat",
        f"Two data formats in Alyx have this file's extension: delete one (Admin, Data formats), {RETRY}",
    ),
    (
        r"get\(\) returned more than one (Dataset|FileRecord)\b",
        "duplicateDataset",
        f"Alyx holds two records of this file: delete the one without file records (Admin, Datasets), {RETRY}",
    ),
    (
        r"A file record for .* already exists on repository",
        "duplicateDataset",
        f"Another session with the same subject, date and number has this file: mend the numbers in Alyx, {RETRY}",
    ),
    (
        r"LabMember matching query does not exist",
        "user",
        f"Create the user in Alyx, or correct the name, {RETRY}",
    ),
    (
        r"DataRepository matching query does not exist|The specified repository does not exist",
        "repository",
        f"Create the data repository in Alyx, or correct its name (capital letters count), {RETRY}",
    ),
    (
        r"Lab matching query does not exist|One or more of the specified labs do not exist",
        "lab",
        f"Create the lab in Alyx, or correct its name (capital letters count), {RETRY}",
    ),
    (
        r"Subject matching query does not exist|A subject with nickname .* does not exist",
        "subject",
        f"Create the subject in Alyx, or correct its name, {RETRY}",
    ),
    (
        r"Session matching query does not exist|A (base )?session for .* does not exist",
        "session",
        "Look the session up in Alyx: it was deleted, or its subject, date or number was changed. Mend that, " + RETRY,
    ),
    (
        r"DatasetType matching query does not exist",
        "datasetType",
        f"Create the dataset type in Alyx, or correct its name, {RETRY}",
    ),
    (
        r"matching query does not exist",
        "name",
        f"Create what the sentence names in Alyx, or correct the name, {RETRY}",
    ),
    (
        r"get\(\) returned more than one",
        "duplicate",
        f"Alyx holds two of what the sentence names: delete one of them, {RETRY}",
    ),
    (
        r"duplicate key value violates unique constraint",
        "duplicate",
        "Alyx holds such a record already: look there before you send it again.",
    ),
    (
        r"The path argument is required|The path .* should be `nickname|Invalid ALF path",
        "path",
        f"Rename the folder or file (letters, digits, hyphens and underscores only), {RETRY}",
    ),
    (r"Invalid QC value", "qc", "Use NOT_SET, PASS, WARNING, FAIL or CRITICAL."),
    (
        r"Cannot resolve keyword|Unsupported lookup|Invalid\s?\w+, choices are|Duplicated fields in",
        "filter",
        "Correct the filter after the question mark.",
    ),
    (
        (
            r"is not a valid UUID|invalid literal for int\(\)|value too long for type|invalid input syntax for type"
            r"|NUL \(0x00\)|unsupported Unicode escape|(integer|value \S+) (is )?out of range|Field '.*' expected"
        ),
        "value",
        f"Correct the value that the sentence names, {RETRY}",
    ),
    (
        r"is protected|protected tag|datasets? is protected",
        "protected",
        "Alyx protects this dataset: ask the person who runs Alyx, or save the file under another name or revision.",
    ),
    (
        r"plain HTTP request was sent to HTTPS port",
        "address",
        "Log in again with https:// at the beginning of Alyx's address.",
    ),
)
_MISTAKES = tuple((re.compile(pattern, re.DOTALL), Mistake(about=about, hint=hint)) for pattern, about, hint in _TABLE)
_HALF_A_FILTER = Mistake(about="filter", hint="Correct the filter after the question mark: a value is missing in it.")


def find(sentence: str, *, is_query: bool) -> Mistake | None:
    """The permanent mistake a sentence tells of, or None where it may pass by itself.

    `is_query` says that it answers a GET with filters: there "list index out of range" means a filter without its value
    (`date_range=2026-11-01`).
    """
    for pattern, mistake in _MISTAKES:
        if pattern.search(sentence):
            return mistake
    return _HALF_A_FILTER if is_query and sentence == "list index out of range" else None
