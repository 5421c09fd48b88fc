"""What random runs have to reach before they count as covering the contract: its constructs, rules and refusals."""

from tests.model.generate import EVERYTHING

OF_SCRIPTS = {"odd", "by_hand", "suspend", "not_before", "off_graph"}
CONSTRUCTS = (EVERYTHING - OF_SCRIPTS) | {"join any", "join count", "table first", "table unique", "table collect"}
CONSTRUCTS |= {"compensation human", "compensation system", "compensation subjourney", "versions"}

RULES = {"R1", "R1 part", "R1 count lowered", "R1 not before", "R1 put off", "R2 first", "R4 skipped", "R5", "R6"}
RULES |= {"R7", "R7 in a part", "R7 gate", "R7 limit"}
RULES |= {f"R7 ends a {what}" for what in ("task", "timer", "wait", "child", "incident")}
RULES |= {"R8", "R8 outcome", "R8 terminate", "R9", "R9 held before the start", "R9 held after the exit", "collect"}
RULES |= {"R10", "R10 retry", "R10 error path", "R10 held", "R10 fails the process", "R11", "R11 of a held step"}
RULES |= {"R12", "R12 by parent", "R12 resume", "R12 suspended on its own", "R12 unheard", "R12 while compensating"}
RULES |= {"R12 bound message", "R12 bound message dropped", "R12 bound message lost"}
RULES |= {"R13", "R13 compensate", "R13 meanwhile", "R13 undone", "R13 held", "R13 forsaken", "R13 child compensates"}
RULES |= {"R14", "R14 empty", "R14 beyond the list", "R14 error path", "R14 held"}
RULES |= {"R15", "R15 in a child", "R15 of an element", "R15 refused input", "R15 fields refused"}
RULES |= {"R15 failed child", "R15 cancelled child"}
RULES |= {"R16 timer", "R16 message", "R16 kept message", "R16 kept message dropped", "R16 the same id"}
RULES |= {"task delegated", "task delegated on", "task returned", "task escalated", "task escalated to somebody"}
RULES |= {"task handed over while blocked"}
RULES |= {"R18 retry", "R18 skip", "R18 repeat", "R18 end", "R18 context", "R18 off the graph"}

REFUSALS = {"context_invalid", "output_invalid", "invalid_transition", "process_ended", "process_suspended"}
REFUSALS |= {"business_key_taken", "part_not_closed", "rework_limit", "lease_lost", "process_not_found"}
REFUSALS |= {"incident_not_found", "task_not_found", "atom_not_found", "nothing_to_claim"}

COMMANDS = {"start", "advance", "message", "claim_work", "work_done", "work_failed", "lease_expired"}
COMMANDS |= {"claim", "start_task", "release", "reassign", "complete", "fail", "block", "unblock", "add_task"}
COMMANDS |= {"delegate", "return", "escalate", "change", "comment"}
COMMANDS |= {"suspend", "resume", "cancel", "end", "patch", "put_off", "retry", "skip", "skip_incident", "repeat"}

WANTED = CONSTRUCTS | RULES | {f"refused {code}" for code in REFUSALS} | {f"do {one}" for one in COMMANDS}
