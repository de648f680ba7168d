"""Commands that get a limited time."""

from __future__ import annotations

import os
import signal
import subprocess


class ExceededError(Exception):
    """A command took longer than it may; it and all its children were ended."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:.0f} s")
        self.seconds = seconds


def run(command: list[str], seconds: float, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Like `subprocess.run`, in a session of its own, which ends with the command or with its time."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except BaseException as cause:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(cause, subprocess.TimeoutExpired):
                raise ExceededError(seconds) from None
            raise
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
