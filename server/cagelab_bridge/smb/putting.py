"""Puts one file onto a share: written beside its place, forced to disk, read back, and only then given its name."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cagelab_bridge.errors import Refused, WrongContent
from cagelab_bridge.ports import Runtime, Upload, UploadEvents
from cagelab_bridge.smb.part_names import beside, part_name
from cagelab_bridge.smb.proof import Span, first_wrong, read_source, spans

if TYPE_CHECKING:
    from cagelab_bridge.smb.share import Share, ShareFile

log = logging.getLogger(__name__)


class Putting:
    """One attempt. Every step may be repeated by the next one."""

    def __init__(self, share: Share, runtime: Runtime, upload: Upload, events: UploadEvents) -> None:
        self._share = share
        self._runtime = runtime
        self._upload = upload
        self._events = events
        self._name = part_name(upload)
        self._place = beside(upload.key, self._name)

    async def run(self) -> str:
        """Send what is missing, prove it, name it; when the server last saw it written.

        Raises FileChanged, WrongContent (what differs is cut off, and sent by the next attempt), Refused, AnswerLost …
        """
        begun_before = self._upload.upload_id == self._name
        if begun_before and (done := await self._named_already()):
            self._events.sent(self._upload.size)
            return done
        if not begun_before:
            self._events.begun(self._name)
        part = await self._runtime.in_thread(self._share.make, self._place)
        await self._send(part)
        await self._prove(part)
        return await self._give_name(part)

    async def _named_already(self) -> str:
        """The answer to an earlier attempt's last step was lost: it was done if the unfinished file is gone."""
        from cagelab_bridge.smb.share import WRITING

        part = await self._runtime.in_thread(self._share.find, self._place)
        if part is not None:
            await self._runtime.in_thread(part.close)
            return ""
        found = await self._runtime.in_thread(self._share.find, self._upload.key, WRITING)
        if found is None:
            return ""
        if await self._is_the_same(found):
            return await self._adopted(found)
        await self._runtime.in_thread(found.close)
        return ""

    async def _send(self, part: ShareFile) -> None:
        there = min(part.size, self._upload.size)
        missing = [span for span in spans(self._upload) if span.offset + span.length > there]
        done = self._upload.size - sum(span.length for span in missing)
        self._events.sent(done)
        for span in missing:
            await self._runtime.in_calm_thread(self._send_span, part, span)
            done += span.length
            self._events.sent(done)
        if part.size > self._upload.size:
            await self._runtime.in_thread(part.resize, self._upload.size)

    def _send_span(self, part: ShareFile, span: Span) -> None:
        part.write(span.offset, read_source(self._runtime, self._upload, span))

    async def _prove(self, part: ShareFile) -> None:
        await self._runtime.in_calm_thread(part.flush)
        wrong = await first_wrong(self._runtime, part, self._upload)
        if wrong is not None:
            await self._runtime.in_thread(part.resize, wrong)
            where = f"{self._upload.bucket}/{self._upload.key}"
            raise WrongContent(f"{where} read back from the file server differs from what was sent, from byte {wrong}.")

    async def _give_name(self, part: ShareFile) -> str:
        if not await self._runtime.in_thread(part.rename, self._upload.key):
            adopted = await self._make_way()
            if adopted:
                await self._runtime.in_thread(part.remove)
                await self._runtime.in_thread(part.close)
                return adopted
            if not await self._runtime.in_thread(part.rename, self._upload.key):
                raise Refused(
                    f"{self._upload.bucket}/{self._upload.key} appears on the share again and again.",
                    about="exists",
                    hint="Find out who else writes there, then `cagelab-bridge retry`.",
                )
        await self._runtime.in_calm_thread(part.flush)  # its name too
        await self._runtime.in_thread(part.close)
        return part.changed

    async def _make_way(self) -> str:
        """Something has the name. What holds the same bytes is taken for ours; the rest is moved aside, never lost:
        an earlier version of a file that changed before it was proved, or whatever somebody put there."""
        from cagelab_bridge.smb.share import WRITING

        found = await self._runtime.in_thread(self._share.find, self._upload.key, WRITING)
        if found is None:
            return ""
        if await self._is_the_same(found):
            return await self._adopted(found)
        aside = f"{self._upload.key}.replaced-{self._runtime.new_id()[:8]}"
        log.warning("%s/%s held other bytes: they are kept as %s", self._upload.bucket, self._upload.key, aside)
        await self._runtime.in_thread(found.rename, aside)
        await self._runtime.in_thread(found.close)
        return ""

    async def _adopted(self, found: ShareFile) -> str:
        """Nobody knows whether the server has forced it to its disks: whoever stored it may have been cut off. Forcing
        takes the right to write."""
        await self._runtime.in_calm_thread(found.flush)
        await self._runtime.in_thread(found.close)
        return found.changed

    async def _is_the_same(self, found: ShareFile) -> bool:
        if found.size != self._upload.size:
            return False
        return await first_wrong(self._runtime, found, self._upload) is None
