#!/bin/sh
# System packages, then tools/setup.py under a Python that fits.
#
# POSIX sh alone, since a fresh machine has no Python. Looks for what is needed and not for package names, so it is quick
# when nothing is lacking and content with a PostgreSQL or Python of another origin. Three ways to what is lacking:
# root or sudo install it; without either (or with ROOTLESS=1) the packages are unpacked into .devdb/apt.

set -eu

goal=${1:?run, test or setup}
root=$(cd "$(dirname "$0")/.." && pwd)
unpacked=$root/.devdb/apt
log=$root/var/setup/packages.log
SETUP_STARTED=${SETUP_STARTED:-$(date +%s)}
export SETUP_STARTED

say() { printf '[%3d s] %s\n' "$(($(date +%s) - SETUP_STARTED))" "$*"; }

# --- what is here -----------------------------------------------------------------------------------------------------

# pip is run from its wheel, which Python brings along or Debian keeps in a package of its own.
fits() {
    "$1" -c '
import glob, importlib.util, ssl, sys, venv
has_pip = importlib.util.find_spec("ensurepip") or any(glob.glob(place + "/pip-*.whl") for place in sys.argv[1:])
sys.exit(not ((3, 11) <= sys.version_info < (3, 14) and has_pip))' \
        /usr/share/python-wheels "$unpacked/usr/share/python-wheels" 2>/dev/null
}

find_python() {
    for python in python3 python3.13 python3.12 python3.11 /usr/bin/python3 "$unpacked/usr/bin/python3"; do
        if fits "$python"; then command -v "$python" && return; fi
    done
    return 1
}

has_postgis() {
    for control in /usr/share/postgresql/*/extension/postgis.control "$unpacked"/usr/share/postgresql/*/extension/postgis.control \
        "$(pg_config --sharedir 2>/dev/null)"/extension/postgis.control; do
        [ ! -e "$control" ] || return 0
    done
    return 1
}

has_chromium() { [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || [ -x "$unpacked/bin/chromium" ]; }

has_chinese_font() {
    for font in /usr/share/fonts/*/noto/NotoSansCJK* "$unpacked"/usr/share/fonts/*/noto/NotoSansCJK*; do
        [ ! -e "$font" ] || return 0
    done
    [ -n "$(fc-list :lang=zh 2>/dev/null)" ]
}

has_library() {
    for library in /usr/lib/*/"$1" /usr/lib64/"$1" "$unpacked"/usr/lib/*/"$1"; do
        [ ! -e "$library" ] || return 0
    done
    return 1
}

lacking() {
    find_python >/dev/null || echo python3 python3-venv
    [ -n "${DATABASE_URL:-}" ] || has_postgis || echo postgis
    has_chinese_font || echo fonts-noto-cjk # door plates are printed with it
    [ "$goal" = test ] || return 0
    has_library libatomic.so.1 || echo libatomic1 # Playwright's own Node wants it
    has_chromium || echo chromium
}

# --- how to get it ----------------------------------------------------------------------------------------------------

may_be_root() {
    [ -z "${ROOTLESS:-}" ] || return 1
    [ "$(id -u)" != 0 ] || return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return
    [ -t 0 ] && say "sudo is asked for, to install packages; Ctrl-D unpacks them here without it" && sudo -v
}

as_root() {
    if [ "$(id -u)" = 0 ]; then env "$@"; else sudo env "$@"; fi
}

# Ubuntu has Chromium as a snap alone, which neither a container nor a folder can hold: setup.py says what goes without.
is_packaged() { apt-cache $apt_options policy "$1" | grep -q 'Candidate: [0-9]'; }

# The newest PostGIS that this release has; each release has one PostgreSQL.
named() {
    for package in "$@"; do
        if [ "$package" = postgis ]; then
            apt-cache $apt_options search --names-only '^postgresql-[0-9]+-postgis-3$' | sort -t- -k2 -n | tail -n 1 | cut -d' ' -f1
        elif [ "$package" != chromium ] || is_packaged chromium; then
            echo "$package"
        fi
    done
}

in_words() {
    for package in "$@"; do
        case $package in
            python3) ;;
            python3-venv) echo "Python 3.11 to 3.13 with venv" ;;
            postgis) echo "PostgreSQL with PostGIS" ;;
            libatomic1) echo "libatomic" ;;
            fonts-noto-cjk) echo "Noto Sans CJK" ;;
            *) echo "$package" ;;
        esac
    done | sed 's/$/,/' | tr '\n' ' ' | sed 's/, $//'
}

# Run with the output in the log; on a terminal its last line is shown while it goes on.
watched() {
    ticker=
    if [ -t 1 ]; then
        (while sleep 1; do printf '\r[%3d s]   %.70s\033[K' "$(($(date +%s) - SETUP_STARTED))" "$(tail -n 1 "$log")"; done) &
        ticker=$!
        trap 'kill $ticker 2>/dev/null' EXIT
    fi
    status=0
    "$@" >>"$log" 2>&1 || status=$?
    if [ -n "$ticker" ]; then kill "$ticker" 2>/dev/null; trap - EXIT; printf '\r\033[K'; fi
    if [ "$status" != 0 ]; then
        tail -n 20 "$log" >&2
        say "this failed: $*"
        exit 1
    fi
}

install() {
    say "System packages: reading the lists"
    watched as_root apt-get update
    packages=$(named "$@")
    [ -n "$packages" ] || return 0
    say "System packages:" $packages
    # Debian would make and start a cluster of its own beside ours.
    if [ ! -e /etc/postgresql-common ]; then
        as_root sh -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf'
    fi
    watched as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
        -o Dpkg::Options::=--force-confold $packages
}

unpack() {
    if [ ! -e /usr/share/zoneinfo/UTC ]; then
        echo "This machine has no time zones, which PostgreSQL reads from /usr/share alone: its administrator must install tzdata." >&2
        exit 1
    fi
    mkdir -p "$unpacked/lists/partial" "$unpacked/archives/partial"
    apt_options="-o Dir::State::lists=$unpacked/lists -o Dir::Cache::archives=$unpacked/archives -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 -o APT::Sandbox::User="
    say "System packages, unpacked into .devdb/apt since there is no root: reading the lists"
    watched apt-get $apt_options update
    packages=$(named "$@")
    [ -n "$packages" ] || return 0
    say "System packages:" $packages
    watched apt-get $apt_options install -y --no-install-recommends --download-only $packages
    for deb in "$unpacked"/archives/*.deb; do
        watched dpkg-deb -x "$deb" "$unpacked"
        rm "$deb"
    done
    make_usable
}

# What the packages' own scripts would have done, and the environment that unpacked programs need.
make_usable() {
    libraries=$(ls -d "$unpacked"/usr/lib/*-linux-gnu* | head -n 1)
    paths=$libraries:$unpacked/lib/${libraries##*/}:$libraries/blas:$libraries/lapack:$libraries/pulseaudio
    for real in "$unpacked"/usr/bin/python3.[0-9] "$unpacked"/usr/bin/python3.[0-9][0-9]; do
        if [ -f "$real" ] && [ ! -e "$real.real" ]; then
            mv "$real" "$real.real"
            # exec -a keeps the name it was called by, by which Python finds the virtual environment.
            wrapper "$real" "exec -a \"\$0\" '$real.real' \"\$@\""
        fi
    done
    if [ -x "$unpacked/usr/lib/chromium/chromium" ]; then
        mkdir -p "$unpacked/bin"
        fonts_here
        wrapper "$unpacked/bin/chromium" "export FONTCONFIG_FILE='$unpacked/fonts.conf'
exec '$unpacked/usr/lib/chromium/chromium' \"\$@\""
    fi
    for control in "$unpacked"/usr/share/postgresql/*/extension/postgis*-3.control; do
        [ ! -e "$control" ] || cp "$control" "${control%-3.control}.control"
    done
}

wrapper() {
    printf '#!/bin/bash\nexport LD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\n%s\n' "$paths" "$2" >"$1"
    chmod +x "$1"
}

fonts_here() {
    cat >"$unpacked/fonts.conf" <<XML
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>$unpacked/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>$unpacked/fontcache</cachedir>
</fontconfig>
XML
}

# --- do it ------------------------------------------------------------------------------------------------------------

mkdir -p "$root/var/setup"
apt_options=
wanted=$(lacking)
if [ -n "$wanted" ]; then
    : >"$log"
    if ! command -v apt-get >/dev/null; then
        echo "This machine has no apt, so please install by its own means: $(in_words $wanted)." >&2
        exit 1
    fi
    if may_be_root; then install $wanted; else unpack $wanted; fi
fi

exec "$(find_python)" "$root/tools/setup.py" "$goal"
