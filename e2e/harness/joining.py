"""Join tokens, and the commands that spend them."""

import os

from . import tools


def token(server, *arguments):
    """A token that allows what the arguments of `wharf token` say."""
    said = tools.run(tools.wharf(), "token", "--data", server.data, *arguments).stdout
    return said.split("--join - <<< ")[1].split()[0]


def command(server, address, data, *arguments):
    """`wharf node` for a node that has the token in its environment."""
    return [str(part) for part in (tools.wharf(), "node", "--data", data, "--server", f"https://{address}:{server.port}", *arguments)]


def environment(join_token):
    return {**os.environ, "WHARF_JOIN_TOKEN": join_token}
