"""Upstream's conformance tests against wharf's Kubernetes with two nodes of its own, whose pods run."""

import pathlib

from real import RealCluster
from suite import main

if __name__ == "__main__":
    main(__doc__, pathlib.Path(__file__).with_name("nodes.txt"), RealCluster)
