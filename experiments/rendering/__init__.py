"""The render run: raws found, pictures placed, recipes beside them; goes on where it was stopped, and loses nothing."""
