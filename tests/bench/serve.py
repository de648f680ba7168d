"""A loopback smart-HTTP git server: HTTP/1.1 with keep-alive in front of `git http-backend`.

Python's own CGI server speaks HTTP/1.0, so every request would cost a connection, which is exactly what a
benchmark of connection reuse must not hide. This one keeps connections open, streams both ways, and counts what
crosses its sockets. It serves every bare repository below one directory, read-only, and is meant for loopback only.

    python3 serve.py DIRECTORY [--port PORT]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, BinaryIO

from counters import Counters

CHUNK = 256 * 1024
PIPE_BUFFER = 64 * 1024

# What the large forges allow, given through the environment so that repositories need no configuration of their own.
GIT_SETTINGS = {
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "http.uploadpack": "true",
    "http.receivepack": "false",
    "safe.directory": "*",
}


def git_environment(root: Path) -> dict[str, str]:
    """The CGI environment that does not change from request to request."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(root),
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(GIT_SETTINGS)),
        "REMOTE_ADDR": "127.0.0.1",
    }
    for index, (key, value) in enumerate(GIT_SETTINGS.items()):
        environment[f"GIT_CONFIG_KEY_{index}"] = key
        environment[f"GIT_CONFIG_VALUE_{index}"] = value
    return environment


def http_backend() -> str:
    """The backend's own path: going through `git` would start one more process for each request."""
    directory = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True).stdout.strip()
    return str(Path(directory, "git-http-backend"))


class CountedSocket(socket.socket):
    """A connection that adds what it receives and sends to the server's counters."""

    counters: Counters

    def recv_into(self, *args, **kwargs) -> int:  # noqa: ANN002, ANN003 - the base class's signature
        count = super().recv_into(*args, **kwargs)
        self.counters.add(bytes_up=count)
        return count

    def sendall(self, data, *args) -> None:  # noqa: ANN001, ANN002 - the base class's signature
        super().sendall(data, *args)
        self.counters.add(bytes_down=len(data))


class GitServer(ThreadingHTTPServer):
    """Serves the repositories below `root`, one thread a connection."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, root: Path, port: int, counters: Counters, answer: float = 0) -> None:
        super().__init__(("127.0.0.1", port), GitHandler)
        self.answer_seconds = answer  # what each answer takes longer
        self.environment = git_environment(root)
        self.backend = http_backend()
        self.counters = counters

    def get_request(self) -> tuple[socket.socket, object]:
        plain, address = super().get_request()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        counted = CountedSocket(fileno=plain.detach())
        counted.counters = self.counters
        self.counters.add(connections=1)
        return counted, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: a client that hangs up in the middle is no event here."""


class GitHandler(BaseHTTPRequestHandler):
    """Hands each request to `git http-backend` and its answer back."""

    protocol_version = "HTTP/1.1"
    server: GitServer

    def do_GET(self) -> None:
        self.answer(has_body=False)

    def do_POST(self) -> None:
        self.answer(has_body=True)

    def log_message(self, *args: object) -> None:
        """Logs nothing: a line a request would be measured too."""

    def answer(self, *, has_body: bool) -> None:
        self.server.counters.add(requests=1)
        time.sleep(self.server.answer_seconds)
        if patch := self.patch():
            self.give(patch)
            return
        if not self.has_repository():
            self.refuse()
            return
        backend = subprocess.Popen(
            [self.server.backend],
            env=self.cgi_environment(),
            stdin=subprocess.PIPE if has_body else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        with backend:
            feeder = self.feed(backend.stdin) if backend.stdin else None
            self.relay_answer(backend.stdout)
            if feeder:
                feeder.join()
        self.record_cpu()

    def has_repository(self) -> bool:
        """Whether the path leads to one; a forge finds that out without starting git."""
        name, dot_git, _ = self.path.partition(".git/")
        return Path(self.server.environment["GIT_PROJECT_ROOT"], f"{name}{dot_git}".strip("/")).is_dir()

    def patch(self) -> Path | None:
        """The file of a request's patch, such as forges give as well."""
        path = Path(self.server.environment["GIT_PROJECT_ROOT"], self.path.strip("/"))
        return path if path.suffix == ".patch" and path.is_file() else None

    def give(self, patch: Path) -> None:
        content = patch.read_bytes()
        self.send_response_only(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def refuse(self) -> None:
        for _ in self.body():
            pass
        self.send_response_only(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def cgi_environment(self) -> dict[str, str]:
        path, _, query = self.path.partition("?")
        environment = self.server.environment | {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": self.request_version,
        }
        forwarded = {
            "CONTENT_TYPE": "Content-Type",
            "CONTENT_LENGTH": "Content-Length",
            "HTTP_CONTENT_ENCODING": "Content-Encoding",
            "HTTP_ACCEPT_ENCODING": "Accept-Encoding",
            "HTTP_GIT_PROTOCOL": "Git-Protocol",
            "GIT_PROTOCOL": "Git-Protocol",
        }
        for variable, header in forwarded.items():
            if (value := self.headers.get(header)) is not None:
                environment[variable] = value
        return environment

    def feed(self, stdin: IO[bytes]) -> threading.Thread | None:
        """Gives the request body to git; aside where it might not fit into the pipe, so that nobody waits in a ring."""
        if 0 <= int(self.headers.get("Content-Length", -1)) <= PIPE_BUFFER:
            self.copy_body(stdin)
            return None
        thread = threading.Thread(target=self.copy_body, args=(stdin,))
        thread.start()
        return thread

    def copy_body(self, stdin: IO[bytes]) -> None:
        # A backend that answers without reading everything closes the pipe; the rest is still read off the wire, or
        # it would be taken for the next request.
        broken = False
        for piece in self.body():
            if not broken:
                try:
                    stdin.write(piece)
                except BrokenPipeError:
                    broken = True
        with contextlib.suppress(BrokenPipeError):
            stdin.close()

    def body(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left and (piece := self.rfile.read(min(left, CHUNK))):
            left -= len(piece)
            yield piece

    def relay_answer(self, stdout: BinaryIO) -> None:
        status, headers = read_cgi_headers(stdout)
        self.send_response_only(*status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := stdout.read1(CHUNK):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def record_cpu(self) -> None:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        self.server.counters.cpu(sum(usage.ru_utime + usage.ru_stime for usage in usages))


def read_cgi_headers(stdout: BinaryIO) -> tuple[tuple[int, str], list[tuple[str, str]]]:
    """The status and the other headers of a CGI answer; no answer at all is a 500."""
    status, headers = (200, "OK"), []
    seen = False
    while line := stdout.readline().strip():
        seen = True
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            code, _, reason = value.strip().partition(" ")
            status = (int(code), reason)
        elif name.lower() not in ("content-length", "transfer-encoding"):
            headers.append((name, value.strip()))
    return (status, headers) if seen else ((500, "git http-backend said nothing"), [])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="serve the bare repositories below this directory")
    parser.add_argument("--port", type=int, default=0, help="listen here on 127.0.0.1 (default: any free port)")
    options = parser.parse_args()
    server = GitServer(options.directory.resolve(), options.port, Counters())
    print(f"serving {options.directory} at http://127.0.0.1:{server.server_address[1]}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
