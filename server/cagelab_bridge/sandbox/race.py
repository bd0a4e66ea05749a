"""What two register-file requests for one file leave in Alyx 3.6.1 when they run at the same time."""

from __future__ import annotations

from .alyx.core import AlyxCore
from .alyx.messages import Request, Response, json_response


def collide(core: AlyxCore, request: Request) -> Response:
    """Execute a register-file, and beside it the same one from another client.

    Both look for the dataset before either has made it, so both make one; the second then cannot make its file
    record and is answered 400. From then on every request for that name is answered 500. The answer here is the
    second one's, or the plain one when the request made no dataset.
    """
    before = {row["id"] for row in core.state.rows("dataset")}
    answer = core.handle(request)
    made = [row for row in core.state.rows("dataset") if row["id"] not in before]
    if not made:
        return answer
    first = made[0]
    core.state.insert("dataset", {**first, "id": core.new_id()})
    record = core.state.where("file_record", "dataset", first["id"])[0]
    repository = core.state.at("repository", record["data_repository"])["name"]
    path = record["relative_path"]
    sentence = f'A file record for "{path}" already exists on repository "{repository}" for a different dataset.'
    return json_response(400, {"status_code": 400, "detail": sentence}, {"allow": "POST, OPTIONS"})
