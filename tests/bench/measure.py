"""Runs one command and writes what it took; started anew for each measured run.

A process's peak memory, as the kernel tells it, is never below that of the process which started it. The benchmark
itself is large by then, so this small one stands in between; its own size is the floor of what can be told.

    python3 -I -S measure.py RESULT STDOUT STDERR COMMAND [ARGUMENT…]
"""

import os
import sys
import time

result, stdout, stderr, *command = sys.argv[1:]
write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
actions = [
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, stdout, write, 0o644),
    (os.POSIX_SPAWN_OPEN, 2, stderr, write, 0o644),
]
begin = time.perf_counter()
pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
_, status, usage = os.wait4(pid, 0)
wall = time.perf_counter() - begin
peak = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss * 1024
with open(result, "w") as out:  # noqa: PTH123 - importing pathlib would raise the floor
    print(os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, peak, file=out)
