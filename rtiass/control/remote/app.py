"""The web application: page, pairing, and the WebSocket that carries faders and meters."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtiass.control.remote.feed import Feed
from rtiass.control.remote.gatekeeper import (
    MAX_BODY,
    MAX_CLIENTS,
    MAX_MESSAGE,
    RATE,
    Bucket,
    host_allowed,
    origin_allowed,
    security_headers,
)
from rtiass.control.remote.pairing import OWNER, Pairing
from rtiass.control.remote.protocol import understand

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from rtiass.control.control import Control

STATIC = Path(__file__).parent / "static"
COOKIE = "rtiass"
COOKIE_SECONDS = 12 * 3600
TELL_EVERY = 0.05
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY_VIOLATION = 1008
TRY_LATER = 1013

Status = Callable[[], Mapping[str, Any]]


class RemoteApp:
    """Everything that the pages share.

    Attributes:
        counters: ``received``, ``refused`` (connections), ``malformed``, ``errors``, ``delayed``, ``faults``.
        clients: Pages that are connected.
    """

    def __init__(
        self,
        control: Control,
        status: Status,
        pairing: Pairing,
        *,
        port: int,
        loopback: bool,
        title: str = "rtiass",
        rate: float = RATE,
    ) -> None:
        """Read the page's files.

        Args:
            control: The control state.
            status: Tells what the host is doing, as JSON can carry it.
            pairing: Who may do what.
            port: Port that the server listens on.
            loopback: It listens on loopback alone.
            title: Heading of the page.
            rate: Messages a second that a page may send.
        """
        self.port = port
        self.counters: Counter[str] = Counter()
        self.clients = 0
        self._control, self._status, self._pairing = control, status, pairing
        self._loopback, self._title, self._rate = loopback, title, rate
        self._files = {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in TYPES}
        self._number = 0

    def asgi(self) -> Starlette:
        """The application as a server takes it."""
        from starlette.applications import Starlette
        from starlette.routing import Route, WebSocketRoute

        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/static/{name}", self._page),
                Route("/pair", self._pair, methods=["POST"]),
                WebSocketRoute("/ws", self._socket),
                Route("/{rest:path}", self._nothing),
            ]
        )

    # Requests

    async def _page(self, request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if not self._named_right(request):
            return self._answer(request, 421, b"This is not the address of the remote.")
        if name not in self._files:
            return await self._nothing(request)
        return self._answer(request, 200, self._files[name], TYPES[Path(name).suffix])

    async def _nothing(self, request: Request) -> Response:
        return self._answer(request, 404, b"There is no such page.")

    async def _pair(self, request: Request) -> Response:
        """Exchange a code, or a guest's key, for a cookie that scripts can't read."""
        host = request.headers.get("host", "")
        if not self._named_right(request) or not origin_allowed(request.headers.get("origin"), host):
            self.counters["refused"] += 1
            return self._answer(request, 403, b"Not from here.")
        wanted = await _read_object(request)
        code, key = wanted.get("code"), wanted.get("guest")
        token = None
        if isinstance(code, str) and code.isascii():
            token = self._pairing.pair(code)
        elif isinstance(key, str) and key.isascii():
            token = self._pairing.visit(key)
        if token is None:
            closed = self._pairing.closed()
            text = {"error": "That is not the code." if not closed else "Too many wrong codes.", "wait": round(closed)}
            return self._answer(request, 403, json.dumps(text).encode(), "application/json")
        answer = self._answer(request, 200, b"{}", "application/json")
        answer.set_cookie(COOKIE, token, max_age=COOKIE_SECONDS, path="/", httponly=True, samesite="strict")
        return answer

    def _named_right(self, request: HTTPConnection) -> bool:
        return host_allowed(request.headers.get("host", ""), self.port, self._loopback)

    def _answer(self, request: Request, code: int, body: bytes, kind: str = "text/plain") -> Response:
        from starlette.responses import Response

        host = request.headers.get("host", "")
        headers = security_headers(host if self._named_right(request) else "localhost")
        return Response(body, code, headers, media_type=kind)

    # The WebSocket

    async def _socket(self, socket: WebSocket) -> None:
        host = socket.headers.get("host", "")
        if not self._named_right(socket) or not origin_allowed(socket.headers.get("origin"), host):
            self.counters["refused"] += 1
            await socket.close(POLICY_VIOLATION)
            return
        role = self._pairing.role(socket.cookies.get(COOKIE))
        await socket.accept()
        if role is None:
            await socket.send_text('{"pair":1}')
            await socket.close(POLICY_VIOLATION)
            return
        if self.clients >= MAX_CLIENTS:
            self.counters["refused"] += 1
            await socket.send_text('{"full":1}')
            await socket.close(TRY_LATER)
            return
        self.clients += 1
        try:
            await self._talk(socket, role)
        finally:
            self.clients -= 1

    async def _talk(self, socket: WebSocket, role: str) -> None:
        """Listen and tell until either side ends it."""
        from starlette.websockets import WebSocketDisconnect

        self._number += 1
        source = f"web:{self._number}"
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):  # it went away meanwhile
            feed = Feed(self._control, self._status)
            await socket.send_text(feed.greeting(role, self._title))
            telling = asyncio.create_task(self._tell(socket, feed))
            try:
                await self._listen(socket, role, source)
            finally:
                telling.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await telling

    async def _listen(self, socket: WebSocket, role: str, source: str) -> None:
        bucket = Bucket(self._rate, self._rate / 2)
        while (message := await socket.receive())["type"] == "websocket.receive":
            self.counters["received"] += 1
            # Too many messages are not lost, they wait; the server stops reading meanwhile.
            if wait := bucket.take():
                self.counters["delayed"] += 1
                await asyncio.sleep(wait)
            text = message.get("text")
            if not isinstance(text, str) or len(text) > MAX_MESSAGE:
                self.counters["malformed"] += 1
                continue
            try:
                answer = understand(self._control, text, may_set=role == OWNER, source=source)
            except Exception:  # whatever a page sends: the remote goes on
                self.counters["faults"] += 1
                continue
            if answer is not None:
                self.counters["errors"] += "error" in answer
                await socket.send_text(json.dumps(answer))

    async def _tell(self, socket: WebSocket, feed: Feed) -> None:
        from starlette.websockets import WebSocketDisconnect

        try:
            while True:
                await asyncio.sleep(TELL_EVERY)
                if news := feed.news():
                    await socket.send_text(news)
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # the page is gone; the listening side ends
        except Exception:
            self.counters["faults"] += 1


async def _read_object(request: Request) -> dict[str, Any]:
    """Body of a request as a JSON object; empty if it is none, or too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return {}
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(body)
        if isinstance(found, dict):
            return found
    return {}
