"""The LAN door of a rig: mutual TLS only, for its peers only."""
