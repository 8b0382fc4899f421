"""What the documentation promises, held against the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READS = re.compile(r"""(?:environ(?:\.get)?[\[(]|getenv\(|env\.(?:boolean|integer|words)\(\s*)\s*["'](\w+)["']""")
# Set by Django's own start-up files, not by people.
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}


def variables_read() -> set[str]:
    """Every environment variable that config/ reads by name."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "config").rglob("*.py")]
    return {name for source in sources for name in READS.findall(source)} - NOT_OURS


def headings(page: str) -> set[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").split("# Only in docker-compose.yml")[0]
    return set(re.findall(r"^## `(\w+)`$", text, re.M))


def test_every_environment_variable_has_its_heading() -> None:
    assert variables_read() == headings("reference/settings.md")


def test_the_contract_s_variables_are_read() -> None:
    assert {"DATABASE_URL", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "WEB_CONCURRENCY", "LOG_LEVEL"} <= variables_read()
