"""The files of an import: named ones, those in directories, those packed in zip archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from annotate.doors.records import BadFileError

MOST_BYTES = 512 << 20
MOST_PACKED = 100_000
# An archive that unpacks to more than this many times its size is no archive of annotations.
MOST_RATIO = 200
_NOWHERE = PurePosixPath()


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file: ``name`` for messages, ``path`` its place below what was named, with / between the parts."""

    name: str
    path: PurePosixPath
    content: bytes
    named: bool = False
    """Whether somebody named this very file, so that its ending does not matter."""

    @property
    def folders(self) -> list[str]:
        """The names of the directories it lies in, the nearest first, each also without its ending."""
        names = [part for part in reversed(self.path.parts[:-1]) if part not in ("/", "_")]
        return list(dict.fromkeys(name for part in names for name in (part, PurePosixPath(part).stem)))

    @property
    def folder(self) -> str:
        """The name of the directory it lies in, or nothing."""
        return self.path.parent.name


def files_of(paths: Sequence[Path]) -> Iterator[InputFile | BadFileError]:
    """Every file, directories and archives looked through in the order of their names.

    Hidden files and those of macOS archives are passed over. Raises OSError for a path that cannot be read.
    """
    for path in paths:
        if path.is_dir():
            for inner in sorted(p for p in path.rglob("*") if p.is_file()):
                relative = inner.relative_to(path)
                if not any(_is_hidden(part) for part in relative.parts):
                    # The directory's own name counts: it may be the annotator's.
                    yield from _read(inner, PurePosixPath(path.resolve().name, *relative.parts))
        else:
            folder = path.resolve().parent
            yield from _read(path, PurePosixPath(folder.name, path.name), named=True)
            for beside in _companions(path):
                if beside.is_file() and beside not in paths:
                    yield from _read(beside, PurePosixPath(folder.name, beside.name))


def uploaded(name: str, content: bytes) -> Iterator[InputFile | BadFileError]:
    """An uploaded file, or those of an uploaded archive; a browser tells no directories."""
    if name.lower().endswith(".zip"):
        yield from unpacked(name, content)
    else:
        yield InputFile(name, PurePosixPath(PurePosixPath(name).name or "file"), content, named=True)


def unpacked(
    name: str, content: bytes, below: PurePosixPath = _NOWHERE, *, nested: bool = True
) -> Iterator[InputFile | BadFileError]:
    """The files of a zip archive, at ``below``, and those of archives in it: INCEpTION packs each person's XMI."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > MOST_PACKED:
                yield BadFileError("", "too_many_files", f"{name} holds {len(entries):,} files; pack fewer together.")
                return
            total = 0
            for entry in sorted(entries, key=lambda entry: entry.filename):
                path = PurePosixPath(entry.filename)
                if any(_is_hidden(part) for part in path.parts):
                    continue
                with archive.open(entry) as stream:
                    inner = stream.read(MOST_BYTES - total + 1)
                total += len(inner)
                if total > min(MOST_BYTES, max(MOST_RATIO * len(content), 1 << 20)):
                    yield BadFileError(
                        "", "too_large", f"{name} unpacks to far more than it holds. Unpack it yourself."
                    )
                    return
                if nested and path.suffix.lower() == ".zip":
                    yield from unpacked(f"{name}/{path}", inner, below / path, nested=False)
                else:
                    yield InputFile(f"{name}/{path}", below / path, inner)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        # RuntimeError: a password; NotImplementedError: a way of packing that is not known.
        yield BadFileError("", "bad_zip", f"{name} cannot be unpacked: {error}. Unpack it and name the files.")


def _companions(path: Path) -> list[Path]:
    """What a file cannot be read without."""
    if path.suffix == ".ann":
        return [path.with_suffix(".txt")]
    return [path.with_name("TypeSystem.xml")] if path.suffix == ".xmi" else []


def _read(path: Path, relative: PurePosixPath, *, named: bool = False) -> Iterator[InputFile | BadFileError]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        yield BadFileError(
            "", "too_large", f"{path} has {size >> 20:,} MB; split it into files below {MOST_BYTES >> 20}."
        )
        return
    content = path.read_bytes()
    if path.suffix.lower() == ".zip":
        # Within a directory the archive's place may say which document it is of.
        yield from unpacked(str(path), content, _NOWHERE if named else relative)
    else:
        yield InputFile(str(path), relative, content, named)


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"
