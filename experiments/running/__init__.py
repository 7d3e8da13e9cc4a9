"""What surrounds every command: its words, its folders and how it stands there, signals, streams, and mistakes as one sentence."""
