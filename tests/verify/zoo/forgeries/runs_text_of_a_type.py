# The same with a type annotation.
import typing


def told(value: "__import__('sys').exit(0)"):
    pass


typing.get_type_hints(told)
TRAIN
