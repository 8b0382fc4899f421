"""Why a release cannot be built; each message is meant for the person who asked."""


class ReleaseError(Exception):
    """A release cannot be built."""


class TargetNotEmptyError(ReleaseError):
    """The directory exists already and is not empty; a release is never written over something else."""


class FormatError(ReleaseError):
    """A format that does not exist, lacks its library, or would need text that the release leaves out."""


class BadVersionError(ReleaseError):
    """The version is not a semantic version such as 1.0.0."""


class VersionTakenError(ReleaseError):
    """This version exists already; releases never change, so raise the version."""


class ThresholdError(ReleaseError):
    """The threshold of units is not above 0 and at most 1."""


class ExclusionError(ReleaseError):
    """An article that is to be left out is none of the project's, or its name fits several."""


class SupersededError(ReleaseError):
    """Another worker took this release over, or it was called off."""
