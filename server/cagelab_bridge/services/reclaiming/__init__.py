"""Files that leave this computer because the store holds them for certain."""
