"""Play live with the vocals turned down, from your own program: faders, modes and figures while it plays.

python examples/live.py [MODEL [SONG]]
"""

import sys
import time

from rtiass.errors import UserError
from rtiass.live.host import LiveHost
from rtiass.live.options import LiveOptions

SECONDS = 10


def main() -> None:
    """Fade the vocals down by 3 dB a second and print what the host tells."""
    model = sys.argv[1] if len(sys.argv) > 1 else None
    song = sys.argv[2] if len(sys.argv) > 2 else None
    options = LiveOptions(model=model, song=song, mode="tight")
    try:
        with LiveHost(options) as host:
            host.wait_until_playing()
            print(f"host latency: {host.latency()['host_samples']:.0f} samples")
            for second in range(SECONDS):
                host.control.set("/stem/vocals/gain", -3.0 * second)
                time.sleep(1)
                state = host.state
                print(
                    f"vocals {-3 * second} dB, late masks {state.get('late_masks')}, underruns {state.get('underruns')}"
                )
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
