"""The interactive prompt: input, completion, colours, commands. What it runs and shows is `ksql`'s."""
