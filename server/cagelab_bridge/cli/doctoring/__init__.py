"""What `doctor` looks at: one file for each thing that can go wrong, each a function of the patient."""
