"""Waiting on conditions, never on time."""

import time

POLL_INTERVAL_S = 0.05


class Late(AssertionError):
    """A condition did not come true before its deadline."""


def wait_for(condition, deadline_s=20, what=None, interval_s=POLL_INTERVAL_S):
    """The first true value of `condition()`.

    Its exceptions count as "not yet"; the last one is the cause of `Late`. A condition that starts programs to find out
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
        except Exception as error:  # noqa: BLE001 whatever it is, it may pass
            cause = error
        now = time.monotonic()
        if now >= end:
            seen = repr(cause) if cause else repr(value)
            raise Late(f"{what or condition.__name__} did not happen within {deadline_s} s; last seen: {seen[:2000]}") from cause
        time.sleep(max(interval_s, min(now - began, 1)))
