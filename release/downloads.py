"""The archive of a built release, or one of its files, as an answer: whole, a part, or nothing new."""

from pathlib import PurePosixPath

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from release.manifest import MANIFEST
from release.models import Release
from release.ranges import UnsatisfiableRangeError, asked_range, pieces
from release.storage import archive_of, folder_of, restore_archive, store

TYPES = {
    ".jsonl": "application/jsonl",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".cff": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".parquet": "application/vnd.apache.parquet",
}
OTHER_TYPE = "application/octet-stream"


def archive_response(request: HttpRequest, release: Release) -> HttpResponseBase:
    """The release as one .zip, the same bytes every time; a broken download goes on where it stopped.

    Raises Http404 where its files are gone.
    """
    name = archive_of(release)
    if not store().exists(name) and not restore_archive(release):
        raise Http404("The files of this release are not where they should be.")
    return _stored(request, name, sha256=release.sha256, content_type="application/zip")


def file_response(request: HttpRequest, release: Release, path: str) -> HttpResponseBase:
    """One file that the manifest names, or the manifest itself, to be saved. Raises Http404 for every other path."""
    hashes = {file["path"]: file["sha256"] for file in release.manifest.get("files", ())}
    sha256 = {**hashes, MANIFEST: release.sha256}.get(path)
    name = f"{folder_of(release)}/{path}"
    if sha256 is None or not store().exists(name):
        raise Http404("The release has no such file.")
    content_type = TYPES.get(PurePosixPath(path).suffix, OTHER_TYPE)
    return _stored(request, name, sha256=sha256, content_type=content_type)


def _stored(request: HttpRequest, name: str, *, sha256: str, content_type: str) -> HttpResponseBase:
    size = store().size(name)
    tag = f'"{sha256}"'
    headers = {
        "Content-Disposition": f'attachment; filename="{name.rpartition("/")[2]}"',
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": "private, no-cache",
    }
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    try:
        asked = asked_range(request.headers.get("Range"), size, unchanged=request.headers.get("If-Range", tag) == tag)
    except UnsatisfiableRangeError:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end = asked or (0, size)
    headers["Content-Length"] = str(end - start)
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return StreamingHttpResponse(
        pieces(lambda: store().open(name), start, end),
        status=206 if asked else 200,
        content_type=content_type,
        headers=headers,
    )
