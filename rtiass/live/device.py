"""Finding and opening the audio device through PortAudio, with errors that say what to do."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rtiass.errors import UserError

MAX_SANE_LATENCY = 5.0
"""Seconds. Drivers have been seen to report a day."""


class DeviceError(UserError):
    """A device, driver or server that isn't there or doesn't do what is asked."""


@dataclass(frozen=True)
class Device:
    """One entry of PortAudio's list.

    Attributes:
        index: PortAudio's number.
        name: Its name.
        api: Name of the host API, for example ``JACK Audio Connection Kit``.
        inputs: Largest number of input channels.
        outputs: Largest number of output channels.
        rate: Its default rate in hertz.
    """

    index: int
    name: str
    api: str
    inputs: int
    outputs: int
    rate: float


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep the noise of C libraries off the screen: ALSA and JACK write there when they find no hardware."""
    try:
        saved = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def portaudio() -> Any:
    """The sounddevice module.

    Raises:
        DeviceError: PortAudio or sounddevice isn't installed.
    """
    # PortAudio itself must not start a server that the user didn't start.
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    if sys.platform == "linux":
        _name_jack_client()
    try:
        with quiet_stderr():
            import sounddevice
    except OSError as error:
        raise DeviceError(
            "PortAudio isn't installed, so there is no way to the sound device. Install it (Debian and Ubuntu: "
            "'apt install libportaudio2', macOS: 'brew install portaudio'). Files can be separated without it: -o FILE."
        ) from error
    except ImportError as error:
        raise DeviceError("The package sounddevice isn't installed. Install it: 'pip install sounddevice'.") from error
    return sounddevice


def refresh(sd: Any) -> None:
    """Let PortAudio look again: its list is frozen when it starts."""
    with quiet_stderr():
        sd._terminate()
        sd._initialize()


def list_devices(sd: Any) -> list[Device]:
    """All devices that PortAudio sees."""
    apis = sd.query_hostapis()
    return [
        Device(
            index, d["name"], apis[d["hostapi"]]["name"], d["max_input_channels"], d["max_output_channels"],
            float(d["default_samplerate"]),
        )
        for index, d in enumerate(sd.query_devices())
    ]  # fmt: skip


def find(sd: Any, wanted: str | int | None, kind: str) -> Device:
    """The device of a name, part of a name or index; by default JACK's where a server runs, else the system's.

    Args:
        sd: The sounddevice module.
        wanted: Name, part of one, index, or None.
        kind: ``input`` or ``output``.

    Raises:
        DeviceError: There is none, or several fit.
    """
    devices = list_devices(sd)
    fit = [d for d in devices if (d.inputs if kind == "input" else d.outputs) > 0]
    if not fit:
        raise DeviceError(
            f"There is no audio {kind} device here. Connect one or start an audio server (JACK, PipeWire), then see "
            "'rtiass devices'. Without a device, a song can be separated into a file: rtiass karaoke SONG -o FILE."
        )
    if wanted is None:
        for api in sorted(sd.query_hostapis(), key=lambda a: "JACK" not in a["name"]):
            index = api[f"default_{kind}_device"]
            if "JACK" in api["name"] and index >= 0:
                return devices[index]
        index = sd.default.device[0 if kind == "input" else 1]
        return next((d for d in fit if d.index == index), fit[0])
    if isinstance(wanted, int) or wanted.isdigit():
        found = [d for d in fit if d.index == int(wanted)]
    else:
        name = wanted.lower()
        found = [d for d in fit if d.name.lower() == name] or [
            d for d in fit if all(part in f"{d.name} {d.api}".lower() for part in name.split())
        ]
        # The same card shows up under several host APIs: JACK first, then PortAudio's own order.
        found.sort(key=lambda d: "JACK" not in d.api)
    if not found:
        names = ", ".join(f"{d.index} {d.name}" for d in fit)
        raise DeviceError(f"There is no {kind} device '{wanted}'. There are: {names}.")
    return found[0]


def choose_rate(sd: Any, model_rate: int, rate: int | None, output: Device, wanted: dict[str, Any]) -> int:
    """The rate to open the device at: the one asked for, else the model's if the device takes it, else its own.

    Raises:
        DeviceError: The device refuses the rate asked for.
    """
    for candidate in [rate] if rate else [model_rate, round(output.rate)]:
        try:
            with quiet_stderr():
                for kind, parameters in wanted.items():
                    getattr(sd, f"check_{kind}_settings")(samplerate=candidate, dtype="float32", **parameters)
            return candidate
        except (sd.PortAudioError, ValueError) as error:
            reason = error
    raise DeviceError(
        f"The device '{output.name}' can't be opened at {rate or round(output.rate)} Hz with the channels asked for: "
        f"{reason}. See 'rtiass devices' for its channels and rate."
    )


def open_stream(
    sd: Any, *, input_device: Device | None, output_device: Device, channels: tuple[int, int], rate: int, block: int,
    address: int, user_data: int,
) -> Any:  # fmt: skip
    """Open a stream with a C callback.

    Args:
        sd: The sounddevice module.
        input_device: Where the sound comes from, or None.
        output_device: Where it goes.
        channels: Number of input and output channels.
        rate: In hertz.
        block: Samples a callback, 0 for the driver's own; anything else can cost a block of latency.
        address: Address of the callback.
        user_data: Address of its user data.

    Raises:
        DeviceError: The driver refuses.
    """
    pointer = sd._ffi.cast("PaStreamCallback*", address)
    common = {
        "samplerate": rate, "blocksize": block, "callback": pointer, "wrap_callback": None,
        "userdata": sd._ffi.cast("void*", user_data), "clip_off": True, "dither_off": True,
    }  # fmt: skip
    try:
        with quiet_stderr():
            if input_device is None:
                return sd._StreamBase(
                    kind="output", device=output_device.index, channels=channels[1], dtype="float32",
                    latency="low", **common,
                )  # fmt: skip
            return sd._StreamBase(
                kind="duplex", device=(input_device.index, output_device.index), channels=channels,
                dtype=("float32", "float32"), latency=("low", "low"), **common,
            )  # fmt: skip
    except (sd.PortAudioError, ValueError) as error:
        raise DeviceError(
            f"The device '{output_device.name}' can't be opened: {error}. Close other programs that use it, or choose "
            "another with --output and --input (see 'rtiass devices')."
        ) from error


def driver_latency(stream: Any, duplex: bool) -> tuple[float, float]:
    """The driver's own figures for input and output in seconds; not a number where they make no sense."""
    values = stream.latency if duplex else (0.0, stream.latency)
    return tuple(v if 0.0 <= v <= MAX_SANE_LATENCY else math.nan for v in values)  # type: ignore[return-value]


def _name_jack_client() -> None:
    """Appear as ``rtiass`` in JACK's patch bay: said before PortAudio starts, which keeps the pointer."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libportaudio.so.2").PaJack_SetClientName(_JACK_NAME)


_JACK_NAME = ctypes.create_string_buffer(b"rtiass")
