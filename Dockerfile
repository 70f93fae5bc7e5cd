# One image for web, worker, beat and migrations; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home portal \
    && install --directory --owner portal --group portal /srv/var /srv/media

WORKDIR /srv/portal
ARG REQUIREMENTS=requirements.txt
COPY requirements*.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement "$REQUIREMENTS"

COPY . .
ENV PYTHONUNBUFFERED=1 VAR_DIR=/srv/var MEDIA_ROOT=/srv/media
USER portal
RUN python -c "import pathlib; from subsidies.fonts import cut_fonts; cut_fonts(pathlib.Path('/srv/var/fonts'))" \
    && SECRET_KEY=build FIELD_KEY=build DATABASE_URL=postgres:/// REDIS_URL=redis:// python manage.py collectstatic --noinput
EXPOSE 8000
