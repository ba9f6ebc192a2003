"""A real server with a real door, in front of a small application; and people with browsers of their own."""

import re
import shutil
import socket
import ssl
import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from websockets.sync.client import connect

from hinge_imu.dashboard.access.guard import guarded, viewer_of
from hinge_imu.dashboard.access.pages import COOKIE
from hinge_imu.dashboard.access.users import Users
from hinge_imu.dashboard.store.engine import connect as connect_to

SENTENCE = "hips back, ribs down"
TLS = ssl.create_default_context()  # once: it takes time, and is not used


async def _page(request):
    return HTMLResponse(f"<p>{viewer_of(request).name}</p><script>one()</script><script type='module'>two()</script>")


async def _about(request):
    viewer = viewer_of(request)
    seen = {"name": viewer.name, "role": viewer.role, "from": request.client.host, "scheme": request.url.scheme}
    return JSONResponse({**seen, "headers": dict(request.headers), "root": request.scope["root_path"]})


async def _echo(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"{viewer_of(websocket).name}: {text}")


async def _strap(_):
    return PlainTextResponse("a strap's token is asked for here")


def application():
    routes = [
        Route("/", _page),
        Route("/about", _about, methods=["GET", "POST"]),
        WebSocketRoute("/ws", _echo),
        Mount("/uploads", routes=[Route("/", _strap, methods=["POST"])]),
    ]
    return Starlette(routes=routes)


class Line:
    """A websocket that says one thing and hears the answer."""

    def __init__(self, connection):
        self.connection = connection

    def __enter__(self):
        self.connection.__enter__()
        return self

    def __exit__(self, *how):
        self.connection.__exit__(*how)

    def ask(self, text):
        self.connection.send(text)
        return self.connection.recv(timeout=60)


class Browser:
    """Keeps cookies, and says where a request comes from, as browsers do."""

    def __init__(self, address, **headers):
        self.address = address
        own = {"Origin": address, "Accept": "text/html", **headers}
        self.http = httpx.Client(base_url=address, headers=own, timeout=120.0, trust_env=False, verify=TLS)

    def get(self, path, **headers):
        return self.http.get(path, headers=headers)

    def post(self, path, form=None, **headers):
        return self.http.post(path, data=form or {}, headers=headers)

    def login(self, name, password=SENTENCE, **more):
        return self.post("/login", {"name": name, "secret": password, **more})

    @property
    def cookie(self):
        return "; ".join(f"{each.name}={each.value}" for each in self.http.cookies.jar)

    def line(self, path="/ws", **headers):
        address = self.address.replace("http", "ws", 1) + path
        origin = headers.pop("origin", self.address)
        headers = {"Cookie": self.cookie, **headers}
        return Line(connect(address, origin=origin, additional_headers=headers, proxy=None))


class Server:
    def __init__(self, port, users):
        self.address = f"http://127.0.0.1:{port}"
        self.users = users
        self.browsers = []

    def browser(self, **headers):
        self.browsers.append(Browser(self.address, **headers))
        return self.browsers[-1]

    def someone(self, name, role="coach", **about):
        """Add a user, and return a browser in which it is logged in; its password takes time, and is given if asked."""
        password = about.pop("password", None)
        self.users.add(name, role, password, **about)
        browser = self.browser()
        cookie, _ = self.users.sessions.begin(name, role)
        browser.http.cookies.set(COOKIE, cookie, domain="127.0.0.1", path="/")
        return browser


@contextmanager
def serving(app):
    """Serve an application on a port that is free, until done."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, log_level="error", ws="websockets-sansio", proxy_headers=False, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """The store's database as it is made, to be copied: making it takes time."""
    path = tmp_path_factory.mktemp("store") / "empty.db"
    engine = connect_to(str(path))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def engine(empty, tmp_path):
    made = connect_to(str(shutil.copy(empty, tmp_path / "users.db")))
    yield made
    made.dispose()


@pytest.fixture
def users(engine):
    return Users(engine)


@pytest.fixture
def serve(users):
    """Serve the application behind a door with these settings."""

    @contextmanager
    def start(app=None, **settings):
        with serving(guarded(app or application(), users, **settings)) as port:
            server = Server(port, users)
            try:
                yield server
            finally:
                for browser in server.browsers:
                    browser.http.close()

    return start


@pytest.fixture
def server(serve):
    with serve() as started:
        yield started


@pytest.fixture
def hidden():
    """Read a hidden field of a page."""
    return lambda page, name: re.search(f'type="hidden" name="{name}" value="([^"]*)"', page)[1]
