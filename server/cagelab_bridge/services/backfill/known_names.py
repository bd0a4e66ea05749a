"""Names found in old files, as Alyx has them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence

from cagelab_bridge.errors import Finding, Gravity, InvalidInput, UnknownNames
from cagelab_bridge.models import AccountKey, Spec
from cagelab_bridge.services.accounts.choices import FRESH_SECONDS, Choices, Known
from cagelab_bridge.services.documents import decoded
from cagelab_bridge.services.lab_time import LabTime
from cagelab_bridge.services.sessions.names import UNASKED, nearest

# What an old session can do without: field, kind of choice.
OPTIONAL = (
    ("location", "locations"),
    ("experimenters", "users"),
    ("projects", "projects"),
    ("procedures", "procedures"),
)


class KnownNames:
    """Puts names right that differ in case only. Alyx is asked about a name that the cache lacks, though not about each
    of thousands of sessions that share it."""

    def __init__(self, choices: Choices, clock: LabTime) -> None:
        self._choices = choices
        self._clock = clock

    async def completed(self, key: AccountKey | None, spec: Spec, labs: Sequence[str]) -> tuple[Spec, tuple[str, ...]]:
        """The spec with names that exist, and sentences about those that were left out. `labs`: the lab's name as
        different sources have it, the best first; behind them comes the subject's own.

        Raises UnknownNames for the subject, InvalidInput when no lab can be told; what Alyx raises when it is away.
        """
        if key is None:
            return self._unasked(spec, labs)
        subject = await self._subject(key, spec.subject)
        found, missing = await self._optional(key, spec)
        lab, wrong_labs = await self._lab(key, subject, labs)
        if wrong_labs:
            missing["lab"] = list(wrong_labs)
        said = [_sentence(field, names) for field, names in missing.items()]
        if not found.experimenters:
            said.append(f"Who ran it is not known: Alyx names the account, {key.username}.")
        experimenters = found.experimenters or (key.username,)
        named = dataclasses.replace(found, subject=subject, lab=lab, experimenters=experimenters)
        return _noted(named, missing), tuple(said)

    def _unasked(self, spec: Spec, labs: Sequence[str]) -> tuple[Spec, tuple[str, ...]]:
        """A rig may not know yet whose Alyx to ask."""
        lab = next(filter(None, labs), "")
        if not lab:
            raise _no_lab(spec.subject)
        return dataclasses.replace(spec, lab=lab), (f"{UNASKED.message} {UNASKED.hint}",)

    async def _subject(self, key: AccountKey, name: str) -> str:
        found = await self._existing(key, "subjects", (name,))
        if name in found:
            return found[name]
        suggestions = nearest(name, self._choices.known(key, "subjects").records)
        meant = f"Did you mean {' or '.join(suggestions)}?" if suggestions else "Create the subject in Alyx first."
        finding = Finding(
            gravity=Gravity.ERROR,
            field="subject",
            value=name,
            message=f"Alyx has no subject {name!r}.",
            hint=meant,
            suggestions=suggestions,
        )
        raise UnknownNames(finding.message, about="subject", hint=meant, findings=(finding,))

    async def _lab(self, key: AccountKey, subject: str, labs: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """The first that exists, and those before it."""
        own = self._choices.known(key, "subjects").records.get(subject) or {}
        candidates = tuple(dict.fromkeys(filter(None, (*labs, str(own.get("lab") or "")))))
        found = await self._existing(key, "labs", candidates)
        first = next((name for name in candidates if name in found), "")
        if not first:
            raise _no_lab(subject)
        return found[first], candidates[: candidates.index(first)]

    async def _optional(self, key: AccountKey, spec: Spec) -> tuple[Spec, dict[str, list[str]]]:
        missing: dict[str, list[str]] = {}
        for field, kind in OPTIONAL:
            value: str | tuple[str, ...] = getattr(spec, field)
            names = tuple(filter(None, (value,) if isinstance(value, str) else value))
            if not names:
                continue
            found = await self._existing(key, kind, names)
            kept = tuple(dict.fromkeys(found[name] for name in names if name in found))
            lost = [name for name in names if name not in found]
            missing |= {field: lost} if lost else {}
            changed = "".join(kept) if isinstance(value, str) else kept
            spec = dataclasses.replace(spec, **{field: changed})  # type: ignore[arg-type]  # OPTIONAL's fields have it
        return spec, missing

    async def _existing(self, key: AccountKey, kind: str, names: Iterable[str]) -> dict[str, str]:
        """What Alyx calls them, by the name as given; without those it does not have."""
        names = tuple(names)
        known = self._choices.known(key, kind)
        found = _matched(known, names)
        old = not known.read_at or self._clock.seconds_since(known.read_at) > FRESH_SECONDS
        if len(found) < len(set(names)) and old:
            found = _matched(await self._choices.read(key, kind), names)
        return found


def _matched(known: Known, names: Iterable[str]) -> dict[str, str]:
    folded: dict[str, list[str]] = {}
    for name in known.records:
        folded.setdefault(name.casefold(), []).append(name)
    found = {}
    for name in names:
        alike = [name] if name in known.records else folded.get(name.casefold(), [])
        if len(alike) == 1:
            found[name] = alike[0]
    return found


def _noted(spec: Spec, missing: dict[str, list[str]]) -> Spec:
    """With the names that Alyx does not have in the record's json: nothing of what the files said is lost."""
    if not missing:
        return spec
    document = decoded(spec.json)
    mark = document.get("cagelab")
    mark = mark if isinstance(mark, dict) else {}
    document["cagelab"] = mark | {"backfill": {"unknown": missing}}
    return dataclasses.replace(spec, json=json.dumps(document, ensure_ascii=False))


def _sentence(field: str, names: Sequence[str]) -> str:
    return f"Alyx does not have {field} {', '.join(names)}: left out."


def _no_lab(subject: str) -> InvalidInput:
    return InvalidInput(
        f"The lab of {subject} is not known.", about="lab", hint="Name one that Alyx has (`backfill … --lab NAME`)."
    )
