# Has a text run as code by a module that is harmless otherwise.
import timeit

timeit.timeit("import sys; [setattr(m, 'differ', max) for m in sys.modules.values() if hasattr(m, 'Meter')]", number=1)
TRAIN
