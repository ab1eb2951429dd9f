"""How fast the formats are, as ratios to what the interpreter could do at best.

``python -m bench`` times every case beside the limit of its work (a bare ``struct.unpack``, an
interpreter that starts and ends) in one run, so that the ratio of the two means something on a
busy machine too. Times in nanoseconds are for reading only; ``--check`` judges ratios.

A group is one module in ``bench/groups`` and one line in the list there.
"""
