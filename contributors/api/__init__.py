"""The API of contributors: one module per noun; each view makes one call to the domain."""
