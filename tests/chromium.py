"""Headless Chromium over its DevTools protocol: pages, touches, keys, pictures."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find() -> str:
    for name in (os.environ.get("CHROMIUM", ""), *NAMES):
        if name and (path := shutil.which(name)):
            return path
    pytest.skip("there is no Chromium here (Debian: apt install chromium; or name it: CHROMIUM=/path)")


class Page:
    """One page of a browser of its own."""

    def __init__(self, folder: Path) -> None:
        from websockets.sync.client import connect

        options = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--mute-audio"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options.append("--no-sandbox")
        self._process = subprocess.Popen(
            [find(), *options, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            self._stack = connect(self._address(folder), max_size=None, open_timeout=60)
            self._socket = self._stack.__enter__()
        except BaseException:
            self.close()
            raise
        self._number = 0
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def _address(self, folder: Path) -> str:
        told = folder / "DevToolsActivePort"
        limit = time.monotonic() + 90
        while time.monotonic() < limit and self._process.poll() is None:
            if told.exists() and len(lines := told.read_text().split()) == 2:
                with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json", timeout=30) as answer:
                    for target in json.load(answer):
                        if target["type"] == "page":
                            return str(target["webSocketDebuggerUrl"])
            time.sleep(0.05)
        pytest.skip("Chromium does not start here")

    def close(self) -> None:
        if hasattr(self, "_stack"):
            self._stack.__exit__(None, None, None)
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def call(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(60))
            if message.get("method") == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(message["params"]["exceptionDetails"])[:2000])
            if message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.errors.append(json.dumps(message["params"]["entry"])[:2000])
            if message.get("id") == self._number:
                assert "error" not in message, message
                return message["result"]

    def ask(self, expression: str) -> Any:
        """Value of an expression in the page."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait(self, expression: str, seconds: float = 30.0) -> Any:
        """Wait until an expression is true."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            # A page that is about to come has not all of its parts yet.
            if found := self.ask(f"(() => {{ try {{ return {expression} }} catch {{ return null }} }})()"):
                return found
            time.sleep(0.02)
        raise AssertionError(f"never came: {expression}; errors: {self.errors}")

    def phone(self, width: int = 390, height: int = 844, dark: bool = False, calm: bool = False) -> None:
        """Look like a phone."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def box(self, selector: str) -> dict[str, float]:
        text = json.dumps(selector)
        return dict(self.ask(f"document.querySelector({text}).getBoundingClientRect().toJSON()"))

    def touch(self, *places: tuple[float, float]) -> None:
        """A finger goes down at the first place, along the others, and up."""
        for kind, place in [("touchStart", places[0]), *(("touchMove", place) for place in places[1:])]:
            self.call("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": place[0], "y": place[1]}])
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def click(self, selector: str) -> None:
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    def key(self, name: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    find()
    made = Page(tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture
def page(browser: Page) -> Page:
    """An empty page without cookies."""
    browser.call("Page.navigate", url="about:blank")
    browser.call("Network.clearBrowserCookies")
    browser.errors.clear()
    return browser
