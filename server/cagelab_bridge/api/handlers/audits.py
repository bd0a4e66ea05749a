"""Audits of sessions."""

from __future__ import annotations

from cagelab_bridge._gen.cagelab.bridge.v1 import audits_pb2
from cagelab_bridge.api.convert import SEVERITIES
from cagelab_bridge.api.dispatch import Caller, Handler
from cagelab_bridge.api.house import House
from cagelab_bridge.services.auditing.found import Found, Mend
from cagelab_bridge.services.auditing.loose_objects import Range

SERVICE = "/cagelab.bridge.v1.Audits/"
REPAIRS = {
    Mend.NONE: audits_pb2.REPAIR_NONE,
    Mend.SAFE: audits_pb2.REPAIR_SAFE,
    Mend.ASK: audits_pb2.REPAIR_ASK,
}


class AuditHandlers:
    """AuditSession, AuditStore."""

    def __init__(self, house: House) -> None:
        self._house = house

    def table(self) -> dict[str, Handler]:
        """The handlers by full method name."""
        return {SERVICE + "AuditSession": self.audit_session, SERVICE + "AuditStore": self.audit_store}

    async def audit_session(
        self, request: audits_pb2.AuditSessionRequest, _: Caller
    ) -> audits_pb2.AuditSessionResponse:
        """Changes nothing but what the request names."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        audit = self._house.audit
        if request.dataset_id:
            audited = await audit.content(key, request.session_id, request.dataset_id)
        else:
            audited = await audit.session(
                key, request.session_id, safe=request.repair_safe, repair=frozenset(request.repair)
            )
        record = audited.facts.record
        return audits_pb2.AuditSessionResponse(
            session_id=audited.facts.alyx_id,
            subject=record["subject"],
            date=audited.facts.date,
            number=record["number"] or 0,
            findings=[_message(found) for found in audited.findings],
            readable=audited.readable,
            bytes_read=audited.bytes_read,
        )

    async def audit_store(self, request: audits_pb2.AuditStoreRequest, _: Caller) -> audits_pb2.AuditStoreResponse:
        """Changes nothing."""
        key = self._house.accounts.pick(request.alyx_url, request.account)
        within = Range(lab=request.lab, subject=request.subject, first=request.first_date, last=request.last_date)
        loose = await self._house.audit.store(key, within)
        return audits_pb2.AuditStoreResponse(
            findings=[_message(found) for found in loose.findings], objects=loose.objects
        )


def _message(found: Found) -> audits_pb2.AuditFinding:
    return audits_pb2.AuditFinding(
        id=found.id,
        severity=SEVERITIES[found.gravity],
        kind=found.kind,
        what=found.what,
        message=found.message,
        hint=found.hint,
        repair=REPAIRS[found.mend],
        repaired=found.repaired,
        outcome=found.outcome,
    )
