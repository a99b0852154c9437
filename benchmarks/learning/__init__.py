"""Whether the cells learn what recurrent cells are for: ``make learn``.

Reading order: `experiments` says what is trained on which task of ``rnn.tasks``, and the bar;
`training` is the loop; `processes` runs several of them side by side; `report` makes the table, the
Markdown and the picture.

Each experiment is run from three seeds, and a bar counts as reached if all of them reach it. A run
looks at sequences that it does not train on now and then, and stops when the bar is behind it at
several looks in a row. What is reported is then measured once, on yet another set.
"""
