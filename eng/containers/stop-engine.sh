#!/bin/sh
# stop-engine.sh FOLDER: ends the engine that engine.sh started there, and waits until run-engine.sh has taken away what it leaves on the machine.
# What it has stored stays; the folder may be deleted.
set -eu

folder=$1
runner=$(cat "$folder/engine.pid")
! kill -0 "$runner" 2>/dev/null || kill "$(cat "$folder/docker.pid")"
while kill -0 "$runner" 2>/dev/null; do
  sleep 0.1
done
