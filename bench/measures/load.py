"""Signed requests of `bench/load`, from many connections at once."""

import json
import os
import subprocess

from harness import tools

PROGRAM = tools.REPOSITORY / "target" / "release" / "wharf-bench-load"


def run(what, server, argument, clients, seconds=5):
    """What the program says: calls a second (`per_second`), `p50_ms`, `p99_ms`, `counted`."""
    keys = {"AWS_ACCESS_KEY_ID": server.root.access_key, "AWS_SECRET_ACCESS_KEY": server.root.secret_key}
    command = [PROGRAM, what, f"127.0.0.1:{server.port}", argument, str(clients), str(seconds)]
    done = subprocess.run([str(part) for part in command], env={**os.environ, **keys}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{what}: {done.stderr}")
    return json.loads(done.stdout)
