"""Every write to codebooks, projects, tasks and marks: keyword-only, atomic, guards first."""
