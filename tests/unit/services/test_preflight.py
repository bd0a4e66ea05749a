"""CheckSession: everything that could go wrong, looked at before it starts."""

from __future__ import annotations

from typing import Any

import pytest

from cagelab_bridge.errors import Gravity
from cagelab_bridge.models import Spec
from cagelab_bridge.sandbox.alyx.messages import Response
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.sessions.names import Verdict
from cagelab_bridge.services.sessions.preflight import LOW_DISK
from cagelab_bridge.store.transport import Answer
from tests.unit.services.stage import ADMIN, PASSWORD, Stage, entered, staged

FILES = ("events.table.1.tsv",)
REPOSITORY = "http://127.0.0.1:9000/coglab/CogLab/Subjects/"


async def check(
    stage: Stage, *, files: tuple[str, ...] = FILES, repository: str = "", data_url: str = "", **spec: Any
) -> Verdict:
    return await stage.house.preflight.check(
        ADMIN, Spec(**({"subject": "TestSubject"} | spec)), files, repository, data_url
    )


def fields(verdict: Verdict) -> list[tuple[Gravity, str]]:
    return [(finding.gravity, finding.field) for finding in verdict.findings]


def change_repository(stage: Stage, **values: Any) -> None:
    row = stage.records("repository", name="aws_CogLab")[0]
    stage.world.core.state.update("repository", row["id"], values)


@entered
async def test_a_good_session_has_no_findings_and_nothing_is_made(stage: Stage) -> None:
    """Creates neither folder nor record nor object."""
    verdict = await check(stage)
    assert verdict == Verdict(findings=(), live=True)
    assert stage.files.folders == set()
    assert not any(call.startswith(("POST /sessions", "PATCH")) for call in stage.alyx.calls)
    assert stage.store.objects == {}


@entered
async def test_all_kinds_of_wrong_names_are_found_and_the_gravest_come_first(stage: Stage) -> None:
    """Names, files and repository in one answer; errors before warnings before remarks."""
    await stage.house.choices.read(ADMIN, "brain_regions")
    verdict = await check(stage, files=("holiday photo.jpg",), projects=("demmo",), brain_region="V9Z")
    assert [gravity for gravity, _ in fields(verdict)] == sorted(
        (gravity for gravity, _ in fields(verdict)), key=[Gravity.ERROR, Gravity.WARNING, Gravity.INFO].index
    )
    assert {field for _, field in fields(verdict)} >= {"projects", "file", "brain_region"}
    assert all(finding.message and finding.hint for finding in verdict.findings)


@entered
async def test_a_session_without_subject_is_an_error(stage: Stage) -> None:
    """Said once, besides the rest."""
    assert (Gravity.ERROR, "subject") in fields(await check(stage, subject=""))


@entered
async def test_the_given_address_is_compared_with_alyx(stage: Stage) -> None:
    """The rig's idea of the repository and Alyx's must be the same; case and a last slash do not matter."""
    assert "data_url" not in dict(map(reversed, fields(await check(stage, data_url=REPOSITORY.upper().rstrip("/")))))  # type: ignore[arg-type]  # pairs turned round
    found = await check(stage, data_url="http://elsewhere:9000/coglab/")
    assert (Gravity.ERROR, "data_url") in fields(found)
    assert any(REPOSITORY in finding.message and "elsewhere" in finding.message for finding in found.findings)


@entered
@pytest.mark.parametrize(
    ("values", "gravity", "said"),
    [
        ({"data_url": REPOSITORY.rstrip("/")}, Gravity.ERROR, "does not end in '/'"),
        ({"globus_is_personal": True}, Gravity.WARNING, "not marked as a server"),
        ({"globus_is_personal": None}, Gravity.WARNING, "not marked as a server"),
        ({"globus_path": "elsewhere"}, Gravity.WARNING, "ONE looks there in vain"),
    ],
)
async def test_a_repository_that_misleads_is_found(
    stage: Stage, values: dict[str, Any], gravity: Gravity, said: str
) -> None:
    """What Alyx appends, hides, or tells ONE wrongly is found before data goes there."""
    change_repository(stage, **values)
    found = [finding for finding in (await check(stage)).findings if said in finding.message]
    assert [finding.gravity for finding in found] == [gravity]
    assert "aws_CogLab" in found[0].message


@entered
async def test_a_lab_without_repository_is_an_error(stage: Stage) -> None:
    """Its files would have nowhere to go; the settings may name a repository instead."""
    assert (Gravity.ERROR, "repository") in fields(await check(stage, lab="OtherLab"))
    assert (Gravity.ERROR, "repository") not in fields(await check(stage, lab="OtherLab", repository="aws_CogLab"))


@entered
async def test_an_unknown_repository_is_found_by_its_name(stage: Stage) -> None:
    """With the names that look like it, once."""
    found = [
        finding for finding in (await check(stage, repository="aws_CogLub")).findings if finding.field == "repository"
    ]
    assert [finding.suggestions[0] for finding in found] == ["aws_CogLab"]


@staged
async def test_missing_keys_of_the_store_are_an_error(stage: Stage) -> None:
    """The operator hears of them before the session, with the command to run."""
    await stage.house.accounts.log_in(ADMIN.alyx_url, "admin", Secret(PASSWORD), remember=False)
    found = [finding for finding in (await check(stage)).findings if finding.field == "store"]
    assert [finding.gravity for finding in found] == [Gravity.ERROR]
    assert "cagelab-bridge" in found[0].hint


@entered
async def test_a_bucket_that_is_not_there_is_an_error(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's own word, before anything is sent there."""
    gone = Answer(status=404, headers={}, body=b"<Error><Code>NoSuchBucket</Code></Error>")
    monkeypatch.setattr(stage.store, "send", lambda _request: gone)
    assert (Gravity.ERROR, "store") in fields(await check(stage))


@entered
async def test_a_full_disk_is_a_warning(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says how much is left on which disk."""
    monkeypatch.setattr(stage.files, "free_bytes", lambda _path: LOW_DISK // 2)
    found = [finding for finding in (await check(stage)).findings if finding.field == "disk"]
    assert [(finding.gravity, "2.5 GiB" in finding.message, finding.value) for finding in found] == [
        (Gravity.WARNING, True, "/data")
    ]


@entered
async def test_a_clock_that_differs_from_alyx_is_a_warning(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Session times would be wrong: NTP is the cure."""
    handle = stage.alyx.core.handle

    def ahead(request: Any) -> Response:
        answer = handle(request)
        headers = {**answer.headers, "date": "Fri, 20 Nov 2026 08:00:00 GMT"}
        return Response(answer.status, headers, answer.body)

    monkeypatch.setattr(stage.alyx.core, "handle", ahead)
    found = [finding for finding in (await check(stage)).findings if finding.field == "clock"]
    assert [finding.gravity for finding in found] == [Gravity.WARNING]
    assert "NTP" in found[0].hint
    assert "+4" in found[0].value


@entered
async def test_while_alyx_is_away_the_check_says_that_it_is_not_live(stage: Stage) -> None:
    """From the cache alone nobody is told that all is well with a name that was never seen."""
    stage.house.choices.refresh(ADMIN)
    await stage.until(lambda: stage.house.choices.known(ADMIN, "data_formats").read_at)
    stage.away()
    verdict = await check(stage, subject="Nobody")
    assert not verdict.live
    assert (Gravity.WARNING, "subject") in fields(verdict)
