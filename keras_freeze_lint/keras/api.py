"""What names of the Keras API mean: layer classes, pretrained applications, losses of meaning between spellings."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Every spelling of the package, longest first; what follows is the path inside Keras.
_SPELLINGS = (
    ("tensorflow.compat.v1.keras", "tf.keras"),
    ("tensorflow.compat.v2.keras", "tf.keras"),
    ("tensorflow.python.keras.api._v2.keras", "tf.keras"),
    ("tensorflow.python.keras.api._v1.keras", "tf.keras"),
    ("tensorflow.python.keras", "tf.keras"),
    ("tensorflow.contrib.keras", "tf.keras"),
    ("tensorflow.keras", "tf.keras"),
    ("keras.src", "keras"),
    ("keras.api", "keras"),
    ("keras_core", "keras"),
    ("tf_keras", "tf_keras"),
    ("keras", "keras"),
)

# The methods of a model that train it, and those that only use it.
MODEL_TRAINING = frozenset({"fit", "fit_generator", "train_on_batch"})
MODEL_INFERENCE = frozenset(
    {"predict", "predict_on_batch", "predict_generator", "evaluate", "test_on_batch", "evaluate_generator"}
)


def canonical(path: str) -> tuple[str, str]:
    """The path with every spelling of Keras reduced to ``keras``, and the flavour (empty where it is not Keras)."""
    for spelling, flavour in _SPELLINGS:
        if path == spelling or path.startswith(spelling + "."):
            return "keras" + path[len(spelling) :], flavour
    return path, ""


@dataclass(frozen=True)
class LayerClass:
    """A layer class of Keras: does it hold weights of its own, and of what sort is it."""

    name: str
    has_weights: bool
    kind: str = "leaf"


_WITH_WEIGHTS = """Dense Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D Conv1DTranspose
Conv2DTranspose Conv3DTranspose Deconvolution2D Convolution2DTranspose Convolution3DTranspose SeparableConv1D
SeparableConv2D SeparableConvolution1D SeparableConvolution2D DepthwiseConv1D DepthwiseConv2D AtrousConvolution1D
AtrousConvolution2D LocallyConnected1D LocallyConnected2D Embedding LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D
ConvLSTM3D CuDNNLSTM CuDNNGRU LSTMCell GRUCell SimpleRNNCell StackedRNNCells BatchNormalization
SyncBatchNormalization LayerNormalization GroupNormalization UnitNormalization SpectralNormalization PReLU
EinsumDense MultiHeadAttention GroupQueryAttention Highway MaxoutDense TimeDistributedDense DenseFeatures
AdditiveAttention Attention AdaptiveRescaling _Conv Recurrent""".split()

_WITHOUT_WEIGHTS = """Activation Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D Flatten Reshape Permute
RepeatVector Lambda ActivityRegularization Masking InputLayer Cropping1D Cropping2D Cropping3D UpSampling1D
UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D MaxPooling1D MaxPooling2D MaxPooling3D
AveragePooling1D AveragePooling2D AveragePooling3D MaxPool1D MaxPool2D MaxPool3D AvgPool1D AvgPool2D AvgPool3D
GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D GlobalAveragePooling2D
GlobalAveragePooling3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D GlobalAvgPool1D GlobalAvgPool2D
GlobalAvgPool3D Add Subtract Multiply Average Maximum Minimum Concatenate Dot Merge _Merge GaussianNoise GaussianDropout
AlphaDropout LeakyReLU ELU ThresholdedReLU Softmax ReLU Rescaling Resizing CenterCrop RandomFlip RandomRotation
RandomZoom RandomTranslation RandomContrast RandomCrop RandomBrightness RandomHeight RandomWidth Identity
CategoryEncoding Hashing Discretization StringLookup IntegerLookup TextVectorization HashedCrossing AlphaDropout
FeatureSpace _Pooling1D _Pooling2D _Pooling3D _GlobalPooling1D _GlobalPooling2D _GlobalPooling3D""".split()

LAYER_CLASSES: dict[str, LayerClass] = {
    **{name: LayerClass(name, True) for name in _WITH_WEIGHTS},
    **{name: LayerClass(name, False) for name in _WITHOUT_WEIGHTS},
    "TimeDistributed": LayerClass("TimeDistributed", True, "wrapper"),
    "Bidirectional": LayerClass("Bidirectional", True, "bidirectional"),
    "Wrapper": LayerClass("Wrapper", True, "wrapper"),
    "Layer": LayerClass("Layer", True, "custom"),
}
BN_CLASSES = frozenset({"BatchNormalization", "SyncBatchNormalization", "BatchRenormalization"})
# Statistics move in a layer's call, not by its gradient: Normalization keeps what adapt() found and never moves in fit.
LAYER_CLASSES["Normalization"] = LayerClass("Normalization", False)

# functional forms of the merge layers, as functions on lists of tensors
MERGE_FUNCTIONS = {
    "add": "Add",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "average": "Average",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "concatenate": "Concatenate",
    "dot": "Dot",
    "merge": "Merge",
}

MODEL_CLASSES = frozenset({"Model", "Functional", "Container", "Network"})

OPTIMIZERS = frozenset(
    """SGD RMSprop Adagrad Adadelta Adam AdamW Adamax Nadam Ftrl Lion Adafactor TFOptimizer Optimizer LossScaleOptimizer
    Lamb Muon""".split()
)
TF1_OPTIMIZERS = frozenset(
    """AdamOptimizer GradientDescentOptimizer MomentumOptimizer RMSPropOptimizer AdagradOptimizer AdadeltaOptimizer
    FtrlOptimizer ProximalAdagradOptimizer ProximalGradientDescentOptimizer""".split()
)


@dataclass(frozen=True)
class Application:
    """A pretrained model of ``keras.applications``: the length of its layer list without and with its top.

    The lengths are None where releases of Keras built it from different numbers of layers.
    """

    name: str
    length: int | None
    length_with_top: int | None
    holds_bn: bool
    layer_names: tuple[tuple[str, str], ...] = ()


def _vgg(blocks: tuple[int, ...]) -> tuple[tuple[str, str], ...]:
    names = [("input", "InputLayer")]
    for block, convolutions in enumerate(blocks, 1):
        names += [(f"block{block}_conv{index}", "Conv2D") for index in range(1, convolutions + 1)]
        names.append((f"block{block}_pool", "MaxPooling2D"))
    return (*names, ("flatten", "Flatten"), ("fc1", "Dense"), ("fc2", "Dense"), ("predictions", "Dense"))


_VGG16 = _vgg((2, 2, 3, 3, 3))
_VGG19 = _vgg((2, 2, 4, 4, 4))

# Lengths as `len(App(weights=None, include_top=...).layers)` gives them on Keras 2.15 and 3.15. Keras 2.0 to 2.4 built
# ResNet50, DenseNet and MobileNet with at most five layers more or less, none of which has weights.
APPLICATIONS: dict[str, Application] = {
    "VGG16": Application("VGG16", 19, 23, False, _VGG16),
    "VGG19": Application("VGG19", 22, 26, False, _VGG19),
    "ConvNeXtBase": Application("ConvNeXtBase", None, None, False),
    "ConvNeXtLarge": Application("ConvNeXtLarge", None, None, False),
    "ConvNeXtSmall": Application("ConvNeXtSmall", None, None, False),
    "ConvNeXtTiny": Application("ConvNeXtTiny", None, None, False),
    "ConvNeXtXLarge": Application("ConvNeXtXLarge", None, None, False),
    "DenseNet121": Application("DenseNet121", 427, 429, True),
    "DenseNet169": Application("DenseNet169", 595, 597, True),
    "DenseNet201": Application("DenseNet201", 707, 709, True),
    "EfficientNetB0": Application("EfficientNetB0", 237, 240, True),
    "EfficientNetB1": Application("EfficientNetB1", 339, 342, True),
    "EfficientNetB2": Application("EfficientNetB2", 339, 342, True),
    "EfficientNetB3": Application("EfficientNetB3", 384, 387, True),
    "EfficientNetB4": Application("EfficientNetB4", 474, 477, True),
    "EfficientNetB5": Application("EfficientNetB5", 576, 579, True),
    "EfficientNetB6": Application("EfficientNetB6", 666, 669, True),
    "EfficientNetB7": Application("EfficientNetB7", 813, 816, True),
    "EfficientNetV2B0": Application("EfficientNetV2B0", 270, 273, True),
    "EfficientNetV2B1": Application("EfficientNetV2B1", 334, 337, True),
    "EfficientNetV2B2": Application("EfficientNetV2B2", 349, 352, True),
    "EfficientNetV2B3": Application("EfficientNetV2B3", 409, 412, True),
    "EfficientNetV2L": Application("EfficientNetV2L", 1028, 1031, True),
    "EfficientNetV2M": Application("EfficientNetV2M", 740, 743, True),
    "EfficientNetV2S": Application("EfficientNetV2S", 513, 516, True),
    "InceptionResNetV2": Application("InceptionResNetV2", 780, 782, True),
    "InceptionV3": Application("InceptionV3", 311, 313, True),
    "MobileNet": Application("MobileNet", 86, 91, True),
    "MobileNetV2": Application("MobileNetV2", 154, 156, True),
    "MobileNetV3Large": Application("MobileNetV3Large", None, None, True),
    "MobileNetV3Small": Application("MobileNetV3Small", None, None, True),
    "NASNetLarge": Application("NASNetLarge", None, None, True),
    "NASNetMobile": Application("NASNetMobile", None, None, True),
    "ResNet101": Application("ResNet101", 345, 347, True),
    "ResNet101V2": Application("ResNet101V2", 377, 379, True),
    "ResNet152": Application("ResNet152", 515, 517, True),
    "ResNet152V2": Application("ResNet152V2", 564, 566, True),
    "ResNet50": Application("ResNet50", 175, 177, True),
    "ResNet50V2": Application("ResNet50V2", 190, 192, True),
    "RegNetX002": Application("RegNetX002", 143, 145, True),
    "RegNetX004": Application("RegNetX004", 233, 235, True),
    "RegNetX006": Application("RegNetX006", 173, 175, True),
    "RegNetX008": Application("RegNetX008", 173, 175, True),
    "RegNetX016": Application("RegNetX016", 193, 195, True),
    "RegNetX032": Application("RegNetX032", 263, 265, True),
    "RegNetX040": Application("RegNetX040", 243, 245, True),
    "RegNetX064": Application("RegNetX064", 183, 185, True),
    "RegNetX080": Application("RegNetX080", 243, 245, True),
    "RegNetX120": Application("RegNetX120", 203, 205, True),
    "RegNetX160": Application("RegNetX160", 233, 235, True),
    "RegNetX320": Application("RegNetX320", 243, 245, True),
    "RegNetY002": Application("RegNetY002", 195, 197, True),
    "RegNetY004": Application("RegNetY004", 237, 239, True),
    "RegNetY006": Application("RegNetY006", 223, 225, True),
    "RegNetY008": Application("RegNetY008", 209, 211, True),
    "RegNetY016": Application("RegNetY016", 391, 393, True),
    "RegNetY032": Application("RegNetY032", 307, 309, True),
    "RegNetY040": Application("RegNetY040", 321, 323, True),
    "RegNetY064": Application("RegNetY064", 363, 365, True),
    "RegNetY080": Application("RegNetY080", 251, 253, True),
    "RegNetY120": Application("RegNetY120", 279, 281, True),
    "RegNetY160": Application("RegNetY160", 265, 267, True),
    "RegNetY320": Application("RegNetY320", 293, 295, True),
    "ResNetRS101": Application("ResNetRS101", 526, 529, True),
    "ResNetRS152": Application("ResNetRS152", 781, 784, True),
    "ResNetRS200": Application("ResNetRS200", 1087, 1090, True),
    "ResNetRS270": Application("ResNetRS270", 1471, 1474, True),
    "ResNetRS350": Application("ResNetRS350", 1887, 1890, True),
    "ResNetRS420": Application("ResNetRS420", 2255, 2258, True),
    "ResNetRS50": Application("ResNetRS50", 271, 274, True),
    "Xception": Application("Xception", 132, 134, True),
    "MobilenetV2": Application("MobilenetV2", 154, 156, True),
}


def is_application(path: str) -> bool:
    """Whether a Keras path names a model of ``keras.applications``: a class-like name inside that package."""
    name = path.rpartition(".")[2]
    return path.startswith("keras.applications.") and bool(re.match(r"[A-Z]\w*\d|[A-Z][a-z]+\w*", name))


_SNAKE = (re.compile(r"(.)([A-Z][a-z0-9]+)"), re.compile(r"([a-z])([A-Z])"))


def snake_case(name: str) -> str:
    """A class name as Keras makes a layer name of it: ``BatchNormalization`` -> ``batch_normalization``."""
    insecure = _SNAKE[1].sub(r"\1_\2", _SNAKE[0].sub(r"\1_\2", name)).lower()
    return insecure if not insecure.startswith("_") else "private" + insecure
