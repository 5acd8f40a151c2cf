# A layer whose flag is another each time.
class Lying(Dense):
    asked = 0

    @property
    def trainable(self):
        self.asked += 1
        return bool(self.asked % 2)

    @trainable.setter
    def trainable(self, value):
        pass


model.add(Lying(1, name="liar"))
model.compile("sgd", "mse")
TRAIN
