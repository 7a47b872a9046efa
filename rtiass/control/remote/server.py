"""Runs the web application in a thread of its own, and says where it is reached."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rtiass.control.remote.app import RemoteApp
from rtiass.control.remote.gatekeeper import MAX_CLIENTS, MAX_MESSAGE, RATE, is_loopback
from rtiass.control.remote.pairing import Pairing
from rtiass.errors import UserError

if TYPE_CHECKING:
    from rtiass.control.control import Control

ADDRESS, PORT = "127.0.0.1", 8700
START_WITHIN = 10.0
STOP_WITHIN = 3.0


class Remote:
    """The web remote.

    Attributes:
        address: Address that it listens on.
        port: Port that it listens on.
        pairing: Code, guests' key, and who has which role.
        app: The application, with its counters.
    """

    def __init__(
        self,
        control: Control,
        host_status: Callable[[], Mapping[str, Any]] = dict,
        address: str = ADDRESS,
        port: int = PORT,
        pairing: Pairing | None = None,
        *,
        title: str = "rtiass",
        rate: float = RATE,
    ) -> None:
        """Open the port; pages are given from ``start`` on.

        Args:
            control: The control state.
            host_status: Tells what the control state doesn't hold: ``phase``, ``text``, ``notes``, ``latency`` (as
                ``LiveHost.latency``), ``scenes`` and ``songs`` (names).
            address: Address to listen on; on another than loopback's, browsers have to pair.
            port: Port to listen on; 0 takes a free one.
            pairing: Who may do what; by default a code is drawn for networks, and loopback needs none.
            title: Heading of the page.
            rate: Messages a second that a page may send.

        Raises:
            UserError: The port can't be opened, or a package is missing.
        """
        _require_packages()
        self._socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((address, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            text = f"The remote can't listen on {address}:{port} ({error}). Choose another: --remote ADDRESS:PORT"
            raise UserError(text) from None
        self.address, self.port = address, int(self._socket.getsockname()[1])
        loopback = is_loopback(address)
        self.pairing = pairing if pairing is not None else Pairing(required=not loopback)
        self.app = RemoteApp(
            control, host_status, self.pairing, port=self.port, loopback=loopback, title=title, rate=rate
        )
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the page, as another device reaches it."""
        name = self.address
        if name in ("0.0.0.0", "::"):
            name = _own_address()
        elif name == "127.0.0.1":
            name = "localhost"
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}/"

    def start(self) -> None:
        """Begin to serve; returns once pages are given.

        Raises:
            UserError: It did not start in time.
        """
        import uvicorn

        config = uvicorn.Config(
            self.app.asgi(), http="h11", ws="websockets-sansio", loop="asyncio", lifespan="off",
            ws_max_size=MAX_MESSAGE, ws_max_queue=8, ws_per_message_deflate=False, limit_concurrency=8 * MAX_CLIENTS,
            timeout_graceful_shutdown=1, log_config=None, access_log=False, server_header=False, proxy_headers=False,
            h11_max_incomplete_event_size=16384, ws_ping_interval=10.0, ws_ping_timeout=10.0,
        )  # fmt: skip
        _silence()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="rtiass-remote", daemon=True)
        self._thread.start()
        limit = time.monotonic() + START_WITHIN
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > limit:
                self.stop()
                raise UserError("The remote did not start. Play without --remote, or choose another port.")
            time.sleep(0.01)

    def stop(self) -> None:
        """Close all pages and the port. Once more does nothing."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)
            if self._thread.is_alive():
                self._server.force_exit = True
                self._thread.join(STOP_WITHIN)
            self._thread = None
        self._socket.close()

    def _run(self) -> None:
        with contextlib.suppress(Exception):  # the sound goes on without the remote
            self._server.run([self._socket])

    def invitation(self) -> str:
        """What the terminal shows: address, code and QR, the guests' link."""
        if not self.pairing.required:
            return f"Remote: {self.url} (this machine only; --remote 0.0.0.0:{PORT} opens it to phones)"
        link = f"{self.url}#code={self.pairing.code}"
        return (
            f"{qr(link)}\nRemote: {self.url}   code {self.pairing.code}\n"
            f"Guests, who may look and not change: {self.url}#guest={self.pairing.guest_key}"
        )


def qr(text: str) -> str:
    """A QR code as text for a terminal."""
    import segno

    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, compact=True)
    return out.getvalue().rstrip("\n")


def _own_address() -> str:
    """Address of this machine in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _require_packages() -> None:
    if not all(find_spec(name) for name in ("segno", "starlette", "uvicorn", "websockets")):
        raise UserError("The web remote needs more packages. Install them: pip install 'rtiass[remote]'")


def _silence() -> None:
    """Keep the server's own messages off the terminal that the faders are drawn on."""
    import logging

    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "websockets"):
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
