"""What lies below a prefix."""

from __future__ import annotations

from cagelab_bridge.errors import ServerFailed
from cagelab_bridge.ports import StoredObject
from cagelab_bridge.store.answers import objects_page
from cagelab_bridge.store.connection import Connection, Order

PAGE = 1000  # objects; S3 gives no more at a time


async def list_objects(connection: Connection, bucket: str, prefix: str) -> tuple[StoredObject, ...]:
    """All objects whose keys begin with `prefix`, by key. Raises RemoteError and its kin, ServerFailed for a list that
    does not come to its end."""
    found: dict[str, StoredObject] = {}
    token = ""
    while True:
        query = {"list-type": "2", "prefix": prefix, "max-keys": str(PAGE)}
        if token:
            query["continuation-token"] = token
        order = Order(what=f"listing {bucket}/{prefix}", method="GET", bucket=bucket, query=query)
        page = objects_page((await connection.call(order)).body)
        fresh = {one.key: one for one in page.objects if one.key.startswith(prefix)}
        if not page.more:
            found |= fresh
            return tuple(found[key] for key in sorted(found))
        if not page.next_token or page.next_token == token or not fresh.keys() - found.keys():
            raise ServerFailed(f"The store does not list all of {bucket}/{prefix}.")
        found |= fresh
        token = page.next_token
