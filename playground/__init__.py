"""The playground: a page that runs minigrad in the browser, made of files alone.

    python -m playground                   # build/playground: serve it with python -m http.server
    python -m playground --out site/play   # or anywhere else

Reading order: files.py (Pyodide and the wheels, pinned by hash), programs.py (the menu: lessons
and examples as programs), links.py (a program in a link), building.py (the folder), web/ (the page:
app.js, engine.js and worker.js run, editor.js, show.js and knobs.js are what is seen, runner.py is
in Python).
"""
