# The service and every verb but private training, in an image without a compiler, for a user who is not root.
#   docker build -t proffer .
#   docker run --read-only --tmpfs /tmp -v proffer-home:/home/proffer/data -p 8000:8000 proffer \
#     serve --host 0.0.0.0 --public-key /home/proffer/data/keys/idp.pem --issuer https://idp.example
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/proffer \
 && /opt/proffer/bin/pip install --no-cache-dir --no-deps --no-compile -r requirements.lock
COPY composition composition
COPY data data
COPY features features
COPY privacy privacy
COPY proffer proffer
COPY recommender recommender
COPY rendering rendering
COPY serving serving
COPY sweep sweep
COPY training training
RUN /opt/proffer/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/proffer/bin/python -m compileall -q /opt/proffer/lib

FROM python:3.11-slim
# libgomp1: LightGBM's threads.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 proffer \
 && install --directory --mode=700 --owner=proffer --group=proffer /home/proffer/data
COPY --from=build /opt/proffer /opt/proffer
USER proffer
# The home is the one place that is written to; numba keeps its compiled kernels there too, so that the root stays read-only.
ENV PATH=/opt/proffer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PROFFER_HOME=/home/proffer/data \
    NUMBA_CACHE_DIR=/home/proffer/data/cache/numba
VOLUME /home/proffer/data
EXPOSE 8000
HEALTHCHECK --interval=30s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=5)"]
ENTRYPOINT ["proffer"]
CMD ["--help"]
