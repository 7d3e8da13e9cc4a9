"""Pictures, sheets, plots and tables that commands write."""
