"""Documents that leave the house: statements, spreadsheets, bank files."""
