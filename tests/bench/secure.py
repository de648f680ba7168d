"""TLS in front of the server, as forges have it: HTTP/2 and HTTP/1.1 by nghttpx, which is Debian's `nghttp2-proxy`.

The certificate is signed by an authority of the benchmark's own, which git's `http.sslCAInfo` names.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

CONNECT_SECONDS = 10


def is_installed() -> bool:
    return bool(shutil.which("nghttpx") and shutil.which("openssl"))


class Authority:
    """An authority, and a certificate for 127.0.0.1 that it has signed."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate = directory / "authority.pem"
        self.leaf, self.key = directory / "leaf.pem", directory / "leaf.key"
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
        authority_key, request, names = (directory / name for name in ("authority.key", "leaf.csr", "names"))
        openssl("req", "-x509", *new_key, "-subj", "/CN=bench", "-keyout", authority_key, "-out", self.certificate)
        openssl("req", *new_key, "-subj", "/CN=127.0.0.1", "-keyout", self.key, "-out", request)
        names.write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        signed = ["-CA", self.certificate, "-CAkey", authority_key, "-CAcreateserial", "-extfile", names, "-days", "30"]
        openssl("x509", "-req", "-in", request, *signed, "-out", self.leaf)


class Front:
    """nghttpx in front of a plain server, for as long as the `with` lasts."""

    def __init__(self, authority: Authority, to_port: int) -> None:
        self.authority, self.to_port = authority, to_port
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def __enter__(self) -> Front:
        options = ["--conf=/dev/null", "--no-ocsp", "--workers=1", "--errorlog-file=/dev/null", "--accesslog-file=/dev/null"]
        ports = [f"--frontend=127.0.0.1,{self.port}", f"--backend=127.0.0.1,{self.to_port}"]
        command = ["nghttpx", *options, *ports, self.authority.key, self.authority.leaf]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for(self.port, self.process)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when somebody listens."""
    end = time.monotonic() + CONNECT_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)
    process.kill()
    raise SystemExit(f"nghttpx does not start: {process.communicate()[1].decode(errors='replace')}")


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
