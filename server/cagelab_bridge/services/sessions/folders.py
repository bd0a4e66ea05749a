"""Session folders and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from cagelab_bridge.errors import BridgeError, InvalidInput, WrongState
from cagelab_bridge.journal.journal import Journal
from cagelab_bridge.models import AccountKey
from cagelab_bridge.ports import Runtime
from cagelab_bridge.services.accounts.accounts import Accounts
from cagelab_bridge.services.delivery.day_numbers import DayNumbers
from cagelab_bridge.services.lab_time import checked_day

LAST = 999  # Alyx's path pattern reads three digits
NUMBER = re.compile(r"\d{1,3}")
# What may be a part of the path: Alyx refuses a subject with a space or a slash. What means more than itself to a
# shell, a policy of a store or another system is refused too, and what does not show: it reads as another name.
PART = re.compile(r"[^\s/\\*?\"'<>|:;$`{}\[\]]+")
LONGEST = 200  # bytes; folders have 255
ALYX_PATIENCE = 0.8  # seconds; an experiment does not wait longer for a number


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A session's folder and what its path says."""

    path: str
    subject: str
    date: str
    number: int
    lab: str = ""


class Folders:
    """Allots numbers against the folder tree, the journal and Alyx."""

    def __init__(self, journal: Journal, accounts: Accounts, days: DayNumbers, runtime: Runtime, root: str) -> None:
        self._journal = journal
        self._accounts = accounts
        self._days = days
        self._runtime = runtime
        self._root = root

    async def reserve(
        self, key: AccountKey | None, *, lab: str, subject: str, date: str, root: str = ""
    ) -> tuple[Folder, bool]:
        """Make the folder of the next free number; False when Alyx could not be asked for its numbers.

        Raises InvalidInput for names that make no folder, WrongState when the day has no number left.
        """
        for about, text in (("subject", subject), ("lab", lab)):
            if not _is_plain(text):
                raise InvalidInput(f"{text[:80]!r} is no name of a {about}.", about=about)
        if root and not root.startswith("/"):
            raise InvalidInput(f"The root {root!r} is not absolute.", about="root", hint="Write it from / on.")
        elsewhere = await self._alyx_numbers(key, subject, date)
        taken = (elsewhere or frozenset()) | self._journal.sessions.numbers(subject, date)
        place = (root or self._root).rstrip("/"), lab, subject, date
        made = await self._runtime.in_thread(self._make_next, place, taken)
        if made is not None:
            path, number = made
            return Folder(path=path, subject=subject, date=date, number=number, lab=lab), elsewhere is not None
        raise WrongState(
            f"{subject} has no session number left on {date} (the last is {LAST}).",
            about="number",
            hint="Alyx reads three digits: look for a folder with a number that is too high.",
        )

    def _make_next(self, place: tuple[str, str, str, str], taken: frozenset[int]) -> tuple[str, int] | None:
        """The folder of the first number behind all there are, and the number; None behind the last. In a thread."""
        files, days = self._runtime.files, self._day_folders(*place)
        known = taken | {int(name) for day in days for name in files.list_folders(day) if NUMBER.fullmatch(name)}
        for number in range(max(known, default=0) + 1, LAST + 1):
            path = f"{days[0]}/{number:03d}"
            # Making the folder is the reservation: another program that makes it first leaves us the next number.
            if files.make_folder(path):
                return path, number
        return None

    def _day_folders(self, root: str, lab: str, subject: str, date: str) -> list[str]:
        """`<root>/<Lab>/Subjects/<subject>/<date>` in every spelling there is, the one to use first.

        ONE reads the lab from a path with capital `Subjects`; today's rigs have `subjects`. An existing one keeps its
        spelling, and both count.
        """
        files = self._runtime.files
        spellings = [name for name in files.list_folders(f"{root}/{lab}") if name.casefold() == "subjects"]
        spellings.sort(key=lambda name: not files.is_folder(f"{root}/{lab}/{name}/{subject}"))
        return [f"{root}/{lab}/{name}/{subject}/{date}" for name in spellings or ["Subjects"]]

    async def _alyx_numbers(self, key: AccountKey | None, subject: str, date: str) -> frozenset[int] | None:
        """Numbers that Alyx has for the day; None when it cannot be asked in time."""
        if key is None:
            return None
        try:
            alyx = self._accounts.connection(key)
            return await self._runtime.wait_for(self._days.ask(alyx, subject, date), ALYX_PATIENCE)
        except (BridgeError, TimeoutError):
            return None  # the caller is told; a clash is mended when the session is registered


def _is_plain(text: str) -> bool:
    """Whether a folder may have that name, and nobody takes it for something else."""
    short = len(text.encode("utf-8", "surrogatepass")) <= LONGEST
    return short and text.isprintable() and not text.startswith(".") and PART.fullmatch(text) is not None


def parse(path: str) -> Folder:
    """What `…/[<Lab>/Subjects/]<subject>/<YYYY-MM-DD>/<NNN>` says. Raises InvalidInput."""
    parts = PurePosixPath(path).parts
    plain = path.startswith("/") and not path.startswith("//") and ".." not in parts and len(parts) >= 4
    if not plain or not NUMBER.fullmatch(parts[-1]) or not 1 <= int(parts[-1]) <= LAST:
        raise InvalidInput(
            f"{path} is no session folder.",
            about="folder",
            hint="A session folder is …/<subject>/<YYYY-MM-DD>/<NNN>, with a number from 001 to 999.",
        )
    lab = parts[-5] if len(parts) > 5 and parts[-4].casefold() == "subjects" else ""
    return Folder(
        path=str(PurePosixPath(path)), subject=parts[-3], date=checked_day(parts[-2]), number=int(parts[-1]), lab=lab
    )
