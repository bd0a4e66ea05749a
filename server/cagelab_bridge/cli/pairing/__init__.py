"""Pairing by way of ssh: two public certificates are exchanged where nobody else can write.

The control PC runs `cagelab-bridge pair-answer` on the rig through the user's own ssh, and both talk in lines of JSON:

    control PC                                   rig
    offer    its certificate and name       →    checked
                                            ←    answer    its certificate, port, whether its bridge runs
    checked, and the peer kept
    confirm  the fingerprint it has seen    →    the peer kept
                                            ←    kept
    a call over mutual TLS, if the bridge there runs
    done                                    →
                                            ←    bye

Nothing in it is secret, so nothing can leak, expire or be guessed; what makes it safe is ssh alone. If anything goes
wrong before the last line, both sides are as they were.
"""
