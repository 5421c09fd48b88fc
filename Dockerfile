# syntax=docker/dockerfile:1
# One image for the API (`serve`), the workers (`work`) and the migrations (`migrate`).

FROM python:3.11-slim AS wheel
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN python -m venv /tools && /tools/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY cli cli
COPY cypher cypher
COPY engine engine
COPY graph graph
COPY local local
COPY seed seed
RUN /tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels .

FROM python:3.11-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements-run.lock ./
RUN python -m venv /opt/wayline && /opt/wayline/bin/pip install --quiet --require-hashes -r requirements-run.lock
COPY --from=wheel /wheels /wheels
RUN /opt/wayline/bin/pip install --quiet --no-deps /wheels/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/wayline wayline
COPY --from=packages /opt/wayline /opt/wayline
ENV PATH=/opt/wayline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WAYLINE_HOST=0.0.0.0 \
    WAYLINE_PORT=8000 \
    WAYLINE_DATA_DIR=/var/lib/wayline/data \
    WAYLINE_LOG_FORMAT=json
WORKDIR /var/lib/wayline
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["wayline"]
CMD ["serve"]
