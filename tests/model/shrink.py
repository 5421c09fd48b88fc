"""Makes a case small while the two sides still differ: fewer commands, atoms, edges and keys."""

import copy

KEPT = {"id", "kind", "journey", "version", "name", "actions", "roles", "performed_by", "action"}


def shrunk(case, differs):
    """The smallest case found by leaving out one thing after another, as long as `differs(case)` holds."""
    progress = True
    while progress:
        progress = False
        for smaller in candidates(case):
            if differs(smaller):
                case, progress = smaller, True
                break
    return case


def candidates(case):
    """Each case with one thing less: commands first, from the end, then what the documents hold."""
    for place in reversed(range(1, len(case.commands))):
        yield replaced(case, commands=case.commands[:place] + case.commands[place + 1 :])
    for index in range(len(case.documents)):
        for path in reversed(list(places(case.documents[index], ()))):
            documents = copy.deepcopy(case.documents)
            leave_out(documents[index], path)
            yield replaced(case, documents=documents)
    for name in case.commands[0].get("context", {}):
        commands = copy.deepcopy(case.commands)
        del commands[0]["context"][name]
        yield replaced(case, commands=commands)


def replaced(case, **parts):
    return type(case)(**{"documents": case.documents, "commands": case.commands} | parts)


def places(value, path):
    """The paths of what may be left out of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in KEPT:
                yield (*path, key)
                yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from places(inner, (*path, index))


def leave_out(document, path):
    """Removes what stands at `path`, and every edge and dependency of an atom that goes with it."""
    inside = document
    for segment in path[:-1]:
        inside = inside[segment]
    gone = inside.pop(path[-1])
    if isinstance(gone, dict) and "id" in gone:
        for group in groups(document):
            for atom in group.get("atoms", []):
                atom["enables"] = [one for one in atom.get("enables", []) if named(one, "to") != gone["id"]]
                atom["depends_on"] = [one for one in atom.get("depends_on", []) if named(one, "atom") != gone["id"]]


def groups(document):
    yield document
    for inner in document.get("phases", []) + document.get("modules", []):
        yield from groups(inner)


def named(reference, key):
    return reference if isinstance(reference, str) else reference.get(key)
