"""What a file may cost us. Each limit says why it is what it is."""

FILE_BYTES_MAX = 2 * 2**30  # a batch travels as one file; 2 GiB takes minutes, not hours
UNPACKED_BYTES_MAX = 4 * 2**30  # what a 2 GiB gzip of numbers honestly unpacks to is less
UNPACKED_RATIO_MAX = 100  # CSV of real data packs 3 to 30 times, a bomb 1,000 times
UNPACKED_BYTES_FREE = 64 * 2**20  # below this the ratio does not matter
ROWS_MAX = 50_000_000  # 2 GiB of nine short numbers are 44 million; 16 bytes of digest each
COLUMNS_MAX = 1_000
HEADER_BYTES_MAX = 64 * 1024  # 1,000 names of 64 bytes
LINE_BYTES_MAX = 1024 * 1024  # the parser holds whole lines
CELL_CHARACTERS_MAX = 1_000  # identities and labels; numbers are far shorter
ISSUES_MAX = 1_000  # enough to see the pattern; more are counted, not listed
VALUE_SHOWN_CHARACTERS = 40  # a shortened value, so that a receipt is not a copy of the data
TEXT_BYTES_MAX = 64 * 2**20  # a text of 10 million words; it is held in memory
CHUNK_ROWS = 65_536  # rows checked at once: 9 numbers each are 5 MB
BLOCK_BYTES = 4 * 2**20  # read and parsed at once; four times the longest line
