"""Safeguards, and what the source looks like without each of them.

A mutant is one or more replacements of text in the production code. `text` must stand exactly once in its file; a test
says so, so that the catalogue follows the source.
"""

from __future__ import annotations

from dataclasses import dataclass

SESSION = "services/delivery/session_delivery.py"
NUMBERS = "services/delivery/session_numbers.py"
FILE = "services/delivery/file_delivery.py"
REGISTRAR = "services/delivery/registrar.py"
REGISTRATION = "services/delivery/registration.py"
DATASETS = "services/delivery/session_datasets.py"
SESSIONS = "services/sessions/sessions.py"
DELIVERY = "services/delivery/delivery.py"
QUARANTINE = "services/delivery/quarantine.py"
SPARE_COPY = "services/sessions/spare_copy.py"
ERRORS = "errors/remote.py"


@dataclass(frozen=True)
class Change:
    """`text` in `file` becomes `without`."""

    file: str
    text: str
    without: str


@dataclass(frozen=True)
class Mutant:
    """The production code with a safeguard (or a pair of them) removed."""

    name: str
    changes: tuple[Change, ...]


def one(name: str, file: str, text: str, without: str) -> Mutant:
    """A mutant of one change."""
    return Mutant(name, (Change(file, text, without),))


NO_SESSION_LOOK = Change(SESSION, "found = await self._look(alyx, session)", "found = None")
NO_SESSION_QUARANTINE = Change(
    SESSION,
    "            self._quarantine.check(session.id)\n        others = await",
    "            pass\n        others = await",
)
NO_SWEEP = Change("services/delivery/sweep.py", "        if session.swept:\n            return", "        return")
NO_SESSION_INTENT = Change(
    SESSION,
    "self._journal.sessions.intend(session.id, under_way=True, number=number)\n        self._quarantine.begin(session.id)"
    "\n        try:\n            record",
    "self._quarantine.begin(session.id)\n        try:\n            record",
)
NO_FILE_QUARANTINE = Change(REGISTRAR, "self._quarantine.check(file.id)", "pass")
NO_STAT_BEFORE = Change(
    FILE,
    "            if self._same(file, await self._stat(self._path(file))):\n                try:",
    "            if True:\n                try:",
)
NO_STAT_AFTER = Change(
    FILE,
    "        if self._same(file, await self._stat(self._path(file))):\n            self._journal.files.moved",
    "        if True:\n            self._journal.files.moved",
)
NO_VERIFY = Change(FILE, "proof = await store.verify(upload_of(file, self._path(file)))", 'proof = "etag"')
NO_MD5_CLAIM = Change("store/multipart.py", 'headers={"Content-MD5": content_md5(md5)},', "headers={},")
NO_PART_ETAG = Change("store/multipart.py", 'if answers.md5_etag(headers) not in {"", md5}:', "if False:")
NO_COMPLETE_ETAG = Change(
    "store/multipart.py",
    'if etag not in {"", upload.md5, composite_etag(upload.part_md5s)}:',
    "if False:",
)

MUTANTS = (
    Mutant("a lost POST of a session is not looked for", (NO_SESSION_LOOK, NO_SWEEP)),
    Mutant("a lost POST of a session is repeated at once", (NO_SESSION_QUARANTINE, NO_SWEEP)),
    Mutant("no intent before the POST of a session", (NO_SESSION_INTENT, NO_SWEEP)),
    one(
        "a lost answer counts as not executed",
        ERRORS,
        '    about = "answerLost"\n    executed = Executed.MAYBE',
        '    about = "answerLost"',
    ),
    one(
        "a 5xx counts as not executed",
        ERRORS,
        '    about = "serverFailed"\n    executed = Executed.MAYBE',
        '    about = "serverFailed"',
    ),
    one(
        "the marker is not sent",
        "services/delivery/session_record.py",
        '"bridge_session": session.id,',
        '"bridge_session": "",',
    ),
    one(
        "a lost PATCH may be overtaken",
        SESSION,
        "        if session.intent:\n            self._quarantine.check(session.id)\n        record = await alyx.read",
        "        record = await alyx.read",
    ),
    one(
        "numbers of other rigs are not looked at",
        SESSION,
        "number = None if adopted else await self._numbers.clash(alyx, session, record)",
        "number = None",
    ),
    one(
        "numbers of other rigs are seen and kept",
        NUMBERS,
        "        if not rivals:\n            return None",
        "        if True:\n            return None",
    ),
    one(
        "complete is told while files are open",
        SESSION,
        "return not self._journal.transfers.recent(session_id=session.id, only_unfinished=True, limit=1)",
        "return True",
    ),
    one(
        "a lost register-file is looked for in an old list",
        REGISTRAR,
        "            self.look_again(session.id)\n        visit",
        "            pass\n        visit",
    ),
    Mutant("a lost register-file is repeated at once", (NO_FILE_QUARANTINE,)),
    one(
        "resumed without the hashes of what was sent while it was read",
        FILE,
        "if not file.md5 and file.upload_id:",
        "if False:",
    ),
    one(
        "what was sent while it was read becomes an object before the journal has its hashes",
        "store/multipart.py",
        "        self._events.read(hashes)\n",
        "",
    ),
    one("no intent before register-file", REGISTRAR, "self._journal.files.intend(file, plan.revision)\n", "pass\n"),
    one("registered as existing", REGISTRATION, '"exists": False,', '"exists": True,'),
    one(
        "PASS is set with the registration",
        REGISTRATION,
        '"qc": [plan.qc for _, plan in files],  # left out, it would be reset',
        '"qc": "PASS",',
    ),
    one(
        "marked as existing after PASS",
        FILE,
        '        await alyx.change(f"files/{file.record_id}", {"exists": True})\n        record = await alyx.change(f"datasets/{file.dataset_id}", body)',
        '        record = await alyx.change(f"datasets/{file.dataset_id}", body)\n        await alyx.change(f"files/{file.record_id}", {"exists": True})',
    ),
    one(
        "never marked as existing", FILE, '        await alyx.change(f"files/{file.record_id}", {"exists": True})\n', ""
    ),
    one("other content replaces what was PASS", DATASETS, 'if record["qc"] == "PASS" or _stored(record)]', "if False]"),
    one(
        "stored without sending",
        FILE,
        "                        await self._put(store, file)",
        "                        pass",
    ),
    Mutant("neither verified nor checked on the way", (NO_VERIFY, NO_MD5_CLAIM, NO_PART_ETAG, NO_COMPLETE_ETAG)),
    Mutant(
        "a file that changes while it is sent is called stored",
        (NO_STAT_BEFORE, NO_STAT_AFTER, NO_VERIFY, NO_MD5_CLAIM, NO_PART_ETAG, NO_COMPLETE_ETAG),
    ),
    one(
        "WrongContent counts as stored",
        FILE,
        "            raise WrongContent(error.message) from error",
        "            file = self._journal.files.get(file.id)\n            self._journal.files.moved(file, FileState.STORED)\n            file, proof = self._journal.files.get(file.id), 'etag'",
    ),
    one(
        "a request id is forgotten",
        SESSIONS,
        '            self._journal.requests.remember("StartSession", request_id, content, session.id, now)',
        "            pass",
    ),
    one("a refused token is kept", "services/accounts/accounts.py", "lambda: self.forget_token(key))", "lambda: None)"),
    one(
        "a login does not wake what waited",
        DELIVERY,
        "        for session in self._journal.sessions.due():\n            self.wake(session.id)\n        self._others()",
        "        return",
    ),
    one(
        "a failed file is never tried again",
        "services/delivery/rounds.py",
        "return None if trouble.blocked else self.pace.failed(name, error)",
        "return None",
    ),
    one(
        "429 is not obeyed",
        "services/accounts/pace.py",
        "        if trouble and self.wait(name) > 0:",
        "        if False:",
    ),
    one(
        "the last word of a session does not wait for register-files",
        SESSION,
        "            for file_id in self._journal.files.registering_on(session.spec.subject, session.date):\n"
        "                self._quarantine.check(file_id)\n",
        "",
    ),
    one(
        "the end of a session is not told",
        SESSION,
        "        if session.alyx is AlyxState.OPEN and session.run in (Run.ENDED, Run.ABANDONED):",
        "        if False:",
    ),
    one(
        "trials are not told",
        "services/delivery/session_record.py",
        '"n_correct_trials": session.n_correct_trials}',
        '"n_trials_correct": session.n_correct_trials}',
    ),
    one(
        "parts of a dismissed file stay",
        DELIVERY,
        "        if self._journal.files.discards(limit=1):",
        "        if False:",
    ),
    one(
        "parts of a dismissed file are not asked for again",
        DELIVERY,
        "        self._rouse_discards()  # of sessions that have nothing else left\n",
        "",
    ),
    one(
        "a dismissed file counts as cleaned up when it is not",
        "services/delivery/discards.py",
        "                    await store.abandon(file.bucket, file.key, file.upload_id)",
        "                    pass",
    ),
    one(
        "a file that is dismissed while it is sent is sent to its end",
        FILE,
        "        if self._journal.files.get(file.id).state is FileState.DISMISSED:",
        "        if False:",
    ),
    one(
        "parts of bytes that changed stay",
        FILE,
        "                    await store.abandon(file.bucket, file.key, upload_id)",
        "                    pass",
    ),
    one("a torn file is PASS", FILE, 'qc = "FAIL" if file.partial else "PASS"', 'qc = "PASS"'),
    one("a torn file is not recognised", FILE, "return bool(hdf5.ends_early(head, size))", "return False"),
    one("a torn file brings no spare copy", SPARE_COPY, "if newest and not self._torn(", "if newest or self._torn("),
    one(
        "a spare copy of any day goes along",
        SPARE_COPY,
        "if spare is None or not span[0] <= spare.mtime_ns // 1000 / 1e6 <= span[1]:",
        "if spare is None:",
    ),
    one(
        "a spare copy goes along with whole files",
        SPARE_COPY,
        '        if newest and not self._torn(newest, found[newest].size):\n            return ""',
        "        pass",
    ),
    one(
        "a recovered session is posted without a look",
        "services/records/recovery.py",
        "intent = record.session.intent or not completed",
        "intent = record.session.intent",
    ),
    one(
        "an end that a register-file undid is not told again",
        SESSION,
        '        if record.get("end_time"):',
        "        if True:",
    ),
)
