"""The sensors: a driver a file.

A driver's file holds its class, with ``count() -> int16``, the count of the policy (-32768: missing), and

``KEYS``
    what a policy says of such a sensor beside its scaling: key -> (kind, bounds ...), of the kinds in
    train/catalogue/sensor_key.py. ``DEFAULTS``, where there is one, has those that may be left out;
``reading(keys)``
    what is read: (the pin or register, as the simulated hardware calls it, bits of the raw integer, whether it is
    signed, whether its low byte comes first);
``make(shared, scaling, ...)``
    the reader, from the values of its keys in their order, as the board has them (a bus is its number and its pins);
    ``scaling`` as in scaling.py, ``shared`` for what several sensors use, a bus say.

The file's name is the driver's in a policy. A file without ``KEYS`` is no driver, one without ``reading`` brings whole
records. The build leaves out ``KEYS``, ``DEFAULTS`` and ``reading``, and the start forgets ``make``, so `machine` is
imported inside it: the host reads these files, too.
"""
