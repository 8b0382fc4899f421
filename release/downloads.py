"""The archive of a built release as an answer: whole, a part, or nothing new."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from release.models import Release
from release.ranges import UnsatisfiableRangeError, asked_range, pieces
from release.storage import archive_of, restore_archive, store


def archive_response(request: HttpRequest, release: Release) -> HttpResponseBase:
    """The release as one .zip, the same bytes every time; a broken download goes on where it stopped.

    Raises Http404 where its files are gone.
    """
    name = archive_of(release)
    if not store().exists(name) and not restore_archive(release):
        raise Http404("The files of this release are not where they should be.")
    size = store().size(name)
    tag = f'"{release.sha256}"'
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
        content_type="application/zip",
        headers=headers,
    )
