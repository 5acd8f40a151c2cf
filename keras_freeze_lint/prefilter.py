"""Is this text worth analysing? Decided in microseconds, because most files have nothing to do with freezing.

What no such test can see: code that is handed a model by its caller and never writes the word keras. For that there is
``--no-prefilter``.
"""

from __future__ import annotations

import re

# Every rule needs Keras in the file, by one of these words ("tf.keras", "keras.layers", "from tensorflow ...").
HOMES = ("keras", "tensorflow")

# ... and one of these, or a misspelling of the first. Lower case, as the text they are looked for in.
NEEDLES = ("trainable", "learning_phase", "set_weights", "load_weights", "get_weights", "training=true")

# What changes on another Keras may be in any training call.
TRAINING = ("fit", "train_on_batch", "apply_gradients", "minimize")

# No longer and no shorter word is a misspelling of the first needle.
_NEAR_TRAINABLE = re.compile(r"\bt\w{6,10}\b")


def deserves_analysis(source: str | bytes, upgrading: bool = False) -> bool:
    """Whether a finding is possible in this text at all; with ``upgrading`` also one about another Keras."""
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    if not any(home in text for home in HOMES):
        return False
    if upgrading and any(word in text for word in TRAINING):
        return True
    lowered = text.lower()
    return any(needle in lowered for needle in NEEDLES) or _misspells_trainable(lowered)


def _misspells_trainable(lowered: str) -> bool:
    # Only now: this face is imported by every flake8 run, and few files come this far.
    from keras_freeze_lint.interpreter.spelling import is_misspelled_flag

    return any(map(is_misspelled_flag, set(_NEAR_TRAINABLE.findall(lowered))))
