"""`python -m attiqa_isp` is the command `attiqa`."""

from attiqa_isp.start import main

if __name__ == "__main__":
    main()
