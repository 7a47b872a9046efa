"""Short runs that compare choices of network, loss and material, see ``offline_train/STUDY.md``."""
