"""How a step exits: its output, table, `sets` and edges, and where an incident holds it in between (R2, R7, R9)."""

from copy import deepcopy

from tests.model.documents import fits, put
from tests.model.flow import Flow
from tests.model.marking import Refused
from tests.model.rules import Failed, evaluate, truthy


class Exits(Flow):
    """Each stage leaves the step held where its rule fails; retrying goes on from there."""

    def saved(self, step, output):
        """The context with a step's output in it, not yet kept. Raises Refused where a schema says no (R9)."""
        atom = self.atom(step)
        context = deepcopy(self.context)
        if step.many:
            put(context, atom["saves"], deepcopy(output))
        else:
            for name, value in output.items():
                if "saves" in atom:
                    put(context, atom["saves"], self.object_at(context, atom["saves"]) | {name: deepcopy(value)})
                else:
                    context[name] = deepcopy(value)
        if not fits(context, self.document.schema):
            raise Refused("output_invalid")
        return context

    @staticmethod
    def object_at(context, path):
        for segment in path.split("."):
            context = context.get(segment) if isinstance(context, dict) else None
        return context if isinstance(context, dict) else {}

    def leave(self, step, how, output=None):
        """The step exits: `done` with its output (checked before, by `saved`), `error` or `timeout`."""
        self.drop_work(step)
        step.exit, step.output = how, output
        step.state = "completed" if how == "done" else "failed"
        if how == "done":
            step.order = len(self.completions)
            self.completions.append((step.atom, step.visit))
            if output or step.many:
                self.context = self.saved(step, output)
        self.go_on(step, "table" if how == "done" else "edges")

    def go_on(self, step, stage):
        """From a stage after the exit to the end of the moment, or until an incident holds it."""
        try:
            for now in ("table", "sets", "edges")[("table", "sets", "edges").index(stage) :]:
                stage = now
                getattr(self, f"compute_{now}")(step)
        except Failed as failed:
            self.world.seen("R9 held after the exit")
            step.held = stage
            self.raise_incident(step, failed.code)
            if not self.compensating:
                self.settle()  # for R4 it has completed

    # --- R9: tables and sets ---

    def compute_table(self, step):
        table = self.atom(step).get("table")
        if table is None:
            return
        how, hits = table.get("hit", "first"), []
        for row in table["rows"]:
            rule = row["rule"]
            if truthy(self.value(self.document.rules[rule] if isinstance(rule, str) else rule, step)):
                hits.append(row["sets"])
                if how == "first":
                    break
        if how == "unique" and len(hits) > 1:
            raise Failed("rule_failed", "two rows of a unique table are true")
        if not hits and "otherwise" in table:
            hits = [table["otherwise"]]
        if how == "collect":
            self.collect(step, [*(row["sets"] for row in table["rows"]), table.get("otherwise", {})], hits)
        elif hits:
            self.keep({name: self.value(rule, step) for name, rule in hits[0].items()})

    def collect(self, step, cells, hits):
        """A list for each name of the table, in row order; empty for a name whose rows did not hit."""
        found = {name: [] for sets in cells for name in sets}
        for sets in hits:
            for name, rule in sets.items():
                found[name].append(self.value(rule, step))
        self.world.seen("collect")
        self.keep(found)

    def compute_sets(self, step):
        if self.atom(step).get("sets"):
            self.world.seen("sets")
            self.assign(step, self.atom(step)["sets"])
        if self.atom(step).get("terminate"):
            self.world.seen("R8 terminate")
            self.end("completed")

    def assign(self, step, sets):
        """name → rule, each seeing those before it, all or none."""
        before = self.context
        try:
            for name, rule in sets.items():
                changed = deepcopy(self.context)
                put(changed, name, deepcopy(self.value(rule, step)))
                self.context = changed
            self.keep({})
        except Failed:
            self.context = before
            raise

    def keep(self, values):
        """Writes into the context, unless its schema says no: then the writer fails."""
        changed = deepcopy(self.context)
        for name, value in values.items():
            put(changed, name, deepcopy(value))
        if not fits(changed, self.document.schema):
            raise Failed("rule_failed", "the context's schema says no")
        self.context = changed

    def value(self, rule, step, element=None):
        return evaluate(rule, self.seen_by_rules(step, element))

    # --- R2, R7: edges ---

    def compute_edges(self, step):
        if self.status != "running":
            return
        if self.undoes(step):
            self.undo_next()
            return
        looked_at = [edge for edge in self.outgoing(step.atom) if edge.on == step.exit]
        looked_at.sort(key=lambda edge: (edge.priority, edge.n))
        back = next((edge for edge in looked_at if edge.rework and self.is_true(edge, step)), None)
        if back:
            self.go_back(step, back)
            return
        forward = [edge for edge in looked_at if not edge.rework]
        taken = self.taken(step, forward)
        if forward and not taken and not self.atom(step).get("may_end"):
            raise Failed("no_path")
        self.take(step, taken)

    def go_back(self, step, edge):
        if self.may_lead_back(step, edge.to):
            self.rework(edge.to)
        else:
            self.world.seen("R7 limit")
            raise Failed("rework_limit")

    def is_true(self, edge, step):
        return not edge.ruled or truthy(self.value(edge.rule, step))

    def taken(self, step, edges):
        """Those of the edges to be looked at that R2 takes."""
        plain = [edge for edge in edges if not edge.otherwise]
        otherwise = [edge for edge in edges if edge.otherwise]
        if self.atom(step).get("split", "all") == "first":
            self.world.seen("R2 first")
            return next(([edge] for edge in plain if self.is_true(edge, step)), otherwise[:1])
        taken = [edge for edge in plain if self.is_true(edge, step)]
        return taken if any(edge.ruled for edge in taken) else taken + otherwise

    def take(self, step, taken):
        """Resolves all its edges, and ends the moment."""
        for edge in self.outgoing(step.atom):
            self.edges[edge.n] = edge in taken
        self.settle()
