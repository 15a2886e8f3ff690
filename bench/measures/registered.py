"""Task definitions registered, all of one family, beside puts of etcd."""

from . import placements

TITLE = "Task definitions registered"
METHOD = (
    "`wharf-bench-placement register`: RegisterTaskDefinition in process, all calls for one family, from 64 callers, without HTTP, signatures and "
    "policies; the store is on disk with every write synced. Then single puts of etcd of a value of 700 bytes over 10,000 keys, from 64 connections. "
    "The best of three rounds. CPU is the whole process's."
)
COLUMNS = ("what", "who", "a second", "p50 ms", "p99 ms", "CPU µs each")


def run():
    return placements.table("register")
