"""The line from the host: frames into commands, each answered by an ack (docs/frames.md)."""
