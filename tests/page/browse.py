"""Looks at the page of `oca report` with a real browser, as a reader would: `browse.py OCA [PAGE...]`.

Writes the page of the demo with OCA, and opens it and each other PAGE from its file in Debian's Chromium. No page may have
an error, ask for anything else than its file, or have a serious fault of accessibility. The search, the keyboard, a phone
and a browser without JavaScript are tried on each. With `PICTURES=DIR`, pictures of the pages are written there.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import sync_playwright

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
FAULTS = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(' | ')}`)"""
# In milliseconds; the bytes of the largest page that is looked at.
SLOWEST, LARGEST = 1000, 3_000_000


def demo(oca, directory):
    """The page of the demo."""
    here = Path(__file__).resolve().parents[2] / "fixtures" / "demo"
    project = directory / "demo"
    shutil.copytree(here, project, ignore=shutil.ignore_patterns("oca", ".cache"))
    environment = {**os.environ, "OCA_CACHE_DIR": str(directory / "cache")}
    run = lambda page: subprocess.run(
        [oca, "-C", project, "report", "--outdated", "-q", "-o", page], check=True, env=environment
    )
    page, again = directory / "demo.html", directory / "again.html"
    run(page)
    run(again)
    assert page.read_bytes() == again.read_bytes(), "the same lock gave two pages"
    return page


class Reader:
    """A page in the browser, with everything that went wrong."""

    def __init__(self, browser, file, **options):
        self.faults = []
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("request", self.asked)
        self.url = file.resolve().as_uri()

    def asked(self, request):
        if request.url.split("#")[0] != self.url:
            self.faults.append(f"request: {request.url}")

    def __enter__(self):
        self.page.goto(self.url)
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            assert not self.faults, self.faults
        self.context.close()

    def has_focus(self, selector):
        return self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector)


def opens(browser, file):
    """It opens quickly, and it is not too large."""
    with Reader(browser, file) as reader:
        page = reader.context.new_page()
        session = reader.context.new_cdp_session(page)
        # The time of the processor: other programs of this machine do not count.
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(reader.url)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        metrics = {one["name"]: one["value"] * 1000 for one in session.send("Performance.getMetrics")["metrics"]}
        elapsed = page.evaluate("() => performance.getEntriesByType('navigation')[0].domComplete")
        count, size = page.locator("details.m").count(), file.stat().st_size
        layout = metrics["LayoutDuration"] + metrics["RecalcStyleDuration"]
        print(
            f"{file.name}: {size:,} bytes, {count} modules; the browser works {metrics['TaskDuration']:.0f} ms (style and "
            f"layout {layout:.0f}, script {metrics['ScriptDuration']:.0f}), complete after {elapsed:.0f} ms"
        )
        assert metrics["TaskDuration"] < SLOWEST, metrics
        assert size < LARGEST, f"it has {size} bytes"


def searches(browser, file):
    """The search finds a module, and opens it; with the keyboard alone."""
    with Reader(browser, file) as reader:
        page = reader.page
        name = page.locator("details.m > summary > b").nth(1).text_content()
        page.keyboard.press("/")
        assert reader.has_focus("#q"), "the key / does not lead to the search"
        page.keyboard.type(name)
        found = page.locator("#hits a")
        assert found.first.inner_text().startswith(name), found.all_inner_texts()
        assert "found" in page.locator("#said").inner_text()
        page.keyboard.press("ArrowDown")
        assert reader.has_focus("#hits a"), "the arrow does not lead to the results"
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.activeElement.matches('details[open] > summary')")
        assert page.locator("details.m[open] > summary > b").all_text_contents() == [name]
        page.wait_for_function(
            "() => { const { top } = document.activeElement.getBoundingClientRect(); return top >= 40 && top < innerHeight / 2; }"
        )
        assert page.locator("#hits").is_hidden()
        page.locator("#q").fill("no such module </script>")
        assert "No module" in page.locator("#hits").inner_text()
        page.keyboard.press("Escape")
        assert page.locator("#q").input_value() == "" and page.locator("#hits").is_hidden()
        page.locator("#q").fill(name)
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.activeElement.matches('summary')")


def walks(browser, file):
    """Links lead to modules, and the keyboard through the map."""
    with Reader(browser, file) as reader:
        page = reader.page
        page.keyboard.press("Tab")
        assert reader.has_focus(".skip"), "the first link does not skip to the content"
        page.keyboard.press("Enter")
        assert reader.has_focus("main")
        area = page.locator("#map1 a[tabindex]").first
        home = page.locator("#map1 g > a").first
        home.focus()
        page.keyboard.press("ArrowDown")
        assert reader.has_focus("#map1 a[tabindex]"), "the arrow does not lead into the map"
        anchor = area.get_attribute("href")
        area.focus()
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => document.querySelector('{anchor}').closest('details').open")
        near = page.locator(".near li a:visible")
        if near.count():
            anchor = near.first.get_attribute("href")
            near.first.click()
            page.wait_for_function(f"() => document.querySelector('{anchor}').closest('details').open")
        if page.locator("#map-all").count():
            page.locator("#map-all").check()
            assert page.locator("#map2").is_visible() and page.locator("#map1").is_hidden()


def draws(browser, file):
    """A module that is opened gets a drawing of what needs it and of what it needs; it leads where the lists lead."""
    with Reader(browser, file) as reader:
        page = reader.page
        modules = page.locator("details.m:has(.near)").all()[:25]
        assert modules, "no module needs another one"
        for module in modules:
            module.evaluate("(details) => { details.open = true; }")
            drawing = module.locator("svg.around")
            drawing.wait_for()
            for side in ("from", "to"):
                items = module.locator(f".{side} li")
                for place in range(min(items.count(), 12)):
                    name = items.nth(place).evaluate("(item) => (item.querySelector('a') || item).firstChild.textContent.trim()")
                    assert name in drawing.locator("title").all_text_contents(), name
            counts = [module.locator(f".{side} li").count() for side in ("from", "to")]
            drawn = 1 + sum(min(count, 12) + (count > 12) for count in counts)
            assert drawing.locator(".node").count() == drawn, (counts, drawing.inner_html())
            assert drawing.locator(".line").count() == drawn - 1
            fits = "(svg) => [...svg.querySelectorAll('.node')].every((node) => node.querySelector('text').getBBox().width " \
                "<= node.querySelector('rect').getBBox().width)"
            assert drawing.evaluate(fits), "a name is wider than its box"
            module.evaluate("(details) => { details.open = false; }")
            module.evaluate("(details) => { details.open = true; }")
            assert drawing.count() == 1
        link = page.locator("svg.around a.node").first
        anchor = link.get_attribute("href")
        link.click()
        page.wait_for_function(f"() => document.querySelector('{anchor}').closest('details').open")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.locator("svg.around:visible").count() == 0


def links_lead_somewhere(browser, file):
    with Reader(browser, file) as reader:
        broken = reader.page.evaluate(
            "() => [...document.querySelectorAll('a[href^=\"#\"]')].map((link) => link.getAttribute('href').slice(1))"
            ".filter((id) => !document.getElementById(id))"
        )
        assert not broken, broken
        twice = reader.page.evaluate(
            "() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);"
            " return ids.filter((id, at) => ids.indexOf(id) !== at); }"
        )
        assert not twice, twice


def is_accessible(browser, file):
    """axe finds nothing serious, in light and in dark, with something open."""
    for scheme in ("light", "dark"):
        # The rules of axe are run by the browser itself, which the policy of the page does not bind.
        with Reader(browser, file, color_scheme=scheme, bypass_csp=True) as reader:
            page = reader.page
            # All modules are alike, and axe needs minutes for thousands of elements.
            page.evaluate(
                "() => { const rest = (selector, most) => [...document.querySelectorAll(selector)].slice(most).forEach((one) => one.remove());"
                " rest('details.m', 40); rest('svg.map a[tabindex]', 60); rest('.numbers tbody tr', 60); rest('.near li', 100); }"
            )
            page.locator("details").evaluate_all("(all) => all.forEach((one) => { one.open = true; })")
            page.evaluate(AXE)
            faults = page.evaluate(FAULTS)
            assert not faults, (scheme, faults)


def fits_a_phone(browser, file):
    for width in (320, 360, 390):
        with Reader(browser, file, viewport={"width": width, "height": 780}, has_touch=True) as reader:
            page = reader.page
            page.evaluate("() => document.querySelectorAll('details').forEach((one, at) => { one.open = at < 40; })")
            wide = page.evaluate("() => document.documentElement.scrollWidth")
            assert wide <= width, f"at {width} the page is {wide} wide"


def needs_no_script(browser, file):
    """Without JavaScript, everything is there, and a link opens its module."""
    with Reader(browser, file, java_script_enabled=False) as reader:
        page = reader.page
        assert page.locator("#find").is_hidden()
        module = page.locator("details.m").first
        module.locator("summary").click()
        assert module.locator("dl").is_visible()
        reader.page.emulate_media(media="print")
        assert page.locator(".top").is_hidden()


def pictures(browser, file, directory):
    for name, options in {
        "desk": {"viewport": {"width": 1280, "height": 900}},
        "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
        "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True},
    }.items():
        with Reader(browser, file, **options) as reader:
            page = reader.page
            shot = lambda part: page.screenshot(path=directory / f"page-{file.stem}-{name}-{part}.png")
            shot("top")
            for part in ("size", "repositories", "modules", "requirements", "findings"):
                page.evaluate("(id) => document.getElementById(id).scrollIntoView({behavior: 'instant'})", part)
                shot(part)
            names = page.locator("details.m > summary > b").all_text_contents()
            page.evaluate("() => scrollTo({top: 0, behavior: 'instant'})")
            page.locator("#q").fill(names[len(names) // 2][:5])
            shot("search")
            page.keyboard.press("Enter")
            page.wait_for_timeout(600)
            shot("module")


def main(oca, *others):
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        files = [demo(oca, Path(scratch)), *map(Path, others)]
        # A container has no sandbox of its own; the page comes from this program.
        arguments = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        print(f"Chromium {browser.version}")
        for file in files:
            opens(browser, file)
            for look in (searches, walks, draws, links_lead_somewhere, is_accessible, fits_a_phone, needs_no_script):
                look(browser, file)
            if os.environ.get("PICTURES"):
                pictures(browser, file, Path(os.environ["PICTURES"]))
        browser.close()
    print(f"{len(files)} pages are fine, after {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
