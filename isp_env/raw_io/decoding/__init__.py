"""All that touches the bytes of a stranger's file, without torch: it runs in a child process that may die of them (`sandbox`)."""
