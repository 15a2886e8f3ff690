"""Upstream's conformance tests against upstream's own API server and hollow nodes, whose controllers and scheduler are wharf's."""

import os
import pathlib
import subprocess

from cluster import REPOSITORY, HollowCluster
from suite import main
from upstream import Upstream

# The example of wharf-kube-controllers.
ELSEWHERE = REPOSITORY / "target" / "debug" / "examples" / "elsewhere"


class SwappedCluster(HollowCluster):
    """With nothing of wharf but what moves the objects."""

    def _control_plane(self, ending):
        upstream = ending.enter_context(Upstream(self.logs))
        files = [upstream.folder / name for name in ("ca.crt", "admin.crt", "admin.key")]
        command = [os.environ.get("WHARF_ELSEWHERE", ELSEWHERE), upstream.endpoint, *files]
        with open(self.logs / "elsewhere.log", "w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        ending.callback(process.wait)
        ending.callback(process.kill)
        return upstream


if __name__ == "__main__":
    main(__doc__, pathlib.Path(__file__).with_name("swapped.txt"), SwappedCluster, longest="30m")
