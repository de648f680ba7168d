"""Asks a running Odoo what a user asks first: the login page, a session, a report as HTML and as PDF, the styles.

    python3 ask.py URL DATABASE [--pdf] [--rtl]

With --rtl, the database has Arabic, and its styles must be other ones than those of English.
"""

from __future__ import annotations

import http.cookiejar
import json
import re
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

    def call(path: str, **params: object) -> object:
        _, answer = ask(path, json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode())
        if "result" not in (answer := json.loads(answer)):
            raise SystemExit(f"{path}: {answer}")
        return answer["result"]

    def sign_in() -> int:
        return call("/web/session/authenticate", db=database, login="admin", password="admin")["uid"]

    user = sign_in()

    def styles(direction: str) -> bytes:
        _, page = ask("/web")
        names = re.findall(r'href="(/web/[^"]*/web\.assets_(?:web|backend)[^"]*\.css)"', page.decode())
        names = [name for name in names if (".rtl." in name) == (direction == "rtl")]
        if not names:
            raise SystemExit(f"/web: no styles that are {direction}: {page[:500]!r}")
        return ask(names[0])[1]

    kind, page = ask(f"/report/html/{REPORT}")
    if kind != "text/html" or b"</table>" not in page:
        raise SystemExit(f"the report as HTML: {kind}: {page[:500]!r}")
    print(f"a report as HTML: {len(page)} bytes")

    if "--pdf" in options:
        kind, page = ask(f"/report/pdf/{REPORT}")
        if kind != "application/pdf" or not page.startswith(b"%PDF-"):
            raise SystemExit(f"the report as PDF: {kind}: {page[:500]!r}")
        print(f"a report as PDF: {len(page)} bytes")

    if "--rtl" in options:
        before = styles("ltr")
        call("/web/dataset/call_kw", model="res.users", method="write", args=[[user], {"lang": "ar_001"}], kwargs={})
        sign_in()  # the session has the language
        after = styles("rtl")
        if len(after) < len(before) / 2 or before.count(b"padding-left") == after.count(b"padding-left"):
            raise SystemExit(f"the styles of Arabic are those of English: {len(after)} bytes")
        print(f"the styles of Arabic: {len(after)} bytes, with left and right exchanged")


if __name__ == "__main__":
    main()
