"""Who acts: policies as data, tuners, training, benchmark. Of attiqa-isp."""
