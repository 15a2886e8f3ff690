"""What each test takes of time and of the processor, where somebody asks: `WHARF_E2E_TIMES` names a file, which gets a line a test."""

import contextlib
import os
import time

from . import processes

FILE = os.environ.get("WHARF_E2E_TIMES")
TICKS = os.sysconf("SC_CLK_TCK")


def processor_s():
    """What all processes of this namespace have used, those that have ended among them: who takes the end of one has its times.

    Those whose end nobody takes are lost, commands of quick_start.py for one.
    """
    found = filter(None, map(processes.stat, processes.all_pids()))
    return sum(int(it) for fields in found for it in fields[11:15]) / TICKS


@contextlib.contextmanager
def noted(nodeid):
    """When it began, its seconds, those of the processor, and its worker, with all that its fixtures did."""
    if not FILE:
        yield
        return
    at, began, used = time.time(), time.monotonic(), processor_s()
    yield
    took, used = time.monotonic() - began, processor_s() - used
    line = f"{at:.0f}\t{took:.2f}\t{used:.2f}\t{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}\t{nodeid}\n"
    # In one call, for other workers write there too.
    file = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(file, line.encode())
    os.close(file)
