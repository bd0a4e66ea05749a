"""Who answers at an address: the certificate that it shows to anybody, believed by nobody."""

from __future__ import annotations

import asyncio
import socket
import ssl

from cagelab_bridge.ports import Runtime

SECONDS = 3.0  # for the whole look


class Absent(Exception):
    """Nobody there, in a few words."""


async def certificate_at(address: str, port: int, runtime: Runtime) -> bytes:
    """The DER certificate of whoever speaks TLS there. Raises Absent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is compared, not believed
    context.set_alpn_protocols(["h2"])
    try:
        _, writer = await runtime.wait_for(asyncio.open_connection(address, port, ssl=context), SECONDS)
    except TimeoutError:
        raise Absent("no answer") from None
    except (ssl.SSLError, ConnectionResetError):
        raise Absent("something else than a bridge answers there") from None
    except ConnectionRefusedError:
        raise Absent("no bridge listens there") from None
    except socket.gaierror:
        raise Absent("there is no computer of that name") from None
    except OSError:
        raise Absent("no way there") from None
    connection = writer.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection else None
    writer.transport.abort()
    if not certificate:
        raise Absent("it shows no certificate")
    return bytes(certificate)
