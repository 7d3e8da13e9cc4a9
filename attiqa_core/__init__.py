"""Image quality: photos, networks, judges, and what stands below every package. Of attiqa-isp."""
