"""The ksql dialect: text to statements and back."""
