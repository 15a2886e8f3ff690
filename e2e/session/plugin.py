"""Stands in for session-manager-plugin, which the stock command line calls by that name.

session-manager-plugin SESSION-JSON REGION StartSession PROFILE {"Target":"ecs:CLUSTER_TASK_RUNTIME"} ENDPOINT
"""

import json
import sys
import threading

from .client import Session


def main():
    if len(sys.argv) == 1:
        # The command line asks first whether there is such a program.
        print("The plugin was installed successfully.")
        return
    session, _region, operation, _profile, parameters, endpoint = sys.argv[1:7]
    # The names' case is the API's here and the session manager's there: both are read.
    given = {name.lower(): value for name, value in json.loads(session).items()}
    assert operation == "StartSession" and json.loads(parameters)["Target"].startswith("ecs:") and endpoint
    print(f"\nStarting session with SessionId: {given['sessionid']}")
    here = Session(given["sessionid"], given["streamurl"], given["tokenvalue"])

    def show(data):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    here.on_output(show)
    here.wait(lambda s: s.began or s.over)

    def typed():
        for line in sys.stdin:
            here.type(line.replace("\n", "\r"))

    threading.Thread(target=typed, daemon=True).start()
    here.wait_over(60)
    if here.last_words:
        print(here.last_words)
    print(f"\nExiting session with sessionId: {given['sessionid']}.")


if __name__ == "__main__":
    main()
