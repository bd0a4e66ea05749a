"""Requests made up at random, in an order in which later ones can build on earlier ones.

Every name and day is the run's own, so the same requests can be sent to a server that holds other data.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from .compared_server import Step


class Variants:
    """Makes the steps of one run. `places` are names that exist on both servers and cannot be made through REST."""

    def __init__(self, run: str, seed: int, user: str, location: str) -> None:
        self.run = run
        self.user = user
        self.location = location
        self.random = random.Random(seed)
        self._day = date(2031, 1, 1)
        self.subject = f"sub-{run}"
        self.other = f"other.{run}"
        self.lab = f"lab_{run}"
        self.project = f"project {run}"
        self.repositories = [f"repo-{run}", f"aws_{run}"]
        self.types = [f"kind{run}.raw", f"kind{run}.table", f"obj{run}.attr"]
        self.stamps: set[str] = set()

    def any(self, *choices: Any) -> Any:
        """One of the choices."""
        return self.random.choice(choices)

    def wrong(self) -> Any:
        """A value few fields take."""
        own = f"x{self.run}"
        return self.any("", " ", None, 7, -1, 2.5, True, [], ["x"], {}, {"a": 1}, own, "2026-13-45", own * 40)

    def chance(self, of: float) -> bool:
        """True so often."""
        return self.random.random() < of

    def day(self) -> str:
        """A day no other step uses."""
        self._day += timedelta(days=1)
        return self._day.isoformat()

    def moment(self, day: str) -> str:
        """A time on a day, which the comparison then keeps as it is."""
        text = f"{day}T{self.random.randrange(24):02}:{self.random.randrange(60):02}:00"
        if self.chance(0.3):
            text += f".{self.random.randrange(1, 999999):06}"
        self.stamps.add(text)
        return text

    def setup(self) -> Iterator[Step]:
        """The records everything else refers to."""
        for number, name in enumerate(self.repositories):
            personal = self.any(None, False) if number else False
            yield Step(
                "POST",
                "/data-repository",
                {"name": name, "data_url": f"http://127.0.0.1:9/{name}/", "globus_is_personal": personal},
            )
        yield Step("POST", "/labs", {"name": self.lab, "repositories": self.repositories[:1], "timezone": "UTC"})
        yield Step("POST", "/projects", {"name": self.project, "users": [self.user]})
        for name in (self.subject, self.other):
            body = {"nickname": name, "lab": self.lab, "projects": [self.project], "responsible_user": self.user}
            yield Step("POST", "/subjects", body, capture=f"subject_{name.split('-')[0].split('.')[0]}")
        patterns = [f"kind{self.run}.raw.*", f"KIND{self.run}.table*.pqt", None]
        for name, pattern in zip(self.types, patterns, strict=True):
            yield Step("POST", "/dataset-types", {"name": name, "filename_pattern": pattern, "created_by": self.user})
        yield Step("POST", "/tags", {"name": f"safe-{self.run}", "protected": True})
        yield Step("POST", "/tags", {"name": f"open-{self.run}", "public": True}, capture="tag")

    def session_body(self) -> dict[str, Any]:
        """A body for a session, right in most fields, wrong in some."""
        day = self.day()
        pools: dict[str, Callable[[], Any]] = {
            "subject": lambda: self.any(self.subject, self.subject, self.other),
            "number": lambda: self.any(1, 2, "003", "4.0", 999, None, 35146),
            "start_time": lambda: self.moment(day),
            "end_time": lambda: self.any(self.moment(day), None),
            "lab": lambda: self.lab,
            "location": lambda: self.any(self.location, None),
            "projects": lambda: self.any([self.project], [], [self.project, self.project]),
            "procedures": lambda: self.any(["Behavior training/tasks"], [], ["Imaging", "Histology"], None),
            "users": lambda: self.any([self.user], []),
            "task_protocol": lambda: self.any("touch_training", "", " padded "),
            "type": lambda: self.any("Experiment", None, ""),
            "narrative": lambda: self.any("one\ntwo", "", "  "),
            "json": lambda: self.any({"cagelab": {"bridge_session": f"m-{self.run}"}, "a": [1, 2.5]}, None, "{}", [1]),
            "extended_qc": lambda: self.any({"ratio": 0.5, "ok": True}, None),
            "qc": lambda: self.any("NOT_SET", "PASS", "WARNING", "FAIL", "CRITICAL"),
            "n_trials": lambda: self.any(10, None, "7"),  # 0: PostgreSQL divides by it or not, as it plans
            "n_correct_trials": lambda: self.any(5, 8, None),
            "unknown": lambda: 1,
        }
        body = {name: make() for name, make in pools.items() if name in {"subject", "start_time"} or self.chance(0.45)}
        if self.chance(0.35):
            for name in self.random.sample(sorted(pools), self.any(1, 1, 2, 4)):
                body[name] = self.wrong()
        if self.chance(0.05):
            body.pop("subject", None)
        return {name: value for name, value in body.items() if not (name == "start_time" and value is None)}

    def sessions(self, count: int) -> Iterator[Step]:
        """Sessions made, changed and read."""
        for number in range(count):
            name = f"session{number}"
            yield Step("POST", "/sessions", self.session_body(), capture=name)
            for _ in range(self.any(0, 1, 2)):
                changes = self.session_body()
                if self.chance(0.8):
                    changes.pop("start_time", None)
                picked = self.random.sample(sorted(changes), min(len(changes), self.any(1, 2, 5)))
                body = {key: changes[key] for key in picked}
                yield Step(self.any("PATCH", "PATCH", "PATCH", "PUT"), f"/sessions/{{{name}}}", body)
            yield Step("GET", f"/sessions/{{{name}}}")
        for number in range(0, count, 7):
            yield Step("DELETE", f"/sessions/{{session{number}}}")
            yield Step("GET", f"/sessions/{{session{number}}}")

    def session_lists(self, count: int) -> Iterator[Step]:
        """Lists of this run's sessions, narrowed in many ways."""
        conditions = self._session_conditions()
        for _ in range(count):
            given = {"subject": self.any(self.subject, self.subject.upper(), self.other)}
            given.update(self.random.sample(conditions, self.any(1, 1, 2, 3)))
            if self.chance(0.3):
                given["limit"] = self.any("1", "2", "0", "-1", "x", "5000", "")
            if self.chance(0.3):
                given["offset"] = self.any("1", "2", "0", "-3", "x", "100")
            yield Step("GET", "/sessions?" + urlencode(given, safe="{}"), ordered=True)

    def _session_conditions(self) -> list[tuple[str, str]]:
        pairs: dict[str, tuple[str, ...]] = {
            "date_range": (
                "2031-01-01,2031-01-20",
                "2031-01-05,2031-01-05",
                "2031-01-01",
                "x,y",
                "2031-02-30,2031-03-01",
            ),
            "number": ("1", "003", "x", "1.5", "", "-1"),
            "users": (self.user, f"{self.user},nobody", "nobody", ""),
            "lab": (self.lab, self.lab.upper(), "none"),
            "location": (self.location[:3].lower(), "zzz"),
            "projects": (self.project[:9], "zzz"),
            "project": (self.run,),
            "procedures": ("behavior", "i"),
            "task_protocol": ("touch", "TOUCH", "zzz"),
            "type": ("experiment", "x"),
            "qc": ("PASS", "pass", "NOT_SET", "GREAT"),
            "performance_gte": ("50", "80", "x", "-1"),
            "performance_lte": ("50", "79.5"),
            "nickname": (self.other,),
            "json": (
                f"cagelab__bridge_session,m-{self.run}",
                "cagelab__none,1",
                "a,[1, 2.5]",
                "json",
                "a,1,a,2",
                "a__0,1",
            ),
            "extended_qc": ("ratio__gte,0.4", "ratio,0.5", "ok,True", "ratio__gt,0.5,ok,true"),
            "id": ("abc", "{session1}", "{session2}"),
            "histology": ("True", "False", "x"),
            "start_time": ("2031-01-05T10:00:00", "x"),
            "n_trials": ("10", "7"),
            "parent_session": ("{session1}", "abc"),
            "name": ("x",),
            "dataset_types": (self.types[0], f"{self.types[0]},{self.types[1]}", "none"),
            "datasets": (f"kind{self.run}.raw.a.mat", f"kind{self.run}.raw.a.mat,kind{self.run}.raw.b.mat", "none"),
            "dataset_qc_lte": ("PASS", "50", "x", "warning"),
            "tag": ("open", "safe"),
            "unknown": ("1",),
            "django": self._django_conditions(),
        }
        return [(name, value) for name, values in pairs.items() for value in values]

    def _django_conditions(self) -> tuple[str, ...]:
        return (
            "number,1",
            "number__gte,2",
            "~number,1",
            "number__isnull,True",
            "number__in,[1, 3]",
            "start_time__date,2031-01-05",
            "start_time__date__lt,2031-01-06,number,1",
            "start_time__gte,2031-01-05T00:00:00",
            "start_time__year,2031",
            "start_time,x",
            "start_time__date,x",
            "task_protocol__icontains,TOUCH",
            "~task_protocol__icontains,touch",
            f"projects__name__icontains,{self.run}",
            f"subject__nickname,{self.subject}",
            f"json__cagelab__bridge_session,m-{self.run}",
            "json__cagelab__isnull,True",
            "json__isnull,False",
            "qc__gte,30",
            "qc,PASS",
            "narrative__startswith,one",
            "end_time__isnull,True",
            "users__username__in,['nobody']",
            f"data_dataset_session_related__name,kind{self.run}.raw.a.mat",
            "data_dataset_session_related__file_records__exists,True",
            "id,abc",
            "number",
            "number,1,number,2",
            "location__name__iexact,BOX-1",
            "procedures__name,Imaging",
        )
