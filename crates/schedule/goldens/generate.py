"""Writes cron.json: random expressions as AWS writes them, and their next moments by croniter.

What croniter does not know (W, the years) or knows otherwise (both days given) is left to the tests in Rust.
"""

import datetime
import json
import pathlib
import random

from croniter import croniter

HERE = pathlib.Path(__file__).parent
EXPRESSIONS, MOMENTS = 400, 5
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]


def field(chance, low, high, names=None):
    """A field with numbers between low and high, or names in their place."""

    def one():
        number = chance.randint(low, high)
        return names[number - low] if names and chance.random() < 0.5 else str(number)

    def span():
        first, last = sorted(chance.sample(range(low, high + 1), 2))
        return f"{first}-{last}"

    form = chance.randrange(6)
    if form == 0:
        return "*"
    if form == 1:
        return f"*/{chance.randint(2, max(2, (high - low) // 2))}"
    if form == 2:
        return span()
    if form == 3:
        return ",".join(one() for _ in range(chance.randint(2, 4)))
    if form == 4:
        return f"{chance.randint(low, high)}/{chance.randint(2, max(2, (high - low) // 2))}"
    return one()


def stepped(text, high):
    """`5/15` is `5-59/15` for croniter, which reads a range of one as all."""
    if "/" not in text or text.startswith("*"):
        return text
    first, step = text.split("/")
    return first if first.isdigit() and int(first) == high else f"{first}-{high}/{step}"


def weekday(text):
    """AWS counts days of the week from one, croniter from zero."""
    if "#" in text or text.endswith("L"):
        day, rest = (text.split("#")[0], "#" + text.split("#")[1]) if "#" in text else (text[:-1], "")
        return f"{int(day) - 1}{rest}" if rest else f"L{int(day) - 1}"
    number = lambda it: str(int(it) - 1) if it.isdigit() else it  # noqa: E731
    spans = [span.split("/") for span in stepped(text, 7).split(",")]
    return ",".join("/".join(["-".join(number(it) for it in span[0].split("-")), *span[1:]]) for span in spans)


def expression(chance):
    minute, hour = field(chance, 0, 59), field(chance, 0, 23)
    month = field(chance, 1, 12, MONTHS)
    if chance.random() < 0.5:
        day, week = chance.choice([field(chance, 1, 28), "L"]), "?"
    else:
        forms = [field(chance, 1, 7, DAYS), f"{chance.randint(1, 7)}#{chance.randint(1, 4)}", f"{chance.randint(1, 7)}L"]
        day, week = "?", chance.choice(forms)
    ours = f"cron({minute} {hour} {day} {month} {week} *)"
    star = lambda it: "*" if it == "?" else it  # noqa: E731
    theirs = [stepped(minute, 59), stepped(hour, 23), stepped(star(day), 31), stepped(month, 12), weekday(week) if week != "?" else "*"]
    return ours, " ".join(theirs)


def main():
    chance, found = random.Random(20261122), []
    while len(found) < EXPRESSIONS:
        ours, theirs = expression(chance)
        begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(minutes=chance.randrange(2_000_000))
        moments = croniter(theirs, begin)
        nexts = [moments.get_next(datetime.datetime).strftime("%Y-%m-%dT%H:%M:%SZ") for _ in range(MOMENTS)]
        found.append({"expression": ours, "after": begin.strftime("%Y-%m-%dT%H:%M:%SZ"), "moments": nexts})
    lines = ",\n".join(json.dumps(it) for it in found)
    (HERE / "cron.json").write_text(f"[\n{lines}\n]\n")


main()
