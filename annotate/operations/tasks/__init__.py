"""Tasks: their slots, whose they become, and how they end."""

from annotate.operations.tasks.claiming import claim_task, renew_lease
from annotate.operations.tasks.closing import hand_back, reassign_task, return_task, skip_task, submit_task
from annotate.operations.tasks.expiry import expire_leases
from annotate.operations.tasks.slots import ensure_slots

__all__ = [
    "claim_task",
    "ensure_slots",
    "expire_leases",
    "hand_back",
    "reassign_task",
    "renew_lease",
    "return_task",
    "skip_task",
    "submit_task",
]
