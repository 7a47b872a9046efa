"""The recipe of the demo song that is shipped with the package.

``python -m offline_train.demo_song DATA OUT`` plays a band of sampled instruments under the traditional song
"Antagata Dokosa" and writes the four stems, their mixture and the shipped file into ``OUT``.
``python -m offline_train.demo_song.measure OUT`` measures timing, tuning and levels of what was made.
"""
