"""Making all tables from nothing without drawing every model anew at every step.

For each step of a migration Django draws the model that changes, and every model that is related to it over any number of models: here
nearly all of them, three hundred times, which takes most of the time that the tables take. For making tables only the model itself counts;
of the models it points to, the name of the table and the type of the key. So while tables are made from nothing each step draws one model.
The state is marked as Django marks one that is not drawn in full: a step of Python code then gets models drawn anew from its beginning.

A test holds the tables that come of it against those that Django makes by itself. Later migrations of a database that is in use go
Django's own way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

__all__ = ["drawing_one_model_a_step", "is_first"]


def is_first(alias: str) -> bool:
    """Whether a database has no migration yet."""
    return not MigrationRecorder(connections[alias]).applied_migrations()


@contextmanager
def drawing_one_model_a_step() -> Iterator[None]:
    """While it lasts, states of migrations draw no model but the one that changes. For one thread that does nothing else."""
    name = "_find_reload_model"  # of Django 5.2; without it the tables are made as slowly as ever
    related = getattr(ProjectState, name, None)
    if related is None:
        yield
        return

    def itself(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        state.is_delayed = True
        return {(app_label, model_name)}

    setattr(ProjectState, name, itself)
    try:
        yield
    finally:
        setattr(ProjectState, name, related)
