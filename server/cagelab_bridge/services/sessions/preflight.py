"""Everything that could go wrong with a session and its files, looked at before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from cagelab_bridge.errors import BridgeError, Finding, Gravity, NoCredentials
from cagelab_bridge.models import AccountKey, Spec
from cagelab_bridge.ports import Json, Runtime, StoreDoor
from cagelab_bridge.services import repository_address
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.accounts.choices import Choices
from cagelab_bridge.services.accounts.credentials import Credentials
from cagelab_bridge.services.delivery import dataset_names
from cagelab_bridge.services.lending.leases import Leases
from cagelab_bridge.services.lending.lent_grant import what_is_lent
from cagelab_bridge.services.sessions.names import UNASKED, Ask, Names, Verdict
from cagelab_bridge.services.share_findings import share_findings

LOW_DISK = 5 * 2**30  # bytes
CLOCK_TOLERANCE = 5.0  # seconds
EXAMPLE_ID = "00000000-0000-4000-8000-000000000000"


class Preflight:
    """CheckSession: creates nothing."""

    def __init__(
        self,
        accounts: Accounts,
        choices: Choices,
        credentials: Credentials,
        leases: Leases,
        stores: StoreDoor,
        runtime: Runtime,
        *,
        root: str,
        lab: str,
        repository: str,
    ) -> None:
        self._accounts = accounts
        self._choices = choices
        self._credentials = credentials
        self._leases = leases
        self._stores = stores
        self._runtime = runtime
        self._root = root
        self._lab = lab
        self._repository = repository

    async def check(
        self,
        key: AccountKey | None,
        spec: Spec,
        files: Sequence[str],
        repository: str,
        data_url: str,
        *,
        lending: bool = False,
    ) -> Verdict:
        """Findings, most serious first; `live`: Alyx itself was asked. Without an account (a rig that was lent nothing
        yet) only what this computer knows. `lending`: also what rigs are lent of the store."""
        asked = repository or self._repository
        verdict = Verdict(findings=(UNASKED,), live=False)
        if key is not None:
            verdict = await Names(self._choices).check(key, spec, asked, ask=Ask.ALWAYS)
        findings = list(verdict.findings)
        if not spec.subject:
            findings.append(Finding(gravity=Gravity.ERROR, field="subject", message="A session needs a subject."))
        if key is not None:
            findings += await self._file_findings(key, files)
            findings += await self._repository_findings(key, spec, asked, data_url, lending=lending)
        elif not self._leases.expected(""):
            findings.append(self._nothing_lent("There is no Alyx account"))
        findings += self._computer_findings(key)
        order = {Gravity.ERROR: 0, Gravity.WARNING: 1, Gravity.INFO: 2}
        return Verdict(findings=tuple(sorted(findings, key=lambda found: order[found.gravity])), live=verdict.live)

    async def _file_findings(self, key: AccountKey, files: Sequence[str]) -> list[Finding]:
        if not files:
            return []
        types = await self._choices.read_or_known(key, "dataset_types")
        formats = await self._choices.read_or_known(key, "data_formats")
        return [finding for name in files for finding in dataset_names.findings(name, types.records, formats.records)]

    async def _repository_findings(
        self, key: AccountKey, spec: Spec, name: str, data_url: str, *, lending: bool
    ) -> list[Finding]:
        repositories = await self._choices.read_or_known(key, "repositories")
        labs = await self._choices.read_or_known(key, "labs")
        subject = self._choices.known(key, "subjects").records.get(spec.subject) or {}
        lab = spec.lab or self._lab or subject.get("lab") or ""
        ours = (labs.records.get(lab) or {}).get("repositories") or []
        name = name or (ours[0] if ours else "")
        if not name and not lab:
            return []  # the lab follows from the subject, and that is wrong or missing
        if not name:
            return [
                Finding(
                    gravity=Gravity.ERROR,
                    field="repository",
                    value=lab,
                    message=f"The lab {lab!r} has no data repository in Alyx.",
                    hint="Give it one in Alyx's admin page, or set repository under [store] in bridge.toml.",
                )
            ]
        record = repositories.records.get(name)
        if record is None:
            return []  # the check of names says so
        findings_of = share_findings if repository_address.share(record) else _record_findings
        found = list(findings_of(name, record, data_url))
        found += await self._store_findings(name, record)
        if lending:
            found.append(await what_is_lent(self._credentials, self._stores, repository_address.address(record)))
        return found

    async def _store_findings(self, name: str, record: Json) -> list[Finding]:
        """Whether the bucket is there and the keys may write to it."""
        try:
            place = self._stores.locate(repository_address.address(record), "x.y.z", EXAMPLE_ID)
            store = await self._credentials.store(place.endpoint)
            await store.probe(place.bucket, place.key)
        except NoCredentials as error:
            if self._leases.active:
                return [] if self._leases.expected("") else [self._nothing_lent(error.message.rstrip("."))]
            return [Finding(gravity=Gravity.ERROR, field="store", value=name, message=error.message, hint=error.hint)]
        except BridgeError as error:
            return [
                Finding(
                    gravity=Gravity.WARNING if error.retryable else Gravity.ERROR,
                    field="store",
                    value=repository_address.address(record) or name,
                    message=error.message,
                    hint=error.hint,
                )
            ]
        return []

    def _nothing_lent(self, said: str) -> Finding:
        """A rig that has no credentials of its own: a warning, for they may come."""
        why = self._leases.why()
        assert why is not None  # this is a rig
        return Finding(gravity=Gravity.WARNING, field="lending", message=f"{said}: {why.message}", hint=why.hint)

    def _computer_findings(self, key: AccountKey | None) -> Iterator[Finding]:
        free = self._runtime.files.free_bytes(self._root)
        if free < LOW_DISK:
            yield Finding(
                gravity=Gravity.WARNING,
                field="disk",
                value=self._root,
                message=f"{free / 2**30:.1f} GiB are left on the disk of {self._root}.",
                hint="Make room before the session: `cagelab-bridge reclaim` says what is stored and may go.",
            )
        ahead = next((state.clock_ahead for state in self._accounts.states() if state.key == key), None)
        if ahead is not None and abs(ahead) > CLOCK_TOLERANCE:
            yield Finding(
                gravity=Gravity.WARNING,
                field="clock",
                value=f"{ahead:+.0f} s",
                message=f"This computer's clock differs from Alyx's by {ahead:+.0f} seconds.",
                hint="Switch on time synchronisation (NTP) on this computer.",
            )


def _record_findings(name: str, record: Json, data_url: str) -> Iterator[Finding]:
    own = record.get("data_url") or ""
    if data_url and _canonical(data_url) != _canonical(own):
        yield Finding(
            gravity=Gravity.ERROR,
            field="data_url",
            value=data_url,
            message=f"The data repository {name} in Alyx says {own or 'no address'}, not {data_url}.",
            hint="Correct the address given, or the repository's data_url in Alyx's admin page.",
        )
    if own and not own.endswith("/"):
        yield Finding(
            gravity=Gravity.ERROR,
            field="repository",
            value=own,
            message=f"The data_url of {name} does not end in '/': Alyx appends paths to it as it is.",
            hint="Append a '/' in Alyx's admin page.",
        )
    if record.get("globus_is_personal") is not False:
        yield Finding(
            gravity=Gravity.WARNING,
            field="repository",
            value=name,
            message=f"{name} is not marked as a server (globus_is_personal is not false): Alyx may hide its datasets.",
            hint="Set 'globus is personal' to No in Alyx's admin page.",
        )
    prefix = urlsplit(own).path.strip("/").partition("/")[2]
    globus = (record.get("globus_path") or "").strip("/")
    if own and globus != prefix:
        yield Finding(
            gravity=Gravity.WARNING,
            field="repository",
            value=name,
            message=f"globus_path of {name} is {globus!r}, but its data_url says {prefix!r}: ONE looks there in vain.",
            hint="Set globus_path to the part of data_url behind the bucket, in Alyx's admin page.",
        )


def _canonical(url: str) -> str:
    return url.strip().rstrip("/").casefold()
