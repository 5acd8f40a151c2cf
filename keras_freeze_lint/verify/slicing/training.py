"""Training calls and loops: small synthetic batches instead of the user's data, a few turns instead of many."""

from __future__ import annotations

import ast

from keras_freeze_lint.keras.api import MODEL_TRAINING
from keras_freeze_lint.verify.slicing.batches import ENOUGH_STEPS, batch_size, full_steps
from keras_freeze_lint.verify.slicing.constants import number
from keras_freeze_lint.verify.slicing.editing import Source
from keras_freeze_lint.verify.slicing.effects import Effects
from keras_freeze_lint.verify.slicing.facts import Facts
from keras_freeze_lint.verify.slicing.filling import Filling
from keras_freeze_lint.verify.slicing.modules import path_of
from keras_freeze_lint.verify.slicing.program import Definition

# What a few steps on a small batch do without.
_SURPLUS = frozenset(
    """validation_data validation_split validation_steps validation_freq validation_batch_size nb_val_samples workers
    nb_worker pickle_safe use_multiprocessing max_queue_size max_q_size class_weight sample_weight initial_epoch
    shuffle""".split()
)
_EPOCHS = frozenset({"epochs", "nb_epoch"})
_STEPS = frozenset({"steps_per_epoch", "samples_per_epoch"})
_ENOUGH = 3
_FEW = 2
_MOST_EPOCHS = 14
_LARGE = 2_000_000
_RANDOM = "random data of the shapes that the model and its loss ask for"


class Training:
    """Rewrites what trains."""

    def __init__(self, facts: Facts, effects: Effects, source: Source, filling: Filling) -> None:
        self.facts = facts
        self.program = facts.program
        self.effects = effects
        self.source = source
        self.filling = filling
        self._feeds: dict[ast.stmt, tuple[str, ast.expr]] = {}

    def is_training(self, call: ast.Call) -> bool:
        """Whether a call is one of the training methods of a model."""
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in MODEL_TRAINING or path_of(self.program, func):
            return False
        if func.attr != "fit" or self.facts.is_model(func.value):
            return True
        classes = self.facts.callees.instance_of(func.value)
        if classes:
            return any(self.facts.callees.is_framework_class(one) for one in classes)
        words = {word.arg for word in call.keywords}
        return bool(words & (_EPOCHS | _STEPS | {"batch_size", "validation_data", "callbacks"}))

    def rewrite(self, call: ast.Call) -> list[ast.AST]:
        """Change a training call; returned are the expressions in it that stay."""
        assert isinstance(call.func, ast.Attribute)
        kept: list[ast.AST] = [call.func.value]
        if call.func.attr == "train_on_batch":
            return kept + self._batch(call)
        x, y = self.data(call)
        own = x is not None and not self.is_unusable(x) and (y is None or not self.is_unusable(y))
        fed_by_steps = False
        if own:
            kept.extend(one for one in (x, y) if one is not None)
            if x is not None and y is None:
                fed_by_steps = True
        elif x is not None:
            fed_by_steps = self._synthetic(call, x, y)
        self._options(call, kept, fed_by_steps, own)
        return kept

    @staticmethod
    def data(call: ast.Call) -> tuple[ast.expr | None, ast.expr | None]:
        """The inputs and the targets that a call is given."""
        words = {word.arg: word.value for word in call.keywords}
        x = call.args[0] if call.args else words.get("x") or words.get("generator")
        y = words.get("y")
        if isinstance(x, ast.Starred):
            return x, None
        if len(call.args) > 1 and getattr(call.func, "attr", "") != "fit_generator":
            y = call.args[1]
        return x, y

    def is_unusable(self, expression: ast.expr) -> bool:
        """Whether data is not there, or more of it than a witness needs."""
        return self.facts.is_missing(expression) or self._is_large(expression, 4)

    def _is_large(self, expression: ast.AST, depth: int) -> bool:
        """Whether an array is made larger than a witness needs."""
        if depth == 0:
            return False
        if isinstance(expression, ast.Name):
            reaching = self.program.reaching.get(expression, ())
            return any(one.value is not None and self._is_large(one.value, depth - 1) for one in reaching)
        if isinstance(expression, ast.Call):
            size = 1.0
            for node in ast.walk(expression):
                value = number(self.program, node) if isinstance(node, ast.Constant) else None
                size *= value if value is not None and value > 1 else 1
            return "random" in ast.unparse(expression.func) and size > _LARGE
        return False

    def _synthetic(self, call: ast.Call, x: ast.expr, y: ast.expr | None) -> bool:
        assert isinstance(call.func, ast.Attribute)
        model = ast.unparse(call.func.value)
        single = call.func.attr == "fit_generator"
        if not single and y is None:
            self._starred(call, x)
            return False
        helper = "synthetic_batches" if single else "synthetic_batch"
        self.filling.helpers.add(helper)
        written = ast.unparse(x) if y is None else f"{ast.unparse(x)}, {ast.unparse(y)}"
        self.filling.assume(x, written, _RANDOM)
        text = f"{helper}({model})"
        if single:
            self.source.replace(x, text)
            return True
        assert y is not None
        if len(call.args) > 1:
            self.source.replace_span(self.source.start(x), self.source.end(y), f"*{text}")
        elif call.args:
            self.source.replace(x, f"*{text}")
            self._drop(call, y)
        else:
            first, second = sorted((x, y), key=self.source.start)
            word = next(one for one in call.keywords if one.value is first)
            self.source.replace_span(self.source.start(word), self.source.end(first), f"*{text}")
            self._drop(call, second)
        return False

    def _starred(self, call: ast.Call, data: ast.expr) -> None:
        """Inputs and targets in the place of one argument that gave both."""
        assert isinstance(call.func, ast.Attribute)
        helper = "synthetic_batch" if isinstance(data, ast.Starred) else "synthetic_data"
        self.filling.helpers.add(helper)
        text = f"*{helper}({ast.unparse(call.func.value)})"
        word = next((one for one in call.keywords if one.value is data), None)
        self.source.replace_span(self.source.start(data if word is None else word), self.source.end(data), text)
        written = data.value if isinstance(data, ast.Starred) else data
        self.filling.assume(data, ast.unparse(written), _RANDOM)

    def _drop(self, call: ast.Call, value: ast.expr) -> None:
        word = next((one for one in call.keywords if one.value is value), None)
        if word is not None:
            self.filling.drop_argument(call, word)

    def _options(self, call: ast.Call, kept: list[ast.AST], fed_by_steps: bool, own: bool) -> None:
        epochs = self._epochs(call, own)
        enough_epochs = max(_ENOUGH, epochs) if epochs > 1 else 1
        # Two steps in all, where there are epochs for that.
        steps = 1 if any(word.arg in _EPOCHS for word in call.keywords) or len(call.args) > 2 else ENOUGH_STEPS
        data = 1 if getattr(call.func, "attr", "") == "fit_generator" else 2
        self._positions(call, own, steps if data == 1 else None, (enough_epochs, epochs))
        has_steps = any(word.arg in _STEPS for word in call.keywords) or (data == 1 and len(call.args) > 1)
        for word in call.keywords:
            if word.arg in _SURPLUS:
                self.filling.drop_argument(call, word)
            elif word.arg in _EPOCHS:
                self._cut(word.value, enough_epochs, epochs)
            elif (word.arg in _STEPS and not fed_by_steps and not own) or (
                word.arg == "batch_size" and fed_by_steps and not own
            ):
                self.filling.drop_argument(call, word)
            elif word.arg in _STEPS:
                self._cut(word.value, steps, 8 if word.arg == "samples_per_epoch" else steps)
            elif word.arg == "batch_size" and own:
                self.source.replace(word.value, str(batch_size(self.program, self.data(call)[0], word.value)))
            elif word.arg == "batch_size":
                self._cut(word.value, 8, 4)
            elif word.arg == "callbacks":
                self._callbacks(call, word, kept)
            elif word.arg == "verbose":
                self.source.replace(word.value, "0")
            elif word.arg is None and self.facts.is_missing(word.value):
                self.filling.drop_argument(call, word)
            elif word.arg not in {"x", "y", "generator"} or own:
                kept.append(word.value)
        if fed_by_steps and not own and not has_steps:
            self._add_word(call, f"steps_per_epoch={steps}")

    def _positions(self, call: ast.Call, own: bool, steps: int | None, epochs: tuple[int, int]) -> None:
        """Cut what is not named: the steps and epochs of a generator, else the batch size and the epochs of arrays."""
        x = self.data(call)[0]
        for position, argument in enumerate(call.args):
            if isinstance(argument, ast.Starred):
                continue
            if position == (3 if steps is None else 2):
                self._cut(argument, *epochs)
            elif position == 1 and steps is not None:
                self._cut(argument, steps, steps)
            elif position == 2 and own:
                self.source.replace(argument, str(batch_size(self.program, x, argument)))
            elif position == 2:
                self._cut(argument, 8, 4)

    def _cut(self, value: ast.expr, enough: int, few: int) -> None:
        """Say a small number where a larger or an unknown one stands, and the number where only its name does."""
        told = number(self.program, value)
        if told is None or told > enough:
            self.source.replace(value, str(few))
        elif not isinstance(value, ast.Constant):
            self.source.replace(value, str(int(told)))

    def _add_word(self, call: ast.Call, word: str) -> None:
        end = self.source.end(call) - 1
        before = self.source.text[:end].rstrip()
        self.source.replace_span(end, end, f"{' ' if before.endswith(',') else ', '}{word}")

    def _epochs(self, call: ast.Call, own_data: bool) -> int:
        """Few, but enough for what the program's own callbacks do at some epoch; one where it has steps enough."""
        listed = [word.value for word in call.keywords if word.arg == "callbacks"]
        own = [one for value in listed for one in self._elements(value, 4) if self._has_a_say(one)]
        if not own and own_data and self._steps(call) >= ENOUGH_STEPS:
            return 1
        epochs = _FEW
        for one in own:
            parts: list[ast.AST] = [one, *self.facts.callees.instance_of(one)]
            if isinstance(one, ast.Name):
                parts.extend(each.value for each in self.program.reaching.get(one, ()) if each.value is not None)
            for node in (inner for part in parts for inner in ast.walk(part)):
                if isinstance(node, ast.Constant) and type(node.value) is int and node.value + 2 <= _MOST_EPOCHS:
                    parent = self.program.parents.get(node)
                    if isinstance(parent, (ast.Compare, ast.keyword, ast.Call, ast.arguments)):
                        epochs = max(epochs, node.value + 2)
        return epochs

    def _steps(self, call: ast.Call) -> int:
        """The steps of an epoch on the program's own arrays, as far as the text tells."""
        words = {word.arg: word.value for word in call.keywords}
        given = words.get("batch_size") or (call.args[2] if len(call.args) > 2 else None)
        return 0 if _STEPS & words.keys() else full_steps(self.program, self.data(call)[0], given)

    def _callbacks(self, call: ast.Call, word: ast.keyword, kept: list[ast.AST]) -> None:
        """Only callbacks that set flags or compile have a say in what trains."""
        own = [one for one in self._elements(word.value, 4) if self._has_a_say(one)]
        if not own:
            self.filling.drop_argument(call, word)
            return
        self.source.replace(word.value, "[" + ", ".join(ast.unparse(one) for one in own) + "]")
        kept.extend(own)

    def _elements(self, expression: ast.expr, depth: int) -> list[ast.expr]:
        if isinstance(expression, (ast.List, ast.Tuple)):
            return [one for element in expression.elts for one in self._elements(element, depth)]
        if isinstance(expression, ast.BinOp):
            return [*self._elements(expression.left, depth), *self._elements(expression.right, depth)]
        if isinstance(expression, ast.Name) and depth:
            values = [one.value for one in self.program.reaching.get(expression, ()) if one.value is not None]
            lists = [one for one in values if isinstance(one, (ast.List, ast.Tuple, ast.BinOp))]
            if lists:
                return [one for value in lists for one in self._elements(value, depth - 1)]
        return [expression]

    def _has_a_say(self, expression: ast.expr, depth: int = 3) -> bool:
        for cls in self.facts.callees.instance_of(expression):
            if any(self.effects.touches_flags(one) for one in self.facts.callees.lineage(cls)):
                return True
        if isinstance(expression, ast.Name) and depth:
            values = [one.value for one in self.program.reaching.get(expression, ()) if one.value is not None]
            return any(self._has_a_say(value, depth - 1) for value in values)
        if isinstance(expression, ast.Call) and "LambdaCallback" in ast.unparse(expression.func):
            if self.effects.touches_flags(expression):
                return True
            for node in ast.walk(expression):
                for one in self.program.reaching.get(node, ()):
                    if isinstance(one.target, ast.FunctionDef) and self.effects.touches_flags(one.target):
                        return True
        return False

    def _batch(self, call: ast.Call) -> list[ast.AST]:
        """``train_on_batch``: what the program can make itself stays, the rest is synthetic."""
        assert isinstance(call.func, ast.Attribute)
        x, y = self.data(call)
        for word in call.keywords:
            if word.arg in _SURPLUS:
                self.filling.drop_argument(call, word)
        if x is None or y is None:
            if x is not None and self.is_unusable(x):
                self._starred(call, x)
                return []
            return [one for one in (x, y) if one is not None]
        unusable = [one for one in (x, y) if self.is_unusable(one)]
        model = ast.unparse(call.func.value)
        if not unusable:
            return [x, y]
        other = y if unusable[0] is x else x
        written = ", ".join(ast.unparse(one) for one in unusable)
        self.filling.assume(call, written, _RANDOM)
        if len(unusable) == 1 and isinstance(other, (ast.Name, ast.Attribute)):
            helper = "synthetic_inputs" if unusable[0] is x else "synthetic_targets"
            self.filling.helpers.add(helper)
            self.source.replace(unusable[0], f"{helper}({model}, len({ast.unparse(other)}))")
            return [other]
        self.filling.helpers.add("synthetic_batch")
        rows = self._rows([x, y])
        text = f"synthetic_batch({model}, {rows})" if rows else f"synthetic_batch({model})"
        kept: list[ast.AST] = []
        if len(call.args) > 1:
            self.source.replace_span(self.source.start(x), self.source.end(y), f"*{text}")
        else:
            self.source.replace_span(self.source.end(call.func), self.source.end(call), f"(*{text})")
        if rows:
            kept.extend(
                node
                for one in (x, y)
                for node in ast.walk(one)
                if isinstance(node, ast.Name) and rows == f"len({node.id})"
            )
        return kept

    def _rows(self, data: list[ast.expr]) -> str:
        for one in data:
            for element in one.elts if isinstance(one, (ast.List, ast.Tuple)) else []:
                if isinstance(element, ast.Name) and not self.facts.is_missing(element):
                    return f"len({element.id})"
        return ""

    # -- loops over data
    def feeds(self, statement: ast.For | ast.AsyncFor) -> bool:
        """Whether a loop goes over data that is not there, so that synthetic batches take its place."""
        if not self.facts.is_missing(statement.iter):
            return False
        fed = self._fed(statement)
        if fed is None:
            return False
        model, expression = fed
        loss = self._loss()
        self.filling.helpers.add("synthetic_batches")
        text = f"synthetic_batches({model}, turns=2{loss})"
        iterated = statement.iter
        counted = isinstance(iterated, ast.Call) and getattr(iterated.func, "id", "") == "enumerate"
        if counted:
            text = f"enumerate({text})"
        self.source.replace(statement.iter, text)
        self.filling.assume(iterated, ast.unparse(iterated), "two batches of random data of the shapes of the model")
        self._feeds[statement] = (model, expression)
        return True

    def used_by_feed(self, statement: ast.For | ast.AsyncFor) -> list[ast.AST]:
        """The model that the batches of a loop are made for."""
        return [self._feeds[statement][1]] if statement in self._feeds else []

    def _fed(self, statement: ast.For | ast.AsyncFor) -> tuple[str, ast.expr] | None:
        names = {node for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
        definitions = [one for one in self.facts.definitions if one.target in names]
        return self._consumer(definitions, 4)

    def _consumer(self, definitions: list[Definition], depth: int) -> tuple[str, ast.expr] | None:
        """The model that is called with one of some values."""
        if depth == 0:
            return None
        for call in self.program.calls:
            for position, argument in enumerate(call.args):
                roots = self.facts.roots(argument)
                if not any(one in definitions for one in roots):
                    continue
                if (
                    position == 0
                    and self.facts.is_model(call.func)
                    and isinstance(call.func, (ast.Name, ast.Attribute))
                ) and (not isinstance(call.func, ast.Attribute) or _is_self(call.func)):
                    return ast.unparse(call.func), call.func
                for function in self.facts.callees.targets(call):
                    scope = self.program.scopes[function]
                    inner = [one for found in scope.definitions.values() for one in found if one.kind == "param"]
                    found = self._consumer(inner, depth - 1)
                    if found is not None:
                        return found
        return None

    def _loss(self) -> str:
        """How a hand-written loop measures: by a loss of Keras that is named in the file."""
        for call in self.program.calls:
            path = path_of(self.program, call.func)
            if ".losses." in path or path.endswith("_crossentropy"):
                return f", loss={path.rpartition('.')[2]!r}"
        return ""


def _is_self(attribute: ast.Attribute) -> bool:
    return isinstance(attribute.value, ast.Name) and attribute.value.id == "self"
