"""The program itself: the edge to Teams, the jobs, the settings and the composition root."""

__version__ = "0.1.0"
