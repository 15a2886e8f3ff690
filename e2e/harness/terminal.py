"""A command on a terminal of its own, and what is seen on it."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time

ESCAPE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b[()][A-Z0-9]|\x1b[=>78]")


class Terminal:
    """The command sees a terminal of that size, and its keys come from `type`."""

    def __init__(self, rows, columns, *command):
        self.rows, self.columns = rows, columns
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self._master)
        environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.process = subprocess.Popen([str(part) for part in command], stdout=slave, stdin=slave, stderr=slave, env=environment)
        os.close(slave)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def read(self):
        """Whatever it prints next; nothing at its end."""
        try:
            piece = os.read(self._master, 65536).decode(errors="replace")
        except OSError:
            return ""
        self.text += piece.replace("\r\n", "\n")
        return piece

    def read_all(self):
        while self.read():
            pass
        return self.text

    def type(self, keys):
        os.write(self._master, keys.encode())

    def settings(self):
        """Of the terminal, now."""
        return termios.tcgetattr(self._master)

    def wait_for_text(self, text, timeout=30):
        """Until it was printed, whatever was made of it on the screen since."""
        end = time.monotonic() + timeout
        while text not in self.text:
            left = max(end - time.monotonic(), 0)
            printed = select.select([self._master], [], [], left)[0] and self.read()
            assert printed, f"no {text!r} in {self.text!r}"

    def wait_for(self, condition, what, timeout=30):
        """What `condition` makes of the lines that are seen, once it is something."""
        end = time.monotonic() + timeout
        while True:
            seen = screen(self.text, self.rows, self.columns)
            if found := condition(seen):
                return found
            left = end - time.monotonic()
            assert left > 0, f"no {what} on the terminal:\n" + "\n".join(seen)
            if select.select([self._master], [], [], left)[0] and not self.read():
                lines = "\n".join(screen(self.text, self.rows, self.columns))
                raise AssertionError(f"the command ended without {what}:\n{lines}")


def screen(text, rows, columns):
    """The lines that a terminal shows after such a text: of what programs send, positions, clearing and characters."""
    cells = [[" "] * columns for _ in range(rows)]
    row = column = at = 0
    while at < len(text):
        if escape := ESCAPE.match(text, at):
            at = escape.end()
            numbers = [int(it) if it.isdigit() else 0 for it in (escape[1] or "").split(";")]
            if escape[2] == "H":
                row, column = (max(it, 1) - 1 for it in (numbers + [1])[:2])
            elif escape[2] == "J":
                cells = [[" "] * columns for _ in range(rows)]
            continue
        character, at = text[at], at + 1
        if character == "\n":
            row, column = row + 1, 0
        elif character == "\r":
            column = 0
        elif character >= " " and row < rows and column < columns:
            cells[row][column] = character
            column += 1
    return ["".join(line).rstrip() for line in cells]
