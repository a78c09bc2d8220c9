#!/usr/bin/env bash
# The clients that the tests hold the lab against. Installs (as root, Debian) only what is missing.
set -euo pipefail
missing=()
for program in telnet swaks curl; do
    command -v "$program" >/dev/null || missing+=("$program")
done
[ ${#missing[@]} -eq 0 ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
