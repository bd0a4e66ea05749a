"""cagelab-bridge: carries Alyx and object-store work for CageLab."""
