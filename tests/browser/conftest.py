"""A person at a browser: signs in, looks, and every page they see is inspected."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect

PASSWORD = "correct horse battery"
WIDTHS = (390, 1280)  # a phone and a desk, in CSS pixels
# A picture costs as much as a check: one of each page, all four where somebody wants to look.
ALL_SHOTS = bool(os.environ.get("SCREENSHOTS"))
FIRST_SHOT = ("light", 1280)
# axe-core's rules are its authors'; none is switched off here.
AXE = Axe()
# Milliseconds: on two busy cores a page needs longer than the usual 5 s.
expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def _transactional(transactional_db: None) -> None:
    """The browser is another client: what a test wrote must be committed to be seen."""


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages go: SCREENSHOTS, or a folder of this test session."""
    chosen = os.environ.get("SCREENSHOTS")
    path = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    path.mkdir(parents=True, exist_ok=True)
    return path


class Person:
    """Somebody at a browser. What their browser complained about is kept in `complaints`."""

    def __init__(self, page: Page, address: str, shots: Path) -> None:
        self.page, self.address, self.shots = page, address, shots
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._asked)
        page.set_default_timeout(60_000)

    def _heard(self, message: Any) -> None:
        # A page that answers 404 or 422 on purpose is reported by the browser as well.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        asked, own = urlsplit(request.url), urlsplit(self.address)
        if asked.scheme not in ("data", "blob") and asked.netloc != own.netloc:
            self.complaints.append(f"a request went to another host: {asked.netloc}")

    def visit(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def sign_in(self, user: Any) -> None:
        self.visit("/accounts/login/")
        self.page.get_by_label("Email").fill(user.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_text(user.email, exact=True).first).to_be_visible()

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=name).first.click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def inspect(self, name: str) -> None:
        """The page is accessible in both schemes and both widths, and fits the width."""
        self.page.wait_for_load_state("load")  # its style sheet too, on a busy machine
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                if ALL_SHOTS or (scheme, width) == FIRST_SHOT:
                    picture = self.shots / f"{name}-{scheme}-{width}.png"
                    self.page.screenshot(path=picture, full_page=True)
                self.fits(name, width)
            found = AXE.run(self.page).response["violations"]
            assert not found, f"{name}, {scheme}: " + "; ".join(described(each) for each in found)
        assert not self.complaints, f"{name}: {self.complaints}"

    def fits(self, name: str, width: int) -> None:
        """The page is no wider than the screen, once the browser has laid it out."""
        try:
            self.page.wait_for_function(FITS)
        except TimeoutError as error:
            raise AssertionError(f"{name} is wider than a screen of {width} px") from error


FITS = "document.documentElement?.scrollWidth <= document.documentElement?.clientWidth"


def described(violation: dict[str, Any]) -> str:
    """One finding of axe in a line: the rule, and where."""
    nodes = [f"{node['target']} {node.get('failureSummary', '')}" for node in violation["nodes"]]
    return f"{violation['id']} at {nodes[:4]}"


@pytest.fixture
def person(browser: Browser, live_server: Any, shots: Path) -> Iterator[Callable[..., Person]]:
    """Return a maker of people, each with a browser of their own: person(user)."""
    contexts: list[BrowserContext] = []

    def make(user: Any = None) -> Person:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        made = Person(contexts[-1].new_page(), live_server.url, shots)
        if user is not None:
            made.sign_in(user)
        return made

    yield make
    for context in contexts:
        context.close()
