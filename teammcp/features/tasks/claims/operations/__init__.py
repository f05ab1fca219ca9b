"""What can be done with a claim.

Whoever claims a task gets a fencing token, a number that grows with each claim of that task. Every later call gives it,
so that somebody whose lease has ended can change nothing any more. `teammcp.server.leases` says what a lease is worth.
"""

from __future__ import annotations

from .acquisition import claim_next_task, claim_task
from .expiry import requeue_task
from .reports import complete_task, fail_task, release_task, update_task_progress

OPERATIONS = [
    claim_task,
    claim_next_task,
    update_task_progress,
    complete_task,
    fail_task,
    release_task,
    requeue_task,
]
