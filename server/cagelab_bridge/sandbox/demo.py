"""The world a sandbox starts with when no seed is given: a small lab as CageLab knows it."""

from __future__ import annotations

from .alyx.schema import Value

BUCKET = "coglab"
PREFIX = "CogLab/Subjects"


def demo_seed(s3_url: str) -> dict[str, Value]:
    """The seed, with repositories that point to the store at `s3_url`. The passwords open nothing but a sandbox."""
    subject = {"lab": "CogLab", "responsible_user": "admin", "projects": ["demo"], "sex": "M"}
    types = (
        ("opticka.raw", "opticka.raw.*.mat"),
        ("matlab.raw", "matlab.raw.*.mat"),
        ("_matlab_diary", "_matlab_diary.*.log"),
        ("opticka.details", "opticka.details.*.json"),
        ("events.table", "events.table.*.tsv"),
        ("mock.table", "mock.table.*"),
        ("mock.img", "mock.img.*"),
    )
    return {
        "users": [
            {
                "username": "admin",
                "password": "sandbox-admin",
                "email": "admin@example.com",
                "is_superuser": True,
            },
            {"username": "researcher", "password": "sandbox-researcher", "email": "researcher@example.com"},
        ],
        "data_repositories": [
            {
                "name": "aws_CogLab",
                "data_url": f"{s3_url}/{BUCKET}/{PREFIX}/",
                "globus_path": PREFIX,
                "globus_is_personal": False,
            },
            # ONE looks for the bucket in a repository of exactly this name.
            {"name": "aws_cortexlab", "json": {"bucket_name": BUCKET}},
        ],
        "labs": [{"name": "CogLab", "repositories": ["aws_CogLab"]}, {"name": "OtherLab"}],
        "locations": [{"name": "Box-1", "lab": "CogLab"}, {"name": "Box-2", "lab": "CogLab"}],
        "projects": [{"name": "demo", "users": ["researcher"]}, {"name": "pacman"}],
        "subjects": [
            {"nickname": "TestSubject", **subject},
            {"nickname": "Algernon", **subject},
            {"nickname": "COGP-003", **subject, "responsible_user": "researcher"},
            {"nickname": "Ghost", **subject, "sex": "F", "death_date": "2025-01-01"},
        ],
        "dataset_types": [{"name": name, "filename_pattern": pattern} for name, pattern in types],
    }
