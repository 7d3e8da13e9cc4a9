"""What a lens does, from elsewhere than the raw's own tags: lensfun's database, or numbers of one's own."""
