"""What people do with MIT-Adobe FiveK: its download."""
