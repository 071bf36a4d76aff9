"""`python -m ksql` is the `ksql` command."""

from ksql.cli import main

if __name__ == "__main__":
    main()
