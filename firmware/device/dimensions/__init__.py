"""The dimensions: one file each, one pure integer function each.

A dimension's file holds

``SCOPE``
    ``"channel"`` (measured for each channel), ``"window"`` or ``"status"`` (bounds on status fields);
``UNIT``, ``ONE``
    what a measure counts, and the measure of one such unit: ``"count"`` (one count of the channel),
    ``"rate"`` (one count a period), ``"slot"``, ``"period"``, ``"bin"``, ``"radius"`` (of a regime), ``"ratio"``
    or ``"status"`` (one unit of a status field);
``FLOOR``
    the smallest limit, in measure, and what it resolves;
``LIMIT``
    whose limits it has: ``"own"`` (learned and followed; the measure does not look at the reference), ``"late"``
    (the same, but from the second half of commissioning on, since the measure needs the band), ``"width"`` (as
    late, of the measure in present widths of the band; FLOOR in Q14 of a width), ``"regime"`` (as late, once there
    are regimes), ``"width0"`` (the band's commissioned width, an octave a decade) or ``"fixed"`` (FLOOR, the same);
``measure(stats, at, reference, base)``
    the measure of one window, 0 <= measure < 2**30, 0 = as it should be: ``stats`` int32 statistics (layout.py),
    ``at`` where the channel's begin (0 for a window's dimension, the block for a status one), ``reference``
    int32, ``base`` where the channel's part begins.

Every name that does not begin with an underscore is a dimension; a user's own has the same form.
"""
