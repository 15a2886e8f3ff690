"""Waiting on conditions, never on time."""

import time

POLL_INTERVAL_S = 0.05
# Of a wait that lasts: an eighth of the time so far, and at most this.
MOST_INTERVAL_S = 1
# How much longer than a look the pause after it is, up to `MOST_INTERVAL_S`: many workers that wait share two cores with what
# they wait for.
PAUSES_PER_LOOK = 8


class Late(AssertionError):
    """A condition did not come true before its deadline."""


class Hopeless(AssertionError):
    """A condition that cannot come true any more: nobody waits for its deadline."""


def wait_for(condition, deadline_s=20, what=None, interval_s=None, tell=None):
    """The first true value of `condition()`.

    Its exceptions but `Hopeless` count as "not yet"; the last one is the cause of `Late`. What comes soon is seen soon; what takes
    long is looked at less often, and looking has a small part of the time: the others on this machine go on meanwhile. Whoever
    must not miss a moment says `interval_s`. Where the value tells nothing of the cause, `tell()` is a text that does: it stands behind
    the message of `Late`.
    """
    start = time.monotonic()
    end = start + deadline_s
    cause, value = None, None
    while True:
        began = time.monotonic()
        try:
            value, cause = condition(), None
            if value:
                return value
        except Hopeless:
            raise
        except Exception as error:  # noqa: BLE001 whatever it is, it may pass
            cause = error
        now = time.monotonic()
        if now >= end:
            seen = repr(cause) if cause else repr(value)
            late = f"{what or condition.__name__} did not happen within {deadline_s} s; last seen: {seen[:2000]}"
            raise Late(late if tell is None else f"{late}\n{told(tell)}") from cause
        until_next = pause(now - start, now - began) if interval_s is None else max(interval_s, min(now - began, 1))
        time.sleep(min(until_next, end - now))


def told(tell):
    """What is told of a wait that failed: whatever else fails, that it did is what the test says."""
    try:
        return tell()
    except Exception as error:  # noqa: BLE001 whoever is asked may be what failed
        return f"(nothing could be told of it: {error!r})"


def pause(waited_s, took_s):
    """Until the next look, by how long has been waited and how long the last one took."""
    return max(POLL_INTERVAL_S, min(waited_s / 8, MOST_INTERVAL_S), min(PAUSES_PER_LOOK * took_s, MOST_INTERVAL_S))


def wait_as_boto3(client, waiter, **asked):
    """What a waiter of boto3 waits for, without the quarter of a minute between its looks."""
    client.get_waiter(waiter).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 120}, **asked)
