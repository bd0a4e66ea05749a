"""An Alyx stand-in that lets everything through, with a store that keeps nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cagelab_bridge.sandbox import Sandbox
from cagelab_bridge.sandbox.alyx.messages import Request, Response
from cagelab_bridge.sandbox.alyx.schema import Value
from cagelab_bridge.sandbox.demo import demo_seed
from tests.acceptance.lab import Lab
from tests.benchmarks import discarding


@dataclass(frozen=True)
class Unthrottled:
    """A lab, its Alyx to look into, and how often that was asked what ("POST register-file")."""

    lab: Lab
    sandbox: Sandbox
    asked: Counter[str] = field(default_factory=Counter)


@contextmanager
def opened(subjects: Sequence[str] = ()) -> Iterator[Unthrottled]:
    """Alyx in this process, with more subjects if need be; the store in a process of its own."""
    with discarding.running() as url, Sandbox(seed=_seed(url, subjects), s3=False) as sandbox:
        lab = Lab(
            alyx_url=sandbox.alyx_url,
            user="admin",
            password=sandbox.accounts["admin"],
            s3_url=url,
            s3_key="key",
            s3_secret="secret",
            live=False,
        )
        place = Unthrottled(lab, sandbox)
        execute = sandbox.alyx.execute

        def counted(request: Request, *, race: bool = False) -> Response:
            place.asked[f"{request.method} {request.target.strip('/').partition('/')[0].partition('?')[0]}"] += 1
            return execute(request, race=race)

        sandbox.alyx.execute = counted  # type: ignore[method-assign]  # somebody counts
        yield place


def _seed(store: str, subjects: Sequence[str]) -> dict[str, Value]:
    seed = demo_seed(store)
    known = seed["subjects"]
    assert isinstance(known, list)
    pattern = known[0]
    assert isinstance(pattern, dict)
    return seed | {"subjects": [*known, *({**pattern, "nickname": name} for name in subjects)]}
