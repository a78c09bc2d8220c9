#!/usr/bin/env bash
# The clients that the tests hold the lab against. Installs (as root, Debian) only what is missing.
# swaks comes with the modules that Debian recommends beside it: that is the swaks that people have.
set -euo pipefail
wanted=(swaks libio-socket-inet6-perl libnet-dns-perl libnet-ssleay-perl curl)
command -v telnet >/dev/null || wanted+=(telnet)
missing=()
for package in "${wanted[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
