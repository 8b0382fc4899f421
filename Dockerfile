# One image for web, worker and migrations; docker-compose.yml says which command each runs.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RELEASE_ROOT=/data/releases \
    IMPORT_ROOT=/data/imports

RUN useradd --create-home --uid 1000 slantwise \
    && mkdir -p /data/releases /data/imports \
    && chown -R slantwise:slantwise /data

WORKDIR /app
# Without the libraries of further formats: docker build --build-arg LOCK=requirements.lock
ARG LOCK=requirements-formats.lock
COPY requirements.lock ./
COPY requirements-formats.lock ./
RUN pip install --no-cache-dir --require-hashes -r "$LOCK"
COPY manage.py ./
COPY config ./config
COPY spans ./spans
COPY agreement ./agreement
COPY corpus ./corpus
COPY annotate ./annotate
COPY release ./release
COPY templates ./templates
COPY fixtures ./fixtures
RUN mkdir var && chown slantwise:slantwise var

USER slantwise
VOLUME /data/releases /data/imports
EXPOSE 8000
CMD ["python", "manage.py", "serve", "--bind", "0.0.0.0", "--port", "8000"]
