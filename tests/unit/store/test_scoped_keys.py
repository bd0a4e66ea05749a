"""Temporary keys for one prefix: what is asked for, what is proved, what is remembered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cagelab_bridge.errors import AnswerLost, NoCredentials, Refused, ServerFailed
from cagelab_bridge.secret import Secret
from cagelab_bridge.store.door import S3Door
from cagelab_bridge.store.session_policy import session_policy
from cagelab_bridge.store.transport import Answer, Request
from tests.unit.store.fakes import KEYS, NOON, StillRuntime
from tests.unit.store.lending_store import PREFIX, LendingStore

HOUR = 3600.0
DAY = 86400.0


class Hours(StillRuntime):
    """It is noon, however long it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


async def test_keys_for_a_prefix_are_temporary_and_say_when_they_end() -> None:
    """They come from STS, for as long as asked, with the policy in the request."""
    store = LendingStore()
    keys = await S3Door(StillRuntime(), store).scoped_keys(KEYS, "b", PREFIX, 4 * HOUR)
    assert (keys.endpoint, keys.access_key, keys.expires) == (KEYS.endpoint, "temporary", NOON + timedelta(hours=4))
    assert (keys.secret_key, keys.session_token) == (Secret("temporary-secret-canary"), Secret("token-canary"))
    assert store.forms == [
        {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "DurationSeconds": "14400",
            "Policy": session_policy("b", PREFIX),
        }
    ]
    asked = store.requests[0]
    assert (asked.method, asked.url) == ("POST", KEYS.endpoint + "/")
    assert "/us-east-1/sts/aws4_request" in asked.headers["Authorization"]


async def test_the_proof_is_made_with_the_temporary_keys_and_leaves_nothing() -> None:
    """What the parent may do proves nothing; the upload that was begun to find out is given up."""
    store = LendingStore()
    await S3Door(StillRuntime(), store).scoped_keys(KEYS, "b", PREFIX, HOUR)
    trials = store.requests[1:]
    assert len(trials) >= 6
    assert all(request.headers["x-amz-security-token"] == "token-canary" for request in trials)
    assert store.begun == []


@pytest.mark.parametrize(
    "fault",
    [
        "ignores the policy",
        "writes elsewhere",
        "writes elsewhere for ever",  # it may begin an upload there, but not give it up
        "reads elsewhere",
        "lists",
        "writes nothing",
        "hides what is missing",
        "no keys",
        "no sts",
    ],
)
async def test_attack_50_keys_that_may_do_more_or_less_are_never_lent(fault: str) -> None:
    """A store that takes the policy and ignores it (moto does) looks good until it is tried."""
    store = LendingStore(fault)
    with pytest.raises(Refused) as caught:
        await S3Door(StillRuntime(), store).scoped_keys(KEYS, "b", PREFIX, HOUR)
    assert caught.value.about == "scopedKeys"
    assert "signs each request instead" in caught.value.hint
    assert store.begun == ([] if fault != "writes elsewhere for ever" else [f"{PREFIX[:-1]}.cagelab-bridge-probe"])


async def test_keys_that_last_longer_than_asked_are_never_lent() -> None:
    """Their end is the only way to take them back."""
    store = LendingStore(lasts=12 * HOUR)
    with pytest.raises(Refused, match="longer"):
        await S3Door(StillRuntime(), store).scoped_keys(KEYS, "b", PREFIX, HOUR)


async def test_stores_give_no_keys_for_less_than_a_quarter_of_an_hour() -> None:
    """900 s is the least that MinIO takes; the lease of the rig ends earlier all the same."""
    store = LendingStore()
    await S3Door(StillRuntime(), store).scoped_keys(KEYS, "b", PREFIX, 60.0)
    assert store.forms[0]["DurationSeconds"] == "900"


@pytest.mark.parametrize("fault", ["", "ignores the policy"])
async def test_what_was_found_out_is_remembered_for_a_day(fault: str) -> None:
    """Renewals cost one request, or none where the store has no such keys; a store that was updated is tried again."""
    runtime, store = Hours(), LendingStore(fault)
    door = S3Door(runtime, store)

    async def requests() -> int:
        before = len(store.requests)
        try:
            await door.scoped_keys(KEYS, "b", PREFIX, HOUR)
        except Refused:
            assert fault
        return len(store.requests) - before

    first = await requests()
    assert first > 1
    assert await requests() == (0 if fault else 1)
    runtime.seconds = DAY + 1
    assert await requests() == first


async def test_another_bucket_or_key_pair_is_tried_anew() -> None:
    """What holds for one bucket and one account may not hold for another."""
    store = LendingStore()
    door = S3Door(StillRuntime(), store)
    await door.scoped_keys(KEYS, "b", PREFIX, HOUR)
    before = len(store.requests)
    await door.scoped_keys(replace(KEYS, access_key="other"), "b", PREFIX, HOUR)
    assert len(store.requests) - before > 1


@pytest.mark.parametrize("trouble", [AnswerLost, ServerFailed])
async def test_a_store_that_is_away_says_nothing_about_its_keys(trouble: type[Exception]) -> None:
    """The next attempt finds out: only what was really found is remembered."""

    class Failing(LendingStore):
        broken = True

        def send(self, request: Request) -> Answer:
            if self.broken and "list-type" in request.url:
                if trouble is AnswerLost:
                    raise AnswerLost
                return Answer(status=503, headers={})
            return super().send(request)

    store = Failing()
    door = S3Door(StillRuntime(), store)
    with pytest.raises(trouble):
        await door.scoped_keys(KEYS, "b", PREFIX, HOUR)
    store.broken = False
    assert (await door.scoped_keys(KEYS, "b", PREFIX, HOUR)).access_key == "temporary"


async def test_a_store_that_fails_to_make_keys_is_asked_again() -> None:
    """A failure may pass. Meanwhile each request is signed: nothing has to wait."""
    store = LendingStore("fails")
    door = S3Door(StillRuntime(), store)
    with pytest.raises(Refused) as caught:
        await door.scoped_keys(KEYS, "b", PREFIX, HOUR)
    assert caught.value.about == "scopedKeys"
    store.fault = ""
    assert (await door.scoped_keys(KEYS, "b", PREFIX, HOUR)).access_key == "temporary"


async def test_half_a_key_pair_has_no_temporary_keys() -> None:
    """Nothing is asked with it."""
    store = LendingStore()
    with pytest.raises(NoCredentials):
        await S3Door(StillRuntime(), store).scoped_keys(replace(KEYS, access_key=""), "b", PREFIX, HOUR)
    assert not store.requests


def test_the_policy_allows_four_things_and_denies_new_accounts() -> None:
    """No deleting, no listing; and CVE-2025-62506 is closed on stores that were not updated."""
    allowed, denied = json.loads(session_policy("coglab", PREFIX))["Statement"]
    assert allowed == {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        "Resource": [f"arn:aws:s3:::coglab/{PREFIX}*"],
    }
    assert denied == {"Effect": "Deny", "Action": ["admin:CreateServiceAccount"]}


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "/",
        "*/",
        "a?/",
        "${aws:username}/",
        'x"],"Action":["s3:*"],"Resource":["arn:aws:s3:::*/',
        "a/../",
        "a//b/",
        "a/./",
        "a\n/",
        "a/b\n",
        "no-slash",
        "/a/",
        "\u202eabc/",
        "é/",
        "a" * 65 + "/",
        "a/" * 1200,
        "a" * 10_000 + "/",
    ],
)
def test_attack_37_names_that_could_widen_a_policy_are_refused(prefix: str) -> None:
    """A subject called "*" would open the bucket; such sessions are served by signatures."""
    with pytest.raises(Refused) as caught:
        session_policy("coglab", prefix)
    assert caught.value.about == "scopedKeys"


@pytest.mark.parametrize("bucket", ["", "*", "a/b", "${x}", "a b", "b\n"])
def test_attack_37_buckets_that_could_widen_a_policy_are_refused(bucket: str) -> None:
    """The bucket's name comes from Alyx, where anybody may have written it."""
    with pytest.raises(Refused):
        session_policy(bucket, PREFIX)
