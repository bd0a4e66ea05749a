"""cagelab-bridge: carries Alyx and object-store work for CageLab."""

__version__ = "0.1.0"
