#!/bin/sh
# Sets everything up and plays the demo song with its vocals turned down.
# Options are passed on to `rtiass demo`. Run it again whenever you like: the set-up is kept.
set -eu
cd "$(dirname "$0")"
. ./.ci/setup.sh

make_venv
if ! have_portaudio && ! apt_install libportaudio2; then
    say "PortAudio is missing, so there will be no live sound; $(need libportaudio2)"
fi
if ! is_installed demo && ! is_installed test; then
    say "Python packages (a minute or two, once)"
    pip_install -e ".[plot]"
    mark_installed demo
fi
exec .venv/bin/rtiass demo "$@"
