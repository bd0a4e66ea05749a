"""What an Alyx database needs for CageLab, and how far it has it."""
