"""Upstream's conformance tests against wharf's control plane, with nothing behind the pods: those that upstream's own passes so."""

import pathlib

from cluster import HollowCluster
from suite import main

if __name__ == "__main__":
    main(__doc__, pathlib.Path(__file__).with_name("hollow.txt"), HollowCluster)
