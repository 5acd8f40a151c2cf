"""The rules: each looks at a replayed path and names what goes wrong there."""
