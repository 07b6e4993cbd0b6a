#!/usr/bin/env bash
# Before the first release the model has one migration: write it again from the models.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=exigible/store/migrations
mkdir -p /tmp/exigible-migrations
mv $folder/0002_guards.py /tmp/exigible-migrations/
rm -f $folder/0001_initial.py
trap 'mv /tmp/exigible-migrations/0002_guards.py '$folder'/' EXIT
DJANGO_SETTINGS_MODULE=exigible.settings .venv/bin/python -m django makemigrations store -n initial | tail -1
