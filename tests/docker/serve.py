"""A loopback server for builds of images: git repositories for who has the token, and wheels for everybody.

    python3 serve.py REPOSITORIES WHEELS TOKEN

Prints its url, then serves until it is stopped.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

from counters import Counters
from serve import GitHandler, GitServer

WHEELS = "/wheels/"


class Handler(GitHandler):
    """Git as the benchmark serves it, after a look at the token."""

    wheels: Path
    expected: str

    def answer(self, *, has_body: bool) -> None:
        if self.path.startswith(WHEELS):
            self.answer_wheels(self.path.removeprefix(WHEELS))
        elif self.headers.get("Authorization") == self.expected:
            super().answer(has_body=has_body)
        else:
            for _ in self.body():
                pass
            self.send(401, b"", ("WWW-Authenticate", 'Basic realm="git"'))

    def answer_wheels(self, name: str) -> None:
        """The page that pip's `--find-links` reads, or one wheel."""
        names = sorted(wheel.name for wheel in self.wheels.iterdir())
        if name in names:
            self.send(200, (self.wheels / name).read_bytes(), ("Content-Type", "application/octet-stream"))
        else:
            page = "".join(f'<a href="{wheel}">{wheel}</a>\n' for wheel in names)
            self.send(404 if name else 200, page.encode(), ("Content-Type", "text/html"))

    def send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response_only(status)
        for header in (*headers, ("Content-Length", str(len(content)))):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    repositories, wheels, token = sys.argv[1:]
    Handler.wheels = Path(wheels)
    Handler.expected = "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
    server = GitServer(Path(repositories).resolve(), 0, Counters())
    server.RequestHandlerClass = Handler
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
