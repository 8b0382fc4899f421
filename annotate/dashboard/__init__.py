"""From stored figures to what the pages of agreement show: plots, tables, words."""
