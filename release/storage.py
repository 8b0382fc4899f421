"""Where built releases are kept: ``STORAGES["releases"]``, a directory of this machine or an object store.

On a file system a release is a directory, ``PROJECT/VERSION/``, moved into place as a whole, and its archive,
``PROJECT/PROJECT-VERSION.zip``, beside it. An object store has the same names as keys; there the row in the database,
written last, is what makes a release visible.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from release.archive import zipped
from release.models import Release
from release.operations.building import move_into_place, partial_directory
from release.writing import sync_directory, sync_everything


class LocalReleases(FileSystemStorage):
    """Files under ``RELEASE_ROOT``."""

    @property
    def base_location(self) -> str:
        return str(settings.RELEASE_ROOT)

    @property
    def location(self) -> str:
        return str(Path(settings.RELEASE_ROOT).absolute())


def store() -> Storage:
    return storages["releases"]


def folder_of(release: Release) -> str:
    return f"{release.project.slug}/{release.version}"


def archive_of(release: Release) -> str:
    return f"{release.project.slug}/{release.project.slug}-{release.version}.zip"


def _local(name: str) -> Path | None:
    """The file's place on this machine, None in a store that has no such thing."""
    # Not by asking for a path: a store in memory gives one too.
    releases = store()
    return Path(releases.path(name)).absolute() if isinstance(releases, FileSystemStorage) else None


@contextmanager
def workplace(release: Release) -> Iterator[Path]:
    """An empty directory to build in: beside the final place where that is on this machine."""
    out = _local(folder_of(release))
    if out is not None:
        with partial_directory(out) as partial:
            yield partial
    else:
        with TemporaryDirectory(prefix="release-") as temporary:
            yield Path(temporary)


def keep(release: Release, built: Path) -> None:
    """Put a finished directory and its archive into the store, over what an attempt left that nobody has seen."""
    out, archive = _local(folder_of(release)), _local(archive_of(release))
    name = f"{release.project.slug}-{release.version}"
    if out is not None and archive is not None:
        waiting = archive.with_name(f"{release.version}.partial-archive.zip")
        with waiting.open("wb") as file:
            file.writelines(zipped(built, name))
        if out.exists():
            shutil.rmtree(out)
        sync_everything()
        waiting.replace(archive)
        move_into_place(built, out)
        sync_directory(out.parent)
        return
    for path in sorted(path for path in built.rglob("*") if path.is_file()):
        _put(f"{folder_of(release)}/{path.relative_to(built).as_posix()}", path)
    with TemporaryDirectory(prefix="release-") as temporary:
        packed = Path(temporary) / "archive.zip"
        with packed.open("wb") as file:
            file.writelines(zipped(built, name))
        _put(archive_of(release), packed)


def _put(name: str, path: Path) -> None:
    # Django's stores choose another name where one is taken.
    if store().exists(name):
        store().delete(name)
    with path.open("rb") as file:
        store().save(name, File(file))


def restore_archive(release: Release) -> bool:
    """Make the archive of a release again, where only its files are there; False where those are missing too."""
    out, archive = _local(folder_of(release)), _local(archive_of(release))
    if out is None or archive is None or not out.is_dir():
        return False
    # Two people may ask at once; each makes a file of its own, and they are equal.
    waiting = archive.with_name(f"{release.version}.partial-{secrets.token_hex(4)}.zip")
    with waiting.open("xb") as file:
        file.writelines(zipped(out, f"{release.project.slug}-{release.version}"))
    waiting.replace(archive)
    return True
