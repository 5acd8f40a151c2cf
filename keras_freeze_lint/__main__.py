"""``python -m keras_freeze_lint``: the same command as ``keras-freeze-lint``."""

from keras_freeze_lint.cli import main

main()
