"""The API under /api/v1/: JSON in, JSON out, over the operations and the state."""
