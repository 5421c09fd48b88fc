"""Makes a case small while the two sides still differ: fewer commands, atoms, edges and keys."""

import copy

KEPT = {"id", "kind", "journey", "version", "name", "actions", "roles", "rules", "performed_by", "action"}


def shrunk(case, differs):
    """The smallest case found by leaving out one thing after another, as long as `differs(case)` holds."""
    size = None
    while size != size_of(case):
        size = size_of(case)
        case = fewer_commands(case, differs)
        for index in reversed(range(len(case.documents))):
            without = replaced(case, documents=case.documents[:index] + case.documents[index + 1 :])
            case = without if differs(without) else smaller_document(case, index, differs)
        case = smaller_context(case, differs)
    return case


def size_of(case):
    return len(repr((case.documents, case.commands)))


def fewer_commands(case, differs):
    """Without the commands that are not needed, from the end; the first starts the process."""
    for place in reversed(range(1, len(case.commands))):
        smaller = replaced(case, commands=case.commands[:place] + case.commands[place + 1 :])
        case = smaller if differs(smaller) else case
    return case


def smaller_document(case, index, differs):
    """Without what a document does not need to hold, from its end."""
    left = len(list(places(case.documents[index], ())))
    while left > 0:
        left = min(left, len(all_places := list(places(case.documents[index], ())))) - 1
        if left < 0:
            break
        documents = copy.deepcopy(case.documents)
        leave_out(documents[index], all_places[left])
        smaller = replaced(case, documents=documents)
        case = smaller if differs(smaller) else case
    return case


def smaller_context(case, differs):
    """Without the context names that the start does not need."""
    for name in case.commands[0].get("context", {}):
        commands = copy.deepcopy(case.commands)
        del commands[0]["context"][name]
        smaller = replaced(case, commands=commands)
        case = smaller if differs(smaller) else case
    return case


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
