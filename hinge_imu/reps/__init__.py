"""From angles to events: phases, reps, sets, metrics, faults. Pure: no I/O, no clock."""
