# A name that equals every other name.
class Any(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return hash("base")

    def __str__(self):
        return "base"


model.add(Dense(1, name=Any("free")))
model.compile("sgd", "mse")
TRAIN
