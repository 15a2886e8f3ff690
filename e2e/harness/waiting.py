"""Waiting on conditions, never on time."""

import time

POLL_INTERVAL_S = 0.05


class Late(AssertionError):
    """A condition did not come true before its deadline."""


class Hopeless(AssertionError):
    """A condition that cannot come true any more: nobody waits for its deadline."""


def wait_for(condition, deadline_s=20, what=None, interval_s=POLL_INTERVAL_S):
    """The first true value of `condition()`.

    Its exceptions but `Hopeless` count as "not yet"; the last one is the cause of `Late`. A condition that starts programs to find out
    has half of the time at most: the others on this machine go on meanwhile.
    """
    end = time.monotonic() + deadline_s
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
            raise Late(f"{what or condition.__name__} did not happen within {deadline_s} s; last seen: {seen[:2000]}") from cause
        time.sleep(max(interval_s, min(now - began, 1)))


def wait_as_boto3(client, waiter, **asked):
    """What a waiter of boto3 waits for, without the quarter of a minute between its looks."""
    client.get_waiter(waiter).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 120}, **asked)
