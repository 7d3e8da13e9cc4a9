"""What people run: one module for each command. Of attiqa-isp."""
