"""Web remote: the control state on a page for phones and browsers. See docs/remote.md."""
