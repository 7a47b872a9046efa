"""The streaming separator: samples in, buses out, a fixed number of samples later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rtiass.bundle import Bundle
from rtiass.engine import EngineSession
from rtiass.errors import UserError
from rtiass.gatemodes import GateModes
from rtiass.masks import MaskFrame, MaskSource, SyncMaskSource, as_source
from rtiass.mixer import Mixer
from rtiass.policy import POLICIES, Fallback
from rtiass.render import InputRing, Renderer
from rtiass.stft import ALL_MODES, DEFAULT_MODE, FRAME, MODES, RATE, Mode

SWITCH_GRID = 1024
"""A mode change begins at a multiple of this many samples, where the hops of all modes begin."""

SWITCH_FADE = 2048
"""Length of the cross-fade from the old mode's output to the new one's, in samples (46 ms)."""


def find_mode(name: str) -> Mode:
    """Mode of a name.

    Raises:
        UserError: There is none.
    """
    if name not in ALL_MODES:
        raise UserError(f"There is no mode '{name}'. Choose one of: {', '.join(MODES)}.")
    return ALL_MODES[name]


class StreamingSeparator:
    """Separates music block by block, at a fixed latency.

    The output is a pure function of the samples and of the calls between them: it does not depend on how the
    samples are cut into blocks. ``output[t]`` belongs to ``input[t - latency_samples]``.

    The audio hop and the network's period are two clocks: every hop applies the newest masks there are. Masks come from
    a mask source; the synchronous one, made here from an engine session, runs the network within ``process``.

    Attributes:
        mixer: The faders.
        gate_modes: Gates that are held open or closed by hand.
        stems: Stem names in the network's order.
        bus_names: Names of the outputs.
        channels: 1 or 2.
        late_masks: Number of masks that were not there at their hop.
        mask_age: Age of the masks in use beyond what the setting plans for, in samples; 0 when all is well.
        mask_delay: Hops by which masks are applied later than the frame they were computed from.
    """

    def __init__(
        self,
        bundle: Bundle,
        masks: EngineSession | MaskSource,
        *,
        mode: str = DEFAULT_MODE,
        channels: int = 2,
        buses: Mapping[str, Mapping[str, float]] | None = None,
        gate: str = "fast",
        mask_delay: int = 0,
        period: int | None = None,
        unheard: int = 0,
    ) -> None:
        """Make a separator.

        Args:
            bundle: The model's bundle: stems, gates, lookahead.
            masks: An engine session, run here, or a mask source (whose gate is its own).
            mode: Name of the mode.
            channels: 1 or 2.
            buses: Outputs as gains by stem; default one bus a stem.
            gate: ``fast``, ``strict`` or ``off``; of no effect with a mask source.
            mask_delay: Hops by which masks are applied later than the frame they were computed from.
            period: Mask period in samples, a multiple of the mode's hop; default the mode's own.
            unheard: How many of the last buses are only recorded: bypass and the policy for old masks pass them by.

        Raises:
            UserError: Something does not fit.
        """
        if channels not in (1, 2):
            raise UserError(f"The separator takes 1 or 2 channels, not {channels}.")
        _check_delay(mask_delay)
        self.stems = tuple(bundle.stems)
        self.channels = channels
        self.mixer = Mixer(self.stems, buses, unheard=unheard)
        self.gate_modes = GateModes(self.stems)
        self.bus_names = self.mixer.buses
        self.mask_delay = mask_delay
        self._source = as_source(bundle, masks, gate, mask_delay)
        # Whatever mode comes, the ring reaches back over a frame, its longest lookahead and a hop.
        reach = FRAME + self._source.lookahead * max(period or 0, 1024) + SWITCH_GRID
        self._ring = InputRing(channels, reach)
        self._closed = MaskFrame(len(self.stems))
        self._frame = self._closed
        self._fallback = Fallback()
        self._active = self._make_renderer(find_mode(mode), period)
        self._next: Renderer | None = None
        self._waiting: Renderer | None = None
        self._waiting_delay = mask_delay
        self._fade_start = 0
        ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(SWITCH_FADE) + 0.5) / SWITCH_FADE)
        self._fade_in = ramp.astype(np.float32)[:, None]
        self._fade_out = (np.float32(1.0) - ramp.astype(np.float32))[:, None]
        self._scratch = np.zeros((SWITCH_GRID, channels), np.float32)
        self._output = np.zeros((len(self.bus_names), 0, channels), np.float32)
        self._rehearse()
        self.reset()

    def _rehearse(self) -> None:
        """Run a hop on silence without the network, so that no loop is compiled or loaded while sound comes."""
        self._ring.write(np.zeros((1, self.channels), np.float32))
        self._active.analyse(self._ring, 0)
        self._active.magnitude()
        self._mask(self._active, lead=False)
        self._active.synthesise()

    def _make_renderer(self, mode: Mode, period: int | None = None) -> Renderer:
        if period is not None:
            if period <= 0 or period % mode.hop or period > SWITCH_GRID or SWITCH_GRID % period:
                raise UserError(
                    f"The mask period must be {mode.hop} times a power of two, at most {SWITCH_GRID} samples; "
                    f"{period} is not."
                )
            mode = replace(mode, period=period)
        lookahead = self._source.lookahead * mode.period
        return Renderer(mode, self.channels, len(self.bus_names), lookahead)

    # What can be asked

    @property
    def mode(self) -> Mode:
        """The mode that is heard; during a change still the old one."""
        return self._active.mode

    @property
    def latency_samples(self) -> int:
        """Delay from input to output in samples at 44.1 kHz, exact: the mode's window plus any lookahead."""
        return self._active.latency

    @property
    def switching(self) -> bool:
        """A change of mode is under way."""
        return self._next is not None or self._waiting is not None

    @property
    def activity(self) -> NDArray[np.float32]:
        """Activity probabilities of the masks in use, shape (stems,) float32."""
        return self._frame.activity

    @property
    def gates(self) -> NDArray[np.float32]:
        """Gate weights 0..1 of the masks in use, shape (stems,) float32."""
        return self.gate_modes.weights

    @property
    def masks(self) -> NDArray[np.float32]:
        """Masks in use before gates and faders, shape (stems, bins) float32."""
        return self._frame.masks

    @property
    def time(self) -> int:
        """Number of samples taken in since the start or the last reset."""
        return self._ring.time

    @property
    def next_hop(self) -> int:
        """Sample of the input at which what is set now begins to act: the end of the present hop."""
        hop = (self._next or self._active).mode.hop
        return (self.time // hop + 1) * hop

    # What can be set

    @property
    def policy(self) -> str:
        """What is heard when masks are too old: ``hold``, ``mix``, ``instrumental`` or ``mute``."""
        return self._fallback.policy

    @policy.setter
    def policy(self, name: str) -> None:
        if name not in POLICIES:
            raise UserError(f"There is no policy '{name}'. Choose one of: {', '.join(POLICIES)}.")
        self._fallback.policy = name

    @property
    def bypass(self) -> bool:
        """The delayed input is heard in place of the stems, at the same latency."""
        return self._fallback.bypass

    @bypass.setter
    def bypass(self, on: bool) -> None:
        self._fallback.bypass = on

    def set_mode(self, name: str, period: int | None = None, *, mask_delay: int | None = None) -> None:
        """Change the mode while playing, without a click.

        From the next multiple of 1024 samples on both modes run; once the new one's output is complete (its latency
        later), a cross-fade of 2048 samples leads over to it, and only then ``latency_samples`` changes. A second call
        during a change is carried out after it; of several waiting ones the last counts.

        Args:
            name: Mode name.
            period: Mask period in samples, default the mode's own.
            mask_delay: Hops by which masks lag from the change on, default as now. A mask source of your own must keep
                results for as long.

        Raises:
            UserError: Unknown mode, or a period or a delay that does not fit.
        """
        delay = self.mask_delay if mask_delay is None else mask_delay
        _check_delay(delay)
        renderer = self._make_renderer(find_mode(name), period)
        if isinstance(self._source, SyncMaskSource):
            self._source.reserve(delay + 2)
        running = self._next or self._active
        same = renderer.mode == running.mode and delay == self.mask_delay
        self._waiting, self._waiting_delay = (None if same else renderer), delay

    # Sound

    def process(self, block: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Take a block in and give as many samples out.

        Args:
            block: Shape (n, channels) float32, any n, full scale 1.0; for one channel (n,) will do.

        Returns:
            Each bus's samples, shape (n, channels) float32: views that hold until the next call.

        Raises:
            UserError: The shape does not fit.
        """
        block = np.asarray(block, np.float32)
        if block.ndim == 1:
            block = block[:, None]
        if block.ndim != 2 or block.shape[1] != self.channels:
            raise UserError(
                f"A block must have the shape (samples, {self.channels}); this one has {tuple(block.shape)}."
            )
        if self._output.shape[1] < len(block):
            self._output = np.zeros((len(self.bus_names), len(block), self.channels), np.float32)
        out = self._output[:, : len(block)]
        self.process_into(block, out)
        return dict(zip(self.bus_names, out, strict=True))

    def process_into(self, block: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """The audio path: as ``process``, into the caller's buffer.

        Args:
            block: Shape (n, channels) float32.
            out: Shape (buses, n, channels) float32, overwritten.
        """
        done, count = 0, len(block)
        while done < count:
            now = self._ring.time
            hop = self._active.mode.hop
            if self._next is not None:
                hop = min(hop, self._next.mode.hop)
            some = min(count - done, hop - now % hop)
            self._emit(now, out[:, done : done + some])
            self._ring.write(block[done : done + some])
            done += some
            if self._ring.time % hop == 0:
                self._tick()

    def flush(self) -> dict[str, NDArray[np.float32]]:
        """The last ``latency_samples`` of output, as ``process`` gives them for as much silence."""
        return self.process(np.zeros((self.latency_samples, self.channels), np.float32))

    def reset(self) -> None:
        """Forget all sound and all network states; faders, mode, policy and bypass stay as they are set."""
        if self.switching:
            if self._waiting is not None:
                self.mask_delay = self._waiting_delay
            self._active = self._waiting or self._next or self._active
            self._next = self._waiting = None
        self._ring.reset()
        self._active.reset()
        self._source.reset()
        self.snap()
        self._closed.clear()
        self._frame = self._closed
        self._due = np.full(self.mask_delay + 1, -1, np.int64)
        self._hops = 0
        self._led = 0
        self._last_tick = -1
        self._wanted = -1
        self.late_masks = 0
        self.mask_age = 0

    def snap(self) -> None:
        """End all ramps and fades at once: everything is where it is set."""
        self._fallback.reset()
        self.mixer.snap()
        self.gate_modes.reset()

    def _emit(self, now: int, out: NDArray[np.float32]) -> None:
        """Copy the finished samples of time ``now`` on, cross-faded during a change of mode."""
        count = out.shape[1]
        _copy_ready(self._active, now, out)
        if self._next is None or now < self._fade_start:
            return
        at = now - self._fade_start
        scratch = self._scratch[:count]
        start = now % self._next.mode.hop
        for bus, ready in enumerate(self._next.ready):
            out[bus] *= self._fade_out[at : at + count]
            np.multiply(ready[:, start : start + count].T, self._fade_in[at : at + count], out=scratch)
            out[bus] += scratch

    def _tick(self) -> None:
        """All that happens at the end of a hop."""
        now = self._ring.time
        if self._next is not None and now >= self._fade_start + SWITCH_FADE:
            self._active, self._next = self._next, None
        lead = self._next or self._active
        if now % lead.mode.hop == 0:
            self._lead(lead, now)
        if lead is not self._active and now % self._active.mode.hop == 0:
            self._active.analyse(self._ring, now)
            self._render(self._active, now, lead=False)
        if self._waiting is not None and self._next is None and now % SWITCH_GRID == 0:
            self._plan_masks(self._waiting, lead.mode.period)
            self._next, self._waiting = self._waiting, None
            # The first frame of the new mode ends one hop from now: from here on its samples are complete.
            self._fade_start = now + self._next.latency

    def _plan_masks(self, renderer: Renderer, old_period: int) -> None:
        """Masks due in the first hops of a new renderer: of steps of the old one, as far back as the delay says."""
        self.mask_delay = self._waiting_delay
        self._hops = 0
        self._due = np.full(self.mask_delay + 1, self._last_tick, np.int64)
        for hop in range(1, self.mask_delay + 1):
            # The last step's frame ends now, the one before it a period ago, and so on. Nothing goes back in time.
            back = (self.mask_delay - hop) * renderer.mode.hop
            self._due[hop] = max(self._wanted, self._last_tick - -(-back // old_period))

    def _lead(self, renderer: Renderer, now: int) -> None:
        """Run a hop of the renderer whose clock drives the network, the faders and the fades."""
        mode = renderer.mode
        renderer.analyse(self._ring, now)
        if now % mode.period == 0:
            self._last_tick += 1
            self._source.submit(renderer.magnitude(), self._last_tick, mode.period)
        self._due[self._hops % len(self._due)] = self._last_tick
        self._hops += 1
        wanted = int(self._due[self._hops % len(self._due)])
        frame = self._source.collect(wanted) if wanted >= 0 else None
        if frame is not None and frame.tick >= self._frame.tick:
            self._frame = frame
        missing = wanted > self._frame.tick
        self.mask_age = (wanted - self._frame.tick) * mode.period if missing else 0
        if missing and wanted > self._wanted:
            self.late_masks += 1
        self._wanted = wanted
        seconds = mode.hop / RATE
        self.mixer.advance(seconds)
        self.gate_modes.advance(self._frame.weights, seconds)
        self._fallback.advance(self.mask_age / RATE, seconds)
        self._led = now
        self._render(renderer, now, lead=True)

    def _render(self, renderer: Renderer, now: int, *, lead: bool) -> None:
        """Mask and transform back the frame whose first sample is put out next, as ``now`` comes in."""
        if not (self.mixer.moving or self.gate_modes.moving or self._fallback.moving):
            self._mask(renderer, lead=lead)
            renderer.synthesise()
            return
        # During a change of mode the other renderer's hops lie between those that the faders go by.
        begun = (now - self._led) / RATE
        for index, moment in enumerate(renderer.moments):
            for moved in (self.mixer, self.gate_modes, self._fallback):
                moved.look(begun + moment)
            self._mask(renderer, lead=lead and index == 0)
            renderer.add(index)
        renderer.finish()

    def _mask(self, renderer: Renderer, *, lead: bool) -> None:
        self.mixer.masks(self._frame.masks, self.gate_modes.weights, renderer.weights)
        self._fallback.apply(renderer, self.mixer, lead=lead)


def _copy_ready(renderer: Renderer, now: int, out: NDArray[np.float32]) -> None:
    start = now % renderer.mode.hop
    np.copyto(out, renderer.ready[:, :, start : start + out.shape[1]].transpose(0, 2, 1))


def _check_delay(mask_delay: int) -> None:
    if mask_delay < 0:
        raise UserError("The mask delay is a number of hops, 0 or more.")
