"""Secrets stay out of everything that is kept or printed."""

from __future__ import annotations

import logging

import pytest

from cagelab_bridge.errors import BridgeError
from cagelab_bridge.secret import Secret
from cagelab_bridge.services.transfers import UploadOrder
from tests.simulation.world import ALYX, STORE
from tests.unit.services.stage import PASSWORD, SECRET_KEY, Stage, staged


@staged
async def test_no_secret_is_ever_written_to_the_journal_or_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """After logins, key pairs, refusals and a whole session: neither password, token nor key on disk or in the log."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(BridgeError):
        await stage.house.accounts.log_in(ALYX, "admin", Secret("wrong-pw-77aa"), remember=True)
    await stage.house.accounts.log_in(ALYX, "admin", Secret(PASSWORD), remember=True)
    await stage.house.credentials.put_store(STORE, "key", Secret(SECRET_KEY), keep=True)
    session = await stage.start()
    stage.write(session, "events.table.1.tsv")
    stage.end(session, upload=UploadOrder())
    await stage.until(lambda: stage.journal.sessions.get(session.id).completed)
    tokens = [row["key"] for row in stage.records("token")] if "token" in str(stage.world.core.state) else []
    token = stage.world.core.accounts.token("admin", PASSWORD)
    secrets = [PASSWORD, SECRET_KEY, "wrong-pw-77aa", str(token), *tokens]
    written = b"".join(path.read_bytes() for path in stage.journal.path.parent.iterdir() if path.is_file())
    await stage.close()
    written += b"".join(path.read_bytes() for path in stage.world.folder.iterdir() if path.is_file())
    assert b"TestSubject" in written
    for secret in secrets:
        assert secret.encode() not in written
        assert secret not in caplog.text
