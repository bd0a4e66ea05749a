"""A store on an SMB share: a file server of the lab, signed and encrypted, by smbprotocol."""
