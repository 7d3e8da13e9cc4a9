"""What `attiqa doctor` says of this machine: installation, processors, memory, devices, codecs, models offline; data sets."""
