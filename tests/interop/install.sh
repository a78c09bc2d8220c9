#!/usr/bin/env bash
# What the conversations with real servers need, on Debian, as root. Installs only what is missing, and says nothing
# unless it fails.
#
# Debian's mail servers exclude one another: Postfix is installed, Exim and OpenSMTPD are only unpacked, each into a
# folder of its own below CACHE (tests/interop/servers reads them there). Nothing is started, nothing here reads mail.
set -euo pipefail

CACHE=/var/cache/smtpscope-interop
# nftables, iproute2 and tmux: for tests with network namespaces of their own and with a terminal.
PACKAGES=(postfix sasl2-bin libsasl2-modules dovecot-core dovecot-lmtpd dovecot-imapd swaks libnet-ssleay-perl curl telnet
    nftables iproute2 tmux msmtp python3-django)
UNPACKED=(exim4-daemon-light opensmtpd node-nodemailer)
# The binaries insist on these, even where they run as another user.
USERS=(Debian-exim opensmtpd opensmtpq)
POLICY=/usr/sbin/policy-rc.d

die() { echo "tests/interop/install.sh: $*" >&2; exit 1; }

# quietly COMMAND...: its output is shown only when it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || { echo "$output" >&2; die "failed: $*"; }
}

# apt COMMAND...: apt-get, which waits for another apt-get to end.
apt() { quietly apt-get -qq -y -o DPkg::Lock::Timeout=300 "$@"; }

# The lists have a lock that apt-get does not wait for.
update_lists() {
    [ -z "${updated:-}" ] || return 0
    for _ in 1 2 3 4 5; do
        apt-get update -qq >/dev/null 2>&1 && { updated=yes; return 0; }
        sleep 3
    done
    apt update
    updated=yes
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install PACKAGE...: those of them that are missing. Never removes a package that is there.
install() {
    local package missing=()
    for package in "$@"; do is_installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} -eq 0 ] && return 0
    update_lists
    # Without this, Postfix's own set-up would write a configuration and read this machine's name.
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    apt --no-remove --no-install-recommends install "${missing[@]}"
}

# No daemon may be started by an installation: Debian asks this script first, and 101 forbids.
forbid_services() {
    # One that is put aside already is that of a run which was killed.
    if [ -e $POLICY ] && [ ! -e $POLICY.smtpscope ]; then mv $POLICY $POLICY.smtpscope; fi
    trap allow_services EXIT
    printf '#!/bin/sh\nexit 101\n' >$POLICY
    chmod 755 $POLICY
}

allow_services() {
    rm -f $POLICY
    if [ -e $POLICY.smtpscope ]; then mv $POLICY.smtpscope $POLICY; fi
}

# The libraries that a package file asks for, by name: their names differ from one release of Debian to the next.
libraries_of() { dpkg-deb -f "$1" Depends | tr ',' '\n' | sed -n 's/^ *\(lib[^ |]*\).*/\1/p' | sed 's/:.*//'; }

# unpack PACKAGE: into CACHE/PACKAGE, whole or not at all.
unpack() {
    local folder
    [ -d "$CACHE/$1" ] && return 0
    update_lists
    folder=$(mktemp -d "$CACHE/new.XXXXXX")
    chmod 755 "$folder"
    (cd "$folder" && apt download "$1")
    # shellcheck disable=SC2046  # one word a library
    install $(libraries_of "$folder"/*.deb)
    dpkg-deb -x "$folder"/*.deb "$folder/root"
    mv "$folder/root" "$CACHE/$1"
    rm -r "$folder"
}

add_user() {
    id "$1" >/dev/null 2>&1 && return 0
    quietly useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$1"
}

[ "$(id -u)" = 0 ] || die "needs root: it installs packages, and the servers change their user"
command -v apt-get >/dev/null || die "needs apt-get: this is for Debian"
export DEBIAN_FRONTEND=noninteractive
mkdir -p $CACHE
chmod 755 $CACHE
exec 9>$CACHE/lock
flock 9 # one at a time
forbid_services
install "${PACKAGES[@]}"
command -v node >/dev/null || install nodejs # where a newer one is there already, Debian's would be in its way
for package in "${UNPACKED[@]}"; do unpack "$package"; done
for user in "${USERS[@]}"; do add_user "$user"; done
