"""Which of a session's names do not exist in Alyx, and which ones look alike."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from cagelab_bridge.errors import Finding, Gravity, UnknownNames
from cagelab_bridge.models import AccountKey, Spec
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.choices import Choices, Known

PATIENCE = 0.6  # seconds for asking Alyx about names the cache does not know
NEAREST = 3  # suggestions per wrong name
# Field of a session, kind of choice, what it is called in a sentence.
FIELDS = (
    ("subject", "subjects", "subject"),
    ("lab", "labs", "lab"),
    ("experimenters", "users", "user"),
    ("location", "locations", "location"),
    ("projects", "projects", "project"),
    ("procedures", "procedures", "procedure"),
)
UNASKED = Finding(
    gravity=Gravity.WARNING,
    field="names",
    message="The names could not be checked: no Alyx account is known yet.",
    hint="If one does not exist, the session waits until `cagelab-bridge amend` corrects it.",
)
REPOSITORY = ("repository", "repositories", "data repository")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a check of names gave. `live`: Alyx itself was asked about every doubtful name."""

    findings: tuple[Finding, ...]
    live: bool


class Ask(Enum):
    """Which names to ask Alyx itself about."""

    NEVER = "never"
    DOUBTFUL = "those the cache does not know"
    ALWAYS = "always"


class Names:
    """Checks names against the cache, and against Alyx itself where the cache does not know one."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices

    async def check(self, key: AccountKey, spec: Spec, repository: str = "", *, ask: Ask = Ask.DOUBTFUL) -> Verdict:
        """All wrong names at once. A name that only the cache misses is a warning while Alyx cannot be asked."""
        findings: list[Finding] = []
        asked = True
        for field, kind, noun, names in _given(spec, repository):
            known = self._choices.known(key, kind)
            doubtful = not all(name in known.records for name in names)
            if ask is Ask.ALWAYS or (ask is Ask.DOUBTFUL and doubtful):
                known = await self._choices.read_or_known(key, kind)
                asked = asked and known.live
            findings += (_finding(field, noun, name, known) for name in names if name not in known.records)
        findings += self._brain_region(key, spec.brain_region)
        return Verdict(findings=tuple(findings), live=asked)

    def _brain_region(self, key: AccountKey, region: str) -> Iterator[Finding]:
        """An unknown brain region is a warning: it is no field of an Alyx session, the bridge keeps it in json."""
        if not region:
            return
        known = self._choices.known(key, "brain_regions")
        names = {*known.records, *(record.get("acronym") or "" for record in known.records.values())}
        if known.read_at and region not in names:
            yield Finding(
                gravity=Gravity.WARNING,
                field="brain_region",
                value=region,
                message=f"Alyx has no brain region {region!r}.",
                hint="It is kept in the session's json as given.",
                suggestions=nearest(region, names),
            )


async def demand(names: Names, runtime: Runtime, key: AccountKey, spec: Spec) -> Verdict:
    """Names that exist, as far as can be told within a moment. Raises UnknownNames with every one that does not."""
    try:
        verdict = await runtime.wait_for(names.check(key, spec), PATIENCE)
    except TimeoutError:
        verdict = await names.check(key, spec, ask=Ask.NEVER)
    wrong = [finding for finding in verdict.findings if finding.gravity is Gravity.ERROR]
    if wrong:
        raise UnknownNames(
            " ".join(finding.message for finding in wrong),
            about=wrong[0].field if len(wrong) == 1 else "names",
            hint=" ".join(dict.fromkeys(finding.hint for finding in wrong)),
            findings=verdict.findings,
        )
    return verdict


def sentences(verdict: Verdict) -> tuple[str, ...]:
    """The findings as warnings of a session."""
    return tuple(f"{finding.message} {finding.hint}" for finding in verdict.findings)


def unchecked(noun: str, name: str) -> str:
    """The sentence about a name that could not be checked."""
    return f"Whether Alyx has the {noun} {name!r} could not be checked."


def _given(spec: Spec, repository: str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    for field, kind, noun in FIELDS:
        value = getattr(spec, field)
        names = (value,) if isinstance(value, str) else tuple(value)
        if any(names):
            yield field, kind, noun, tuple(name for name in names if name)
    if repository:
        yield *REPOSITORY, (repository,)


def _finding(field: str, noun: str, name: str, known: Known) -> Finding:
    suggestions = nearest(name, known.records)
    if not known.live:
        return Finding(
            gravity=Gravity.WARNING,
            field=field,
            value=name,
            message=unchecked(noun, name),
            hint="Alyx is away. If it does not exist, the session waits until `cagelab-bridge amend` corrects it.",
            suggestions=suggestions,
        )
    return Finding(
        gravity=Gravity.ERROR,
        field=field,
        value=name,
        message=f"Alyx has no {noun} {name!r}.",
        hint=f"Did you mean {' or '.join(suggestions)}?" if suggestions else f"Create the {noun} in Alyx first.",
        suggestions=suggestions,
    )


def nearest(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Existing names that look like `name`, without regard to case, nearest first."""
    by_fold: dict[str, str] = {}
    for existing in sorted(names):
        by_fold.setdefault(existing.casefold(), existing)
    matches = difflib.get_close_matches(name.casefold(), by_fold, n=NEAREST, cutoff=0.6)
    return tuple(by_fold[match] for match in matches)
