"""The subcommands of `ksql`, one file each."""
