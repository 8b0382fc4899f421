"""What the documentation promises, held against the code."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READS = re.compile(
    r"""(?:environ(?:\.get)?[\[(]|getenv\(|env\.(?:boolean|integer|words|networks)\(\s*)\s*["'](\w+)["']"""
)
# Set by Django's own start-up files, not by people.
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


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


def test_relative_links_lead_somewhere() -> None:
    broken = []
    links = 0
    for page in PAGES:
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            path, _, place = target.partition("#")
            if ":" in path:
                continue
            links += 1
            found = (page.parent / path).resolve() if path else page
            if not found.exists() or (place and place not in anchors(found)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []
    assert links > 10


def anchors(page: Path) -> set[str]:
    """The headings' anchors as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            found = (page.parent / target.partition("#")[0]).resolve()
            new = found.glob("*.md") if found.is_dir() else [found]
            waiting += [path for path in new if path.suffix == ".md" and path not in reached and path.exists()]
    assert set((ROOT / "docs").rglob("*.md")) <= reached
