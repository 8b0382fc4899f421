"""From rows of the database to what the package agreement counts, to the figures that are stored. No rule of its own."""
