# Shared by demo.sh and test.sh: finds a Python, installs system libraries where it may, keeps .venv up to date.
# POSIX sh; sourced from the repository root.

say() { printf '%s\n' "-- $*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Sets PYTHON to the first interpreter that is new enough.
find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            PYTHON=$candidate
            return
        fi
    done
    fail "Python 3.11 or newer is needed and was not found; install it (Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv; macOS: brew install python) or name it: PYTHON=/path/to/python3 $0"
}

# apt_install PACKAGE...: true if they could be installed without asking anybody for a password.
apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" -eq 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
        as_root="sudo -n"
    else
        return 1
    fi
    say "system packages: $*"
    # jackd2 asks a question while it is installed; this is its default answer.
    if command -v debconf-set-selections >/dev/null 2>&1; then
        echo "jackd2 jackd/tweak_rt_limits boolean false" | $as_root debconf-set-selections || return 1
    fi
    $as_root apt-get -o DPkg::Lock::Timeout=300 -qq update >/dev/null || say "apt-get update failed; trying with the lists at hand"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y \
        --no-install-recommends "$@" >/dev/null
}

have_portaudio() {
    [ "$(uname -s)" = Darwin ] && return 0 # the macOS wheel of sounddevice brings its own
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q 'libportaudio\.so\.2'
}

have_jack() { command -v jackd >/dev/null 2>&1; }

# The packages musdb and museval look for both programs when they are imported.
have_ffmpeg() { command -v ffmpeg >/dev/null 2>&1 && command -v ffprobe >/dev/null 2>&1; }

have_renderers() {
    command -v fluidsynth >/dev/null 2>&1 && command -v mma >/dev/null 2>&1 && [ -f "${SOUNDFONT:-/usr/share/sounds/sf2/TimGM6mb.sf2}" ]
}

have_lmms() {
    command -v lmms >/dev/null 2>&1
}

have_chromium() {
    for candidate in ${CHROMIUM:-} chromium chromium-browser google-chrome chrome; do
        command -v "$candidate" >/dev/null 2>&1 && return 0
    done
    return 1
}

# Leaves what the apt-get line of this machine would be, for messages.
need() { printf '%s' "install it by hand, on Debian or Ubuntu with: sudo apt-get install $*"; }

# make_venv: creates .venv if it is not there.
make_venv() {
    [ -x .venv/bin/python ] && return
    find_python
    if ! "$PYTHON" -c 'import ensurepip' >/dev/null 2>&1; then
        apt_install python3-venv || fail "Python's venv module is not complete; $(need python3-venv)"
    fi
    say "virtual environment .venv ($("$PYTHON" --version))"
    "$PYTHON" -m venv .venv
}

# The state that an install belongs to: the interpreter and the dependencies asked for.
fingerprint() { { .venv/bin/python --version && cat pyproject.toml .ci/setup.sh; } | cksum; }

# is_installed KIND: true if .venv was set up for KIND with the present pyproject.toml.
is_installed() { [ -f ".venv/.installed-$1" ] && [ "$(cat ".venv/.installed-$1")" = "$(fingerprint)" ]; }

mark_installed() { fingerprint >".venv/.installed-$1"; }

pip_install() { .venv/bin/python -m pip install -q --disable-pip-version-check "$@"; }
