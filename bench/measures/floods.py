"""What an account waits for its ordinary calls while another floods the same server with the largest calls there are."""

import json

from harness import floods
from harness.installation import Installation, Keys, Place
from test_floods import Neighbour

from .neighbours import ROUNDS, first_in_line, percentiles

TITLE = "Floods"
SECONDS = 20
METHOD = (
    f"`wharf up` without throttling. An account puts and reads metrics, alarms and log events by boto3, one call after the other, for {SECONDS} s; "
    f"alone, and while another account sends what the row says over {floods.CONNECTIONS} connections without pause. The account's client has real-time priority, as if it ran elsewhere. The flood's client and the server share the "
    "machine's cores, so each flood is sent to a second installation on the same machine too, of which the account that is measured knows nothing: "
    f"what the shares of the server leave to it is the quotient of the two. All calls of {ROUNDS} rounds together, in each of which all rows take their "
    "turn. A call that is refused, or an answer that is wrong, ends the measure."
)
COLUMNS = (
    "beside",
    "p50 ms",
    "p99 ms",
    "of alone",
    "p99 ms, the flood elsewhere",
    "of that",
    "calls of the flood a second",
    "of them refused",
)


def run():
    with Installation() as here, Installation() as elsewhere:
        return _measure(here.start(node=False), elsewhere.start(node=False))


def _account(installation, name):
    made = json.loads(installation.run("account", "create", name, "--json").stdout)
    return Keys(made["accessKeyId"], made["secretAccessKey"])


def _loud(installation):
    """The keys of an account with what floods are about."""
    keys = _account(installation, "loud")
    place = Place(installation, "us-east-1", keys)
    floods.prepare(place.client("cloudwatch"), place.client("logs"))
    return keys


def _asked(neighbour):
    with first_in_line():
        return neighbour.ask(SECONDS)


def _measure(here, elsewhere):
    floods_of = {it: _loud(it) for it in (here, elsewhere)}
    neighbour = Neighbour(Place(here, "us-east-1", _account(here, "quiet")))
    neighbour.ask(2)
    alone, taken, answers = [], {}, {}
    for _ in range(ROUNDS):
        alone += _asked(neighbour)
        for name in floods.ALL:
            for installation, keys in floods_of.items():
                with floods.Flood(installation, keys, name) as flood:
                    taken.setdefault((name, installation), []).extend(_asked(neighbour))
                answers.setdefault((name, installation), []).append(flood.answers)
    middle, usual = percentiles(alone)
    rows = [("nobody", f"{middle:.2f}", f"{usual:.2f}", "1.00", "–", "–", "–", "–")]
    for name in floods.ALL:
        middle, tail = percentiles(taken[name, here])
        _, other = percentiles(taken[name, elsewhere])
        sent = sum(sum(it.values()) for it in answers[name, here])
        refused = sent - sum(it["200"] for it in answers[name, here])
        row = (name, f"{middle:.2f}", f"{tail:.2f}", f"{tail / usual:.2f}", f"{other:.2f}", f"{tail / other:.2f}")
        rows.append((*row, f"{sent / SECONDS / ROUNDS:.0f}", refused))
    return rows
