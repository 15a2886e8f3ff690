"""What an account waits for its ordinary calls while another floods the same server with the largest calls there are."""

import json

from harness import floods
from harness.installation import Installation, Keys, Place
from test_floods import Neighbour

from .neighbours import ROUNDS, percentiles

TITLE = "Floods"
SECONDS = 20
METHOD = (
    f"`wharf up` without throttling. An account puts and reads metrics, alarms and log events by boto3, one call after the other, for {SECONDS} s; "
    f"alone, and while another account sends what the row says over {floods.CONNECTIONS} connections without pause. Clients and server share the "
    f"machine's cores. All calls of {ROUNDS} rounds together, in each of which all rows take their turn. A call that is refused, or an answer that is "
    "wrong, ends the measure."
)
COLUMNS = ("beside", "p50 ms", "p99 ms", "of alone", "calls of the flood a second", "of them refused")


def run():
    with Installation() as installation:
        return _measure(installation.start(node=False))


def _account(installation, name):
    made = json.loads(installation.run("account", "create", name, "--json").stdout)
    return Keys(made["accessKeyId"], made["secretAccessKey"])


def _measure(installation):
    loud, quiet = (_account(installation, it) for it in ("loud", "quiet"))
    place = Place(installation, "us-east-1", loud)
    floods.prepare(place.client("cloudwatch"), place.client("logs"))
    neighbour = Neighbour(Place(installation, "us-east-1", quiet))
    neighbour.ask(2)
    taken = {name: [] for name in ("nobody", *floods.ALL)}
    answers = {name: [] for name in floods.ALL}
    for _ in range(ROUNDS):
        taken["nobody"] += neighbour.ask(SECONDS)
        for name in floods.ALL:
            with floods.Flood(installation, loud, name) as flood:
                taken[name] += neighbour.ask(SECONDS)
            answers[name].append(flood.answers)
    alone = percentiles(taken["nobody"])
    rows = []
    for name, seconds in taken.items():
        middle, tail = percentiles(seconds)
        sent = sum(sum(it.values()) for it in answers.get(name, ()))
        refused = sent - sum(it["200"] for it in answers.get(name, ()))
        rows.append((name, f"{middle:.2f}", f"{tail:.2f}", f"{tail / alone[1]:.2f}", f"{sent / SECONDS / ROUNDS:.0f}", refused))
    return rows
