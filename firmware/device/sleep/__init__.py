"""Deep sleep, in which the memory is lost: what is kept in its place, and who takes the records meanwhile."""
