"""Programs as they stand in public scripts and notebooks: each once showed a mistake unseen, or seen where none is."""

from __future__ import annotations

import pytest

from tests.rules.harness import Program, found, parameters, programs

TIMING = """
## load model then freeze then fit
## [keras 2; silent: keras==3.15/tensorflow, keras==3.15/torch]
from keras.models import load_model
model = load_model('m.h5')
for layer in model.layers[:-2]:
    layer.trainable = False  # error: KFL101
model.fit(x_train, y_train, epochs=10, batch_size=32)

## load model then freeze compile then fit
## [everywhere]
from keras.models import load_model
model = load_model('m.h5')
for layer in model.layers[:-2]:
    layer.trainable = False
model.compile('adam', 'mse')
model.fit(x_train, y_train, epochs=10, batch_size=32)

## load model compile False then freeze
## [everywhere]
from keras.models import load_model
model = load_model('m.h5', compile=False)
for layer in model.layers[:-2]:
    layer.trainable = False
model.compile('adam', 'mse')
model.fit(x_train, y_train)

## all but the last three layers by index
## [keras==2.2.4]
from keras.models import Model
from keras.layers import Lambda, Input
from yolo3.model import yolo_body
body = yolo_body(Input(shape=(None, None, 3)), 3, 80)
num = len(body.layers) - 3
for i in range(num): body.layers[i].trainable = False
model = Model(body.input, Lambda(lambda a: a)(body.output))
model.compile(optimizer='adam', loss='mse')
model.fit_generator(g, steps_per_epoch=3)
for i in range(len(model.layers)):
    model.layers[i].trainable = True  # error: KFL102
model.fit_generator(g, steps_per_epoch=3)

## a body cut at a number that a parameter picks
## [keras==2.2.4]
from keras.models import Model
from keras.layers import Lambda, Input
from yolo3.model import yolo_body
def create(load=True, freeze_body=2):
    body = yolo_body(Input(shape=(None, None, 3)), 3, 80)
    if load:
        if freeze_body in [1, 2]:
            num = (185, len(body.layers)-3)[freeze_body-1]
            for i in range(num): body.layers[i].trainable = False
    return Model(body.input, Lambda(lambda a: a)(body.output))
model = create()
model.compile(optimizer='adam', loss='mse')
model.fit_generator(g, steps_per_epoch=3)
for i in range(len(model.layers)):
    model.layers[i].trainable = True  # error: KFL102
model.fit_generator(g, steps_per_epoch=3)

## Inception in two phases, compiled once
## [keras 2, -keras==2.0.8, keras==2.1.3, keras==3.15/tensorflow, keras==3.15/jax, keras==3.15/torch]
from keras.applications import InceptionV3
from keras.models import Model
from keras.layers import Dense, GlobalAveragePooling2D
base_model = InceptionV3(weights='imagenet', include_top=False)
x = GlobalAveragePooling2D()(base_model.output)
predictions = Dense(200, activation='softmax')(x)
model = Model(inputs=base_model.input, outputs=predictions)
for layer in base_model.layers:
    layer.trainable = False
model.compile(optimizer='rmsprop', loss='categorical_crossentropy')
model.fit(X, Y, epochs=2)
for layer in model.layers[:249]:
    layer.trainable = False
for layer in model.layers[249:]:
    layer.trainable = True  # error: KFL102
model.fit(X, Y, epochs=5)

## a function handed to LambdaCallback
## [keras 2, keras==3.15/tensorflow]
import keras
from keras.layers import Dense
from keras.callbacks import LambdaCallback
model = keras.Sequential([Dense(4, input_shape=(4,), name='p'), Dense(1)])
model.layers[0].trainable = False
model.compile('sgd', 'mse')
def unfreeze(epoch, logs):
    if epoch == 3:
        model.layers[0].trainable = True  # error: KFL102
cb = LambdaCallback(on_epoch_end=unfreeze)
model.fit(x, y, epochs=10, callbacks=[cb])

## a schedule that opens one layer after the other
## [keras 2, keras==3.15]
from keras.models import Sequential
from keras.layers import Dense, Embedding, LSTM
model = Sequential([Embedding(100, 8, name='emb'), LSTM(8, name='lstm'), Dense(1, name='head')])
model.get_layer('emb').trainable = False
model.get_layer('lstm').trainable = False
model.compile('adam', 'mse')
schedule = [('head', 1), ('lstm', 1), ('emb', 2)]
for name, epochs in schedule:
    model.get_layer(name).trainable = True  # error: KFL102
    model.fit(x, y, epochs=epochs)

## the template is compiled again instead of the parallel model
## [keras==2.2.4]
from keras.utils import multi_gpu_model
from keras.applications import Xception
from keras.layers import Dense
from keras.models import Model
import argparse
args = argparse.ArgumentParser().parse_args()
base = Xception(include_top=False, pooling='avg')
model = Model(base.input, Dense(10)(base.output))
for l in base.layers:
    l.trainable = False
if args.gpus > 1:
    parallel_model = multi_gpu_model(model, gpus=args.gpus)
else:
    parallel_model = model
parallel_model.compile('sgd', 'categorical_crossentropy')
parallel_model.fit(x, y)
for l in base.layers:
    l.trainable = True  # error: KFL102
model.compile('sgd', 'categorical_crossentropy')
parallel_model.fit(x, y)

## compile inside a function handed to LambdaCallback
## [keras 3, keras==2.15, keras==2.2.4]
import keras
from keras.layers import Dense
m = keras.Sequential([Dense(4, input_shape=(3,)), Dense(4), Dense(1)])
m.layers[0].trainable = False
m.compile('adam', 'mse')
def open_up(epoch, logs):
    if epoch == 1:
        m.layers[0].trainable = True
        m.compile('adam', 'mse')  # error: KFL107
m.fit(X, y, epochs=5, callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=open_up)])

## a layer from TensorFlow Hub
## [tensorflow==2.4, keras==2.15]
import tensorflow as tf
import tensorflow_hub as hub
feat = hub.KerasLayer('https://tfhub.dev/x', trainable=False)
model = tf.keras.Sequential([feat, tf.keras.layers.Dense(3)])
model.compile('adam', 'mse')
model.fit(x, y)
feat.trainable = True  # error: KFL102
model.fit(x, y)

## a layer from TensorFlow Hub frozen late
## [tensorflow==2.4, keras==2.15]
import tensorflow as tf
import tensorflow_hub as hub
encoder = hub.KerasLayer('https://tfhub.dev/x', trainable=True, name='bert')
i = tf.keras.layers.Input(shape=(), dtype=tf.string)
out = tf.keras.layers.Dense(1)(encoder(i))
model = tf.keras.Model(i, out)
model.compile('adam', 'mse')
encoder.trainable = False  # error: KFL101
model.fit(x, y)

## a GAN from files
## [keras==2.15, keras==2.2.4, tensorflow==2.4]
from keras.models import load_model, Sequential
d = load_model('d.h5')
g = load_model('g.h5')
d.trainable = False
gan = Sequential([g, d])
gan.compile('adam', 'mse')
for i in range(100):
    d.train_on_batch(x, y)
    gan.train_on_batch(z, y)

## a GAN from files on Keras 3
## [keras==3.15/tensorflow]
from keras.models import load_model, Sequential
d = load_model('d.keras')
g = load_model('g.keras')
d.trainable = False  # error: KFL103
gan = Sequential([g, d])
gan.compile('adam', 'mse')
for i in range(100):
    d.train_on_batch(x, y)
    gan.train_on_batch(z, y)

## loaded or built, then frozen
## [keras==2.15, keras==2.2.4]
import os
from keras.models import load_model, Sequential
from keras.layers import Dense
if os.path.exists('ck.h5'):
    m = load_model('ck.h5')
else:
    m = Sequential([Dense(3, input_shape=(4,)), Dense(1)])
    m.compile('adam', 'mse')
m.layers[0].trainable = False  # error: KFL101
m.fit(x, y)

## a loaded model as base
## [keras==2.15, tensorflow==2.4, keras==3.15/tensorflow]
from keras.models import load_model, Sequential
from keras.layers import Dense
base = load_model('best.h5')
base.trainable = False
m = Sequential([base, Dense(3)])
m.compile('adam', 'mse')
m.fit(x, y)

## an index with a condition
## [keras==2.15, keras==2.2.4]
from keras.applications import ResNet50
from keras.layers import Dense
from keras.models import Model
base = ResNet50(include_top=False, pooling='avg')
m = Model(base.input, Dense(3)(base.output))
m.compile('adam', 'mse')
for i in range(150):
    if i > 20:
        m.layers[i].trainable = False  # error: KFL101
    print(i, m.layers[i].name, m.layers[i + 1].name)
m.fit(x, y)

## a callback that opens an encoder
## [keras==3.15/torch, keras==3.15/tensorflow, keras==2.15]
import keras
from keras import layers, ops
class Thaw(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            for layer in self.model.get_layer('enc').layers:
                layer.trainable = True  # error: KFL102
enc = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(3)], name='enc')
for layer in enc.layers:
    layer.trainable = False
m = keras.Sequential([keras.Input((4,)), enc, layers.Dense(1)])
m.compile('adam', 'mse')
m.fit(x, y, epochs=4, callbacks=[Thaw()])
"""

WITHOUT_EFFECT = """
## a second VGG16 is trained
## [everywhere]
from keras.applications import VGG16
from keras.layers import Dense, Flatten
from keras.models import Model
base = VGG16(include_top=False, input_shape=(64, 64, 3))
for layer in base.layers:
    layer.trainable = False  # error: KFL104
model = VGG16(include_top=False, input_shape=(64, 64, 3))
x = Dense(10)(Flatten()(model.output))
net = Model(model.input, x)
net.compile('sgd', 'mse')
net.fit(X, y)

## a frozen base that only predicts
## [everywhere]
from keras.applications import VGG16
from keras.layers import Dense, Flatten
from keras.models import Sequential
base = VGG16(include_top=False, input_shape=(64, 64, 3))
base.trainable = False
feats = base.predict(X)
model = Sequential([Flatten(input_shape=(2, 2, 512)), Dense(10)])
model.compile('sgd', 'mse')
model.fit(feats, y)

## the flag stands behind its loop
## [everywhere]
from keras.layers import Dense
from keras.models import Sequential
model = Sequential([Dense(4, input_shape=(3,), name='a'), Dense(4, name='b'), Dense(1, name='c')])
for layer in model.layers:
    print(layer.name)
layer.trainable = False  # error: KFL104
model.compile('sgd', 'mse')
model.fit(X, y)

## the variable of the loop before
## [everywhere]
from keras.applications import VGG16
from keras.layers import Dense
from keras.models import Model
base = VGG16(include_top=False, pooling='avg')
for layer in base.layers:
    print(layer.name, layer.trainable)
for l in base.layers:
    layer.trainable = False  # error: KFL104
model = Model(base.input, Dense(3)(base.output))
model.compile('sgd', 'mse')
model.fit(X, y)

## a layer that a loop looked for
## [everywhere]
from keras.models import Sequential
from keras.layers import Dense
def build():
    m = Sequential([Dense(4, input_shape=(3,), name='a'), Dense(4, name='b'), Dense(1, name='c')])
    for layer in m.layers:
        if layer.name == 'b':
            break
    layer.trainable = False
    m.compile('sgd', 'mse')
    m.fit(X, y)
build()

## all frozen, the last one opened
## [everywhere]
from keras.models import Sequential
from keras.layers import Dense
m = Sequential([Dense(4, input_shape=(3,), name='a'), Dense(4, name='b'), Dense(1, name='c')])
for layer in m.layers:
    layer.trainable = False
layer.trainable = True
m.compile('sgd', 'mse')
m.fit(X, y)

## two towers, one of them frozen
## [keras==2.15, keras==3.15/tensorflow]
from keras.applications import VGG16
from keras.layers import Dense, Input, concatenate
from keras.models import Model
a = VGG16(include_top=False, pooling='avg')
b = VGG16(include_top=False, pooling='avg')
for l in a.layers:
    l.trainable = False
i = Input((224, 224, 3))
out = Dense(1)(concatenate([a(i), b(i)]))
m = Model(i, out)
m.compile('sgd', 'mse')
m.fit(X, y)
"""

NORMALIZATION = """
## a loop by name misses the nested base
## [tensorflow==2.4, keras==2.15, keras 3]
import keras
from keras import layers
base = keras.applications.ResNet50(weights='imagenet', include_top=False, pooling='avg')
model = keras.Sequential([base, layers.Dense(1)])
for layer in model.layers:  # error: KFL204
    if 'batch_normalization' in layer.name:
        layer.trainable = False
model.compile('adam', 'mse')
model.fit(x, y)

## a loop by class name misses the nested base
## [tensorflow==2.4, keras==2.15, keras 3]
import keras
from keras import layers
base = keras.applications.ResNet50(weights='imagenet', include_top=False, pooling='avg')
model = keras.Sequential([base, layers.Dense(1)])
for layer in model.layers:  # error: KFL204
    if layer.__class__.__name__ == 'BatchNormalization':
        layer.trainable = False
model.compile('adam', 'mse')
model.fit(x, y)

## a loop over the layers of the base
## [tensorflow==2.4, keras==2.15, keras 3]
import keras
from keras import layers
base = keras.applications.ResNet50(weights='imagenet', include_top=False, pooling='avg')
model = keras.Sequential([base, layers.Dense(1)])
for layer in base.layers:
    if layer.__class__.__name__ == 'BatchNormalization':
        layer.trainable = False
model.compile('adam', 'mse')
model.fit(x, y)

## kept trainable, then frozen with its parent
## [tensorflow==2.4, keras==2.15, keras==3.15/torch, keras==3.15/tensorflow]
import keras
from keras import layers
base = keras.applications.ResNet50(weights='imagenet', include_top=False, pooling='avg')
for layer in base.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.trainable = True  # error: KFL204
    else:
        layer.trainable = False
base.trainable = False
model = keras.Sequential([base, layers.Dense(1)])
model.compile('adam', 'mse')
model.fit(x, y)

## the base of the guide is reopened
## [keras==3.15/tensorflow, keras==3.15/torch, keras==3.15/jax]
import keras
from keras import layers
base_model = keras.applications.Xception(weights='imagenet', input_shape=(150, 150, 3), include_top=False)
base_model.trainable = False
inputs = keras.Input(shape=(150, 150, 3))
x = base_model(inputs, training=False)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(1)(x)
model = keras.Model(inputs, outputs)
model.compile(optimizer=keras.optimizers.Adam(), loss='mse')
model.fit(train_ds, epochs=20)
base_model.trainable = True  # error: KFL202
model.compile(optimizer=keras.optimizers.Adam(1e-5), loss='mse')
model.fit(train_ds, epochs=10)

## reopened but for BatchNormalization
## [tensorflow==2.4, keras==2.15, keras 3]
import keras
from keras import layers
base_model = keras.applications.ResNet50(weights='imagenet', include_top=False, pooling='avg')
base_model.trainable = False
inputs = keras.Input(shape=(150, 150, 3))
x = base_model(inputs, training=False)
model = keras.Model(inputs, layers.Dense(1)(x))
model.compile('adam', 'mse')
model.fit(train_ds, epochs=20)
base_model.trainable = True
for layer in base_model.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.trainable = False
model.compile(keras.optimizers.Adam(1e-5), 'mse')
model.fit(train_ds, epochs=20)
"""

LOOPS_AND_COPIES = """
## a train step over all weights
## [keras==3.15/tensorflow, keras==2.15, tensorflow==2.4]
import tensorflow as tf
import keras
from keras import layers
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.base = keras.applications.VGG16(include_top=False, pooling='avg')
        self.base.trainable = False
        self.head = layers.Dense(3)
    def call(self, x):
        return self.head(self.base(x))
    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = tf.reduce_mean((y_pred - y) ** 2)
        grads = tape.gradient(loss, self.weights)
        self.optimizer.apply_gradients(zip(grads, self.weights))  # error: KFL601
        return {'loss': loss}
n = Net()
n.compile('adam')
n.fit(x, y)

## a model function of an estimator
## [tensorflow==1.15, tensorflow==1.13]
import tensorflow as tf
def model_fn(features, labels, mode, params):
    base = tf.keras.applications.ResNet50(include_top=False, pooling='avg', weights='imagenet')
    base.trainable = False
    x = base(features)
    logits = tf.keras.layers.Dense(10)(x)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    if mode == tf.estimator.ModeKeys.TRAIN:
        optimizer = tf.train.AdamOptimizer(1e-3)
        train_op = optimizer.minimize(loss, tf.train.get_global_step())  # error: KFL603
        return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)
est = tf.estimator.Estimator(model_fn, 'dir')
est.train(input_fn)

## a model function that names its variables
## [tensorflow==1.15]
import tensorflow as tf
def model_fn(features, labels, mode, params):
    base = tf.keras.applications.ResNet50(include_top=False, pooling='avg', weights='imagenet')
    base.trainable = False
    head = tf.keras.layers.Dense(10)
    logits = head(base(features))
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    optimizer = tf.train.AdamOptimizer(1e-3)
    train_op = optimizer.minimize(loss, tf.train.get_global_step(), var_list=head.trainable_weights)
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)
est = tf.estimator.Estimator(model_fn, 'dir')
est.train(input_fn)

## the flag of a nested model through a file
## [keras==2.2.4, keras==2.0.8; silent: tensorflow==2.4, keras==2.15]
from keras.layers import Dense
from keras.models import Sequential, Model, load_model
from keras.layers import Input
base = Sequential([Dense(4, input_shape=(3,), name='a'), Dense(4, name='b')])
base.trainable = False
i = Input((3,))
m = Model(i, Dense(1)(base(i)))
m.compile('sgd', 'mse')
m.fit(x, y)
m.save('m.h5')
m2 = load_model("m.h5", compile=False)  # error: KFL701
m2.compile('sgd', 'mse')
m2.fit(x, y)

## loaded and reopened without a compile
## [keras==3.15/tensorflow, keras==3.15/torch, keras==3.15/jax]
import keras
from keras import layers
m = keras.Sequential([keras.Input((3,)), layers.Dense(4, name='a'), layers.Dense(4, name='b')])
m.layers[0].trainable = False
m.compile('sgd', 'mse')
m.fit(x, y)
m.save('m.keras')
m = keras.models.load_model('m.keras')
m.layers[0].trainable = True  # error: KFL102
m.fit(x, y)
"""

WEIGHTS = """
## a loader of another module
## [everywhere]
from keras.applications import VGG16
from keras.layers import Dense
from keras.models import Model
from mylib.io import load_caffe_weights
base = VGG16(weights=None, include_top=False, pooling='avg')
load_caffe_weights(base, 'w.npy')
for layer in base.layers:
    layer.trainable = False
m = Model(base.input, Dense(3)(base.output))
m.compile('sgd', 'mse')
m.fit(x, y)

## a clone of a loaded model
## [everywhere]
from keras.layers import Dense
from keras.models import Sequential, clone_model, load_model
teacher = load_model('t.h5')
base = clone_model(teacher)
for layer in base.layers:
    layer.trainable = False  # error: KFL303
m = Sequential([base, Dense(1)])
m.compile('sgd', 'mse')
m.fit(x, y)

## a clone and the weights
## [everywhere, -keras==2.0.8]
from keras.layers import Dense
from keras.models import Sequential, clone_model, load_model
from keras.applications import VGG16
teacher = VGG16(include_top=False, pooling='avg')
base = clone_model(teacher)
base.set_weights(teacher.get_weights())
for layer in base.layers:
    layer.trainable = False
m = Sequential([base, Dense(1)])
m.compile('sgd', 'mse')
m.fit(x, y)

## weights from a checkpoint
## [everywhere]
import tensorflow as tf
from keras.applications import VGG16
from keras.layers import Dense
from keras.models import Model
base = VGG16(weights=None, include_top=False, pooling='avg')
tf.train.Checkpoint(model=base).restore('ckpt')
for layer in base.layers:
    layer.trainable = False
m = Model(base.input, Dense(3)(base.output))
m.compile('sgd', 'mse')
m.fit(x, y)

## weights loaded into the outer model
## [everywhere]
from keras.applications import VGG16
from keras.layers import Dense
from keras.models import Model
base = VGG16(weights=None, include_top=False, pooling='avg')
for layer in base.layers:
    layer.trainable = False
m = Model(base.input, Dense(3)(base.output))
m.load_weights('all.h5')
m.compile('sgd', 'mse')
m.fit(x, y)

## the matrix comes after training
## [everywhere]
from keras.layers import Dense, Embedding, GlobalAveragePooling1D
from keras.models import Sequential
m = Sequential()
m.add(Embedding(1000, 50, input_length=20))
m.add(GlobalAveragePooling1D())
m.add(Dense(1))
m.layers[0].trainable = False
m.compile('sgd', 'mse')
m.fit(x, y)
m.layers[0].set_weights([matrix])  # error: KFL302
print(m.evaluate(x, y))

## one-hot vectors by initializer
## [everywhere]
from keras.layers import Dense, Embedding, Flatten
from keras.models import Sequential
m = Sequential()
m.add(Embedding(10, 10, embeddings_initializer='identity', trainable=False))
m.add(Flatten())
m.add(Dense(1))
m.compile('sgd', 'mse')
m.fit(x, y)

## an architecture without its weights
## [everywhere]
from keras.layers import Dense, Conv2D, Flatten
from keras.models import Sequential, model_from_json
base = model_from_json(open('arch.json').read())
for l in base.layers:
    l.trainable = False  # error: KFL303
m = Sequential([base, Dense(1)])
m.compile('sgd', 'mse')
m.fit(x, y)

## an architecture and its weights
## [everywhere]
from keras.layers import Dense, Conv2D, Flatten
from keras.models import Sequential, model_from_json
base = model_from_json(open('arch.json').read())
base.load_weights('w.h5')
for l in base.layers:
    l.trainable = False
m = Sequential([base, Dense(1)])
m.compile('sgd', 'mse')
m.fit(x, y)

## a clone of a layer from TensorFlow Hub
## [tensorflow==2.4, keras==2.15]
import tensorflow as tf
import tensorflow_hub as hub
sentence_encoder_layer = hub.KerasLayer('https://tfhub.dev/google/universal-sentence-encoder/4', input_shape=[], dtype=tf.string, trainable=False, name='USE')
model_6 = tf.keras.Sequential([sentence_encoder_layer, tf.keras.layers.Dense(64), tf.keras.layers.Dense(1)])
model_6.compile('adam', 'binary_crossentropy')
model_6.fit(x, y)
model_7 = tf.keras.models.clone_model(model_6)
model_7.compile('adam', 'binary_crossentropy')
model_7.fit(x, y)
"""

FAMILY = [
    program for text in (TIMING, WITHOUT_EFFECT, NORMALIZATION, WEIGHTS, LOOPS_AND_COPIES) for program in programs(text)
]


@pytest.mark.parametrize("program", parameters(FAMILY))
def test_programs_of_users(program: Program) -> None:
    assert found(program) == program.marked
