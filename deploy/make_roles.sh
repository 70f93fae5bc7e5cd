#!/bin/sh
# Run once by the image of PostgreSQL, on a new database.
PGPASSWORD=$POSTGRES_PASSWORD psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /deploy/roles.sql
