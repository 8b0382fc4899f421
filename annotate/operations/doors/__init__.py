"""Annotations made elsewhere: found their article, their annotator and their slot, and kept as readings."""

from annotate.operations.doors.importing import import_readings
from annotate.operations.doors.results import DoorResult, DoorSettings

__all__ = ["DoorResult", "DoorSettings", "import_readings"]
