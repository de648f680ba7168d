"""Asks a running Odoo what a user asks first: the login page, a session, a page as HTML, and a report as PDF.

    python3 ask.py URL DATABASE [--pdf]
"""

from __future__ import annotations

import http.cookiejar
import json
import sys
import urllib.request

REPORT = "base.report_irmodeloverview/1"


def main() -> None:
    url, database, *options = sys.argv[1:]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def ask(path: str, data: bytes | None = None) -> tuple[str, bytes]:
        request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"} if data else {})
        with opener.open(request, timeout=120) as answer:
            return answer.headers.get_content_type(), answer.read()

    kind, page = ask(f"/web/login?db={database}")
    if kind != "text/html" or b'name="login"' not in page:
        raise SystemExit(f"/web/login: no form to sign in, but {kind}: {page[:500]!r}")
    print(f"/web/login: {len(page)} bytes, a form to sign in")

    words = {"jsonrpc": "2.0", "method": "call", "params": {"db": database, "login": "admin", "password": "admin"}}
    _, answer = ask("/web/session/authenticate", json.dumps(words).encode())
    if not json.loads(answer).get("result", {}).get("uid"):
        raise SystemExit(f"/web/session/authenticate: {answer[:500]!r}")

    kind, page = ask(f"/report/html/{REPORT}")
    if kind != "text/html" or b"</table>" not in page:
        raise SystemExit(f"the report as HTML: {kind}: {page[:500]!r}")
    print(f"a report as HTML: {len(page)} bytes")

    if "--pdf" in options:
        kind, page = ask(f"/report/pdf/{REPORT}")
        if kind != "application/pdf" or not page.startswith(b"%PDF-"):
            raise SystemExit(f"the report as PDF: {kind}: {page[:500]!r}")
        print(f"a report as PDF: {len(page)} bytes")


if __name__ == "__main__":
    main()
