"""The doors in: readers of other tools' files, and the way from their texts and offsets to ours. No Django here."""
