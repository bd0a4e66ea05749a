"""Who this bridge is, and whom it trusts: certificates, device ids, the trust list."""
