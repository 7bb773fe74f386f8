"""PostgreSQL: everything that outlives a process, and the jobs."""
