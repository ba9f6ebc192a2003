"""The wiring: a source, the pipeline, and sinks, for each thing one can do."""
