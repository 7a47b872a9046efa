"""The example that ``rtiass rig new`` writes: every table and key, most of them commented out."""

EXAMPLE = """\
# A rig for rtiass: everything that a show needs. Start it with: rtiass live --rig THIS_FILE
# See what is wrong before the show with: rtiass rig check THIS_FILE
# Every table and every key may be left out. Files are looked for beside this one. Options of the command go over it.

[model]
# name = "band"                 # a shipped model (see 'rtiass models'), or "folder/of/a/bundle"
# engine = "auto"               # see 'rtiass engines'
mode = "live"                   # studio, live, tight, ultra, instant: the longer, the cleaner
gate = "fast"                   # fast, strict, off
policy = "mix"                  # when the network is late for long: hold, mix, instrumental, mute
# mask_delay = 1                # hops; left out, it is measured at the start

[audio]
# input = "Scarlett"            # a name, a part of it, or a number (see 'rtiass devices')
# output = "Scarlett"
# input_channels = [1, 2]       # left and right; one alone for mono
# rate = 48000
# block = 0                     # 0: the driver's own
# headroom = 256                # samples
# awake = true                  # the processor never sleeps: less is late, more heat (Linux)

[outputs]                       # a stem, mix, karaoke or instrumental, and one or two channels
mix = [1, 2]
# vocals = [3, 4]

# [play]
# song = "songs/first.flac"     # in place of the input
# vocals = -12                  # dB, "25%" or "off"

[scenes]
file = "show.scenes.toml"       # made at the first save
# recall = "Start"              # to begin with
# seconds = 2                   # time of morphs

# [setlist]
# file = "show.setlist.toml"    # songs that come in live, or files that play one after the other

# [midi]
# map = "auto"                  # or a map's name, a mapping file, or a list of those

# [osc]
# address = "127.0.0.1"         # "0.0.0.0": all of this machine's
# port = 9000

# [remote]
# address = "0.0.0.0"           # for telephones; it is paired by a code
# port = 8700

# [record]
# folder = "takes"

[start]                         # any parameter, before a scene is recalled
# "/stem/vocals/gain" = -6.0
# "/gate/drums/mode" = "open"
"""
