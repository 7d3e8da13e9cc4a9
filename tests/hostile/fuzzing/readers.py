"""Every reader of files, by its name."""

from hostile.fuzzing import of_ours, of_pictures, of_tables, of_texts, of_votes
from hostile.fuzzing.reader import Reader

READERS: dict[str, Reader] = {
    each.name: each for room in (of_pictures, of_tables, of_texts, of_votes, of_ours) for each in room.READERS
}
