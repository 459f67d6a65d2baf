"""The integrity drill: attacks on the split, played against the defences of the intake."""
