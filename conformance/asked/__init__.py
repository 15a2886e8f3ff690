"""What both servers are asked, by theme and in this order."""

from . import changes, custom, invalid, kinds, parts, reading

ASKED = [*kinds.ASKED, *invalid.ASKED, *changes.ASKED, *reading.ASKED, *parts.ASKED, *custom.ASKED]
