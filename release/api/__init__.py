"""Releases under /api/v1/: listed, asked for, downloaded."""
