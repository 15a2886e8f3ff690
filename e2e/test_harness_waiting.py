"""How often a condition is looked at, and until when."""

import pytest

from harness import waiting
from harness.waiting import Late, wait_for


@pytest.mark.parametrize(
    ("waited_s", "took_s", "pause_s"),
    [(0, 0, 0.05), (0.4, 0, 0.05), (2, 0, 0.25), (4, 0, 0.5), (100, 0, 1), (0, 0.1, 0.8), (100, 0.1, 1), (0, 5, 1)],
)
def test_what_lasts_is_looked_at_less_often(waited_s, took_s, pause_s):
    assert waiting.pause(waited_s, took_s) == pytest.approx(pause_s)


@pytest.mark.parametrize("interval_s", [None, 0.001, 10])
def test_the_last_look_is_at_the_deadline(monkeypatch, interval_s):
    clock = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: clock.append(clock.pop() + max(seconds, 1e-6)))
    looks = []
    with pytest.raises(Late, match="it did not happen within 2 s"):
        wait_for(lambda: looks.append(clock[0]), 2, "it", interval_s=interval_s)
    assert looks[0] == 0 and looks[-1] == pytest.approx(2)
    assert (len(looks) > 1000) == (interval_s == 0.001)


def test_what_failed_is_told_of_and_nothing_hides_that_it_did():
    with pytest.raises(Late, match="^it did not happen within 0 s; last seen: False\nthree are left$"):
        wait_for(lambda: False, 0, "it", tell=lambda: "three are left")
    with pytest.raises(Late, match="^it did not happen within 0 s; last seen: False\n.*ZeroDivisionError"):
        wait_for(lambda: False, 0, "it", tell=lambda: 1 / 0)
    assert wait_for(lambda: 7, 0, tell=lambda: pytest.fail("nothing failed")) == 7
