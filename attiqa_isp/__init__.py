"""How the command starts: before anything is imported, whether the packages it is made of are ours. Of attiqa-isp."""
