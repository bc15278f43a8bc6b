"""The server of a page with sliders; it answers only this machine."""

from __future__ import annotations

import json
import signal
import socket
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from simulator.core.errors import InputError, Problem
from simulator.exploring.answers import LIMITS, Answer, Answers, reply
from simulator.exploring.worlds import Guard
from simulator.io import signals

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
#: Port that is tried first, so that old links still work.
PORT = 8472
#: Size in bytes of the largest request, and greatest number of values that it may name.
MOST_BYTES, MOST_NAMES = 16_384, 64
#: Greatest number of runs at once; other runs wait.
RUNS = 2
#: Seconds for answers that are under way when the server ends.
GRACE = 2
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Doorkeeper:
    """Passes on only requests that name this machine and come from a page of this server."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        from starlette.responses import PlainTextResponse

        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        said = [(name.lower(), value.decode("latin-1").lower()) for name, value in scope["headers"]]
        hosts, origins, sites = (
            [value for name, value in said if name == wanted] for wanted in (b"host", b"origin", b"sec-fetch-site")
        )
        foreign = len(hosts) != 1 or hosts[0] not in self._hosts or not set(origins) <= self._origins
        elsewhere = scope["type"] == "http" and scope["path"] != "/" and not set(sites) <= {"same-origin", "none"}
        if scope["type"] != "http" or foreign or elsewhere:
            refusal = PlainTextResponse("Only pages of this server, on this machine, are answered.\n", 403, HEADERS)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def application(answers: Answers, port: int, guards: WeakSet[Guard] | None = None) -> Starlette:
    """The ASGI application; `guards` collects the guards of the runs under way, so that the server can end them."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    page = answers.page().html
    work = _worker(WeakSet() if guards is None else guards)

    async def root(_: Request) -> Response:
        return HTMLResponse(page, headers=HEADERS)

    def asked(answer: Callable[[Mapping[str, str], Guard], Answer], name: str) -> Callable[..., Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                names = await _body(request) if request.method == "POST" else dict(request.query_params)
            except _RefusedError as error:
                return _refusal(error)
            return await work(request, lambda guard: answer(names, guard), name)

        return endpoint

    routes = [Route("/", root, methods=["GET"])]
    for name, answer in answers.all.items():
        method = "GET" if "." in name else "POST"
        routes.append(Route(f"/{name}", asked(answer, name), methods=[method]))
    return Starlette(routes=routes, middleware=[Middleware(Doorkeeper, port=port)])


class _RefusedError(Exception):
    """The request is malformed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _refusal(error: _RefusedError) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"problem": str(error)}, error.status, HEADERS | {"Connection": "close"})


async def _body(request: Request) -> dict[str, str]:
    """Read the names of values from the body of a request; raises _RefusedError for anything else."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _RefusedError(415, "a question is JSON")
    said = request.headers.get("content-length", "0")
    too_long = _RefusedError(413, f"a question has at most {MOST_BYTES:,} bytes")
    if not said.isdigit() or int(said) > MOST_BYTES:
        raise too_long
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise too_long
    try:
        names = json.loads(body)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        raise _RefusedError(400, 'a question is an object of texts, such as {"cluster.workers": "8"}')
    return names


Work = Callable[["Request", Callable[[Guard], Answer], str], Awaitable["Response"]]


def _worker(guards: WeakSet[Guard]) -> Work:
    """Computes an answer in a thread, and ends the run when the page no longer waits."""
    import anyio
    from starlette.responses import Response

    limiter: Any = None

    def done(answer: Callable[[Guard], Answer], guard: Guard, name: str) -> Response:
        headers = dict(HEADERS)
        status, (kind, content) = reply(answer, guard)
        if "." in name and status == HTTPStatus.OK:
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return Response(content, status, headers, kind)

    async def work(request: Request, answer: Callable[[Guard], Answer], name: str) -> Response:
        nonlocal limiter
        limiter = limiter or anyio.CapacityLimiter(RUNS)
        if len(request.query_params) > MOST_NAMES:
            return _refusal(_RefusedError(400, f"a question names at most {MOST_NAMES} values"))
        guard = Guard(LIMITS)
        guards.add(guard)

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            guard.cancelled = True

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            response = await anyio.to_thread.run_sync(done, answer, guard, name, limiter=limiter)
            group.cancel_scope.cancel()
        return response

    return work


def check_installed() -> None:
    """Raise InputError if the libraries of the server are not installed."""
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        install = "pip install 'asha-simulator[explore]'"
        message = f"needs {' and '.join(missing)}: {install}; with --vary and -o it needs neither"
        raise InputError(Problem("explore", message))


def bind(port: int | None) -> socket.socket:
    """Make a socket that only this machine reaches: at `port`, or else at the usual port or any free one.

    Raises InputError if the given port is taken.
    """
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, PORT if port is None else port))
        made.listen()
    except OSError as error:
        if port is not None:
            made.close()
            raise InputError(
                Problem("--port", f"{port} can't be used: {error.strerror}; leave it out to take any free port")
            ) from None
        made.close()
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.bind((HOST, 0))
    return made


def serve(answers: Answers, listening: socket.socket, on_start: Callable[[str], None], *, browse: bool) -> None:
    """Answer requests until Ctrl-C; `on_start` is called with the address, and with `browse` a browser opens it."""
    import uvicorn

    port = listening.getsockname()[1]
    guards: WeakSet[Guard] = WeakSet()
    app = application(answers, port, guards)

    class Server(uvicorn.Server):
        """A server that ends in good order at Ctrl-C; other signals end it as they end every command."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            heard = [number for number in signals.SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
            before = {number: signal.signal(number, self._end) for number in {*heard, signal.SIGINT}}
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)
            if self._number not in {0, signal.SIGINT}:
                signal.raise_signal(self._number)  # all is tidied up; the process ends as any command does

        _number = 0

        def _end(self, number: int, _: object) -> None:
            self._number = self._number or number
            self.force_exit = self.should_exit  # a second Ctrl-C ends the process at once
            self.should_exit = True
            for guard in list(guards):
                guard.cancelled = True

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            address = f"http://{HOST}:{port}/"
            on_start(address)
            if browse:  # a text browser would block the terminal
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=GRACE,
        server_header=False,
    )  # fmt: skip
    Server(config).run([listening])
