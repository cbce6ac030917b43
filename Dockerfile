# One image for the web server, the worker and `winnow migrate`.
#   docker build -t winnow .
#   docker run -p 8000:8000 -v winnow:/data winnow winnow up --host 0.0.0.0    (everything in one container)
# compose.yaml runs the parts apart.

FROM python:3.11.18-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/winnow
COPY requirements-build.lock requirements.lock /src/
RUN /opt/winnow/bin/pip install -q --require-hashes -r /src/requirements-build.lock -r /src/requirements.lock
COPY . /src
# The build needs nothing more from outside; afterwards neither pip nor setuptools is of use.
RUN /opt/winnow/bin/pip install -q --no-deps --no-build-isolation /src \
 && /opt/winnow/bin/pip uninstall -q -y setuptools pip

FROM python:3.11.18-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data winnow \
 && install -d -o winnow -g winnow -m 700 /data
COPY --from=build /opt/winnow /opt/winnow
ENV PATH=/opt/winnow/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WINNOW_DATA_DIR=/data \
    WINNOW_LOG_FORMAT=json
# The root file system may be read-only: only /data is written, and /tmp where it is a tmpfs.
VOLUME /data
WORKDIR /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["winnow", "serve", "--host", "0.0.0.0"]
