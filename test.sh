#!/bin/sh
# Sets everything up, then runs all checks: lint, format, types, tests. Options are passed on to pytest.
set -eu
cd "$(dirname "$0")"
. ./.ci/setup.sh

make_venv
if [ "$(uname -s)" = Linux ]; then
    missing=""
    have_portaudio || missing="libportaudio2"
    have_jack || missing="$missing jackd2"
    have_ffmpeg || missing="$missing ffmpeg"
    have_renderers || missing="$missing fluidsynth mma timgm6mb-soundfont"
    have_lmms || missing="$missing lmms"
    # shellcheck disable=SC2086  # a list of words
    if [ -n "$missing" ] && ! apt_install $missing; then
        say "missing:$missing; the tests that need it are skipped; $(need $missing)"
    fi
    # By itself: where this package can't be had, the others can.
    if ! have_chromium && ! apt_install chromium; then
        say "missing: chromium; the tests of the web remote's page are skipped; $(need chromium)"
    fi
else
    have_jack || say "no jackd on this machine: the tests that need a JACK server are skipped"
fi
if ! is_installed test; then
    say "Python packages (some minutes, once)"
    pip_install torch==2.13.0 || say "torch 2.13.0 is not to be had for this machine; taking the one that is"
    pip_install -e ".[dev,train,render,plot]"
    # Without torchaudio, which it asks for and does not use, and which need not fit this PyTorch.
    pip_install --no-deps "openunmix>=1.3" || say "missing: openunmix; the tests that need it are skipped"
    # Compiles networks for NVIDIA cards on any processor, but is made for few systems.
    pip_install -e ".[tensorrt-rtx]" || say "TensorRT for RTX is not to be had for this machine; its tests are skipped"
    mark_installed test
fi

failed=""
check() {
    say "$*"
    .venv/bin/python -m "$@" || failed="$failed '$*'"
}
check ruff check
check ruff format --check
check mypy
if [ $# -gt 0 ]; then
    check pytest -rs "$@"
else
    # What plays in real time on a JACK server has the machine for itself; the rest takes two cores.
    check pytest -rs -m "jack and not slow and not gpu"
    check pytest -rs -m "not jack and not slow and not gpu" -n 2 --dist worksteal
fi
[ -z "$failed" ] || fail "failed:$failed"
