"""The page: a picture in one HTML file that can be asked questions, without Python or a network.

Reading order. views, what a page is made of; facts, what it knows of each part; packing, how that
is carried; rules, the text of a derivative; two_times. For the model that runs in the page: calls,
what led to a loss; lengths, the same over other numbers of steps; javascript, the records of its
ops; replay. write puts it together with page.html, the styles and the scripts.

The scripts are plain JavaScript without a library, one idea each, in the order of their names; all
are in one scope. 01 to 03: elements, numbers, the data. 04: pan and zoom. 05 to 08: what is shown
of arrays, weights, boxes. 09 to 12: choosing, search, tabs, theme. 14: other numbers at the taps.
15: backward arrows. 16 and 17: the two sweeps. 18: two times. 20 to 23: a little NumPy. 25 and
26: the tape, the knobs. 90: the keyboard.
"""

__all__: list[str] = []
