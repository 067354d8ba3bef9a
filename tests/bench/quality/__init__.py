"""What the gate ships, beside the other candidates and beside what the field would use."""
