"""What a live world is told beside its rows, and says: for world.py and the session on the host (session.py)."""

MORE = "\x05"  # begins the line that asks for more
WELL, SILENT, HANGING = 0, 1, 2  # how readings fail
END = 255  # of the world
PIPE = 4096  # bytes that go through a pipe at once, so that none is read in part
