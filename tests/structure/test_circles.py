"""No circle among modules: at import time, at run time, or for types."""

from tests.support.modules import MODULES, imports

# What is known of, module by module. A pair may be taken from here, and none may be added.
KNOWN: set[str] = set()


def graph(kinds):
    """Who imports whom, in the given ways, but for what is known."""
    return {name: {i.module for i in imports(name)
                   if i.when in kinds and f"{name} -> {i.module}" not in KNOWN}
            for name in MODULES}


def circle(edges):
    """One circle in a directed graph, as a path back to where it begins; or nothing."""
    while edges:
        ends = {name for name, others in edges.items() if not others & edges.keys()}
        if not ends:
            break
        edges = {name: others for name, others in edges.items() if name not in ends}
    path = [min(edges)] if edges else []
    while path and path[-1] not in path[:-1]:
        path.append(min(edges[path[-1]] & edges.keys()))
    return path[path.index(path[-1]) :] if path else []


def test_circles_are_found():
    """The search finds what it looks for, and ends where there is nothing."""
    assert circle({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_none_when_importing():
    """The modules form a directed graph without circles when Python imports them."""
    assert circle(graph({"import"})) == []


def test_none_at_all():
    """Nor with the imports inside of functions and those for types alone: of two modules that know
    each other, neither can be read first."""
    assert circle(graph({"import", "run", "types"})) == []


def test_what_is_known_is_there():
    """An import that is mended is taken from the list."""
    there = {f"{name} -> {i.module}" for name in MODULES for i in imports(name)}
    assert there >= KNOWN
