"""Adaptation on the fly: a process that has changed for good is learned beside the live reference, and taken over only
when that is confirmed. cycle.py is the state machine, shadow.py the reference that learns, labels.py the permission."""
