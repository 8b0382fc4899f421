"""Other tools' formats, written of a release's records."""
