"""What people do with MIT-Adobe FiveK: its download, and numbers that carry their protocol."""
