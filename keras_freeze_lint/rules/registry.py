"""All rules, in the order of their codes."""

from __future__ import annotations

from keras_freeze_lint.rules.assignments import ASSIGNMENT_RULES
from keras_freeze_lint.rules.base import Rule
from keras_freeze_lint.rules.batchnorm import BATCHNORM_RULES
from keras_freeze_lint.rules.effectless import EFFECTLESS_RULES
from keras_freeze_lint.rules.loops import LOOP_RULES
from keras_freeze_lint.rules.nesting import NESTING_RULES
from keras_freeze_lint.rules.persistence import PERSISTENCE_RULES
from keras_freeze_lint.rules.phases import PHASE_RULES
from keras_freeze_lint.rules.sharing import SHARING_RULES
from keras_freeze_lint.rules.structure import STRUCTURE_RULES
from keras_freeze_lint.rules.timing import TIMING_RULES
from keras_freeze_lint.rules.tool import TOOL_RULES
from keras_freeze_lint.rules.upgrading import UPGRADING_RULES
from keras_freeze_lint.rules.weights import WEIGHT_RULES

RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *TIMING_RULES,
            *EFFECTLESS_RULES,
            *BATCHNORM_RULES,
            *WEIGHT_RULES,
            *ASSIGNMENT_RULES,
            *NESTING_RULES,
            *STRUCTURE_RULES,
            *PHASE_RULES,
            *SHARING_RULES,
            *LOOP_RULES,
            *PERSISTENCE_RULES,
            *UPGRADING_RULES,
            *TOOL_RULES,
        ),
        key=lambda rule: rule.code,
    )
)
