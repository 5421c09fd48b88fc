#!/usr/bin/env bash
# Run by the PostgreSQL image once, on an empty volume. The engine's role is not the superuser: that one passes by
# row-level security.
set -euo pipefail

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set "password=$WAYLINE_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE wayline LOGIN PASSWORD :'password';
CREATE DATABASE wayline OWNER wayline;
SQL
