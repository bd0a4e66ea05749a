"""Who is logged in, what may be asked for, which secrets are held."""
